"""The demo that a person looks at: sample mail, agents who answer, customers who answer them, the desk."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress
from rich.table import Table
from sqlalchemy import Row, func, select

from postroom.demo import agents
from postroom.demo.accounting import unsettled
from postroom.demo.customers import answer_to
from postroom.demo.feeding import SUPPORT, TENANT, install, scan_now, set_options
from postroom.demo.stage import Stage, staged
from postroom.explaining import ExplainsMail
from postroom.privacy import PrivacyIn
from postroom.seeding import SeededTrigger, Seeding
from sandbox.loading import load
from services.desk.serving import serve
from shared.runtime import stop_on_signals
from shared.settings import ProcessSettings
from shared.storage.config import users
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import placements, tickets

SAMPLES = Path(__file__).parents[2] / "sandbox" / "samples"
LOGIN, PASSWORD = "eva@helpdesk.example", "welcome-to-postroom"
DONE = "demo.done"
LOOK_SECONDS = 0.2
ANSWERED = 12
CLOSED = 6

QUIET_LOOKS = 3
"""One message leads to another: only when nothing was on its way so often in a row, all is settled."""

GREETING = """Hello {{ contact.name }},

thank you for your mail. It has the number {{ ticket.number }}, and we will answer it as soon as we can.

The support team
"""
ACKNOWLEDGE = SeededTrigger(
    "Tell customers that we got their mail",
    "NEW_TICKET_CREATED",
    {"kinds": "external"},
    "send_email",
    {"recipient": "contact", "subject": "We have your mail: {{ ticket.subject }}", "body": GREETING},
    # a ticket that an agent opens at the desk has no mail to thank for
    {"op": "is", "field": "actor", "value": "mail"},
)
CLOSING = SeededTrigger(
    "Reopened tickets are urgent",
    "TICKET_FIELD_CHANGE",
    {"field": "status", "old": "closed", "new": "open"},
    "change_field",
    {"field": "priority", "value": "high"},
)


async def show(settings: ProcessSettings, options: Mapping[str, object]) -> None:
    """Run the demo until Ctrl-C."""
    console, stop = Console(), stop_on_signals()
    console.print("[bold]Postroom[/bold]: starting servers, a Microsoft Graph of its own, and six services …")
    async with staged(settings) as stage, _desk(stage, stop):
        await install(stage)
        await _furnish(stage)
        await set_options(stage, {"mail_forwarding_domains": ["partner.example"], **options})
        marker = settings.home / DONE
        if not await asyncio.to_thread(marker.exists):
            playing = asyncio.create_task(_play(stage, console))
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait([playing, stopped], return_when=asyncio.FIRST_COMPLETED)
            if stop.is_set():
                playing.cancel()
                return
            await playing
            await asyncio.to_thread(marker.touch)
        console.print(await _told(stage))
        console.print(f"\nOpen      [bold]http://127.0.0.1:{settings.desk_port}/[/bold]")
        console.print(f"User      [bold]{LOGIN}[/bold]")
        console.print(f"Password  [bold]{PASSWORD}[/bold]")
        console.print("\nCtrl-C stops everything; a second start goes on from here. It is all kept in")
        console.print(str(settings.home), soft_wrap=True)
        await stop.wait()
        console.print("Stopping …")


@asynccontextmanager
async def _desk(stage: Stage, stop: asyncio.Event) -> AsyncIterator[None]:
    web = asyncio.create_task(
        serve(
            stage.house,
            stage.transport,
            stop,
            PrivacyIn(stage.house),
            ExplainsMail(stage.house.settings.parser_memory),
        )
    )
    try:
        yield
    finally:
        stop.set()
        await web


async def _furnish(stage: Stage) -> None:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        seeding = Seeding(db, TENANT, stage.house.clock())
        await seeding.user(LOGIN, "Eva Vos", PASSWORD, "admin")
        await seeding.user("max@helpdesk.example", "Max Brandt", PASSWORD, "agent")
        for trigger in (ACKNOWLEDGE, CLOSING):
            await seeding.trigger(trigger)


async def _play(stage: Stage, console: Console) -> None:
    """Play a few days of mail: samples, answers, closings, and answers to those."""
    with Progress(console=console) as progress:
        arrived = load(stage.sandbox, SAMPLES, SUPPORT)
        task = progress.add_task(f"{len(arrived)} mails arrive", total=len(arrived))
        await _settle(stage, progress, task, arrived)
        chosen = await agents.answerable(stage, TENANT, ANSWERED)
        task = progress.add_task(f"agents answer {len(chosen)} tickets", total=None)
        eva = await _user(stage)
        before = len(stage.sandbox.sent(SUPPORT))
        await agents.answer(stage, TENANT, eva, chosen)
        await _settle(stage, progress, task)
        await agents.close(stage, TENANT, eva, chosen[:CLOSED])
        await _settle(stage, progress, task)
        ours = stage.sandbox.sent(SUPPORT)[before:]
        task = progress.add_task(f"customers answer {len(ours)} mails", total=None)
        half, arrived = CLOSED // 2, []
        for index, sent in enumerate(ours):
            if index == half:
                await _settle(stage, progress, task, arrived)
                await set_options(stage, {"response_to_closed_ticket_action": "create_new_ticket"})
            answer = answer_to(sent, index, stage.house.clock())
            arrived.append(stage.sandbox.deliver(SUPPORT, answer))
        await _settle(stage, progress, task, arrived)
        await set_options(stage, {"response_to_closed_ticket_action": "reopen_old_ticket"})


async def _settle(
    stage: Stage,
    progress: Progress,
    task: Any,  # Any: rich's TaskID
    arrived: Sequence[str] = (),
) -> None:
    """Scan until all that arrived is seen, then wait until nothing is on its way, several times in a row: one
    message leads to another."""
    quiet = 0
    await scan_now(stage)
    while quiet < QUIET_LOOKS:
        await asyncio.sleep(LOOK_SECONDS)
        stage.check()
        async with in_tenant(stage.house.engine("desk"), TENANT) as db:
            waiting = await unsettled(db)
            placed = (await db.execute(select(func.count()).select_from(placements))).scalar_one()
            ours = select(func.count()).where(mails.c.provider_id.in_(arrived))
            unseen = len(arrived) - (await db.execute(ours)).scalar_one()
        progress.update(task, completed=placed)
        if unseen and not waiting:
            await scan_now(stage)
        quiet = 0 if waiting or unseen else quiet + 1
    progress.update(task, total=1, completed=1)


async def _user(stage: Stage) -> Row[Any]:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        return (await db.execute(select(users).where(users.c.address == LOGIN))).one()


async def _told(stage: Stage) -> Table:
    """Say what happened, in one table."""
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        outcomes = Counter(dict((await db.execute(_grouped(placements.c.outcome))).all()))
        aside = Counter(dict((await db.execute(_grouped(mails.c.state))).all()))["quarantined"]
        states = dict((await db.execute(_grouped(outgoing.c.state))).all())
        status = dict((await db.execute(_grouped(tickets.c.status))).all())
    table = Table(title="What happened", title_justify="left")
    for column in ("mail that came in", "", "tickets", "", "mail that went out", ""):
        table.add_column(column, justify="left" if column else "right")
    lines = [sorted(outcomes.items()) + ([("quarantined", aside)] if aside else [])]
    lines += [sorted(status.items()), sorted(states.items())]
    for row in range(max(len(line) for line in lines)):
        cells = [line[row] if row < len(line) else ("", "") for line in lines]
        table.add_row(*(str(value) for cell in cells for value in cell))
    return table


def _grouped(column: Any) -> Any:  # Any: SQLAlchemy's typing of a grouped select says no more
    return select(column, func.count()).group_by(column)
