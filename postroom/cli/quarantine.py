"""`postroom quarantine list`, `retry`, `accept`, `drop`: mails that could not be fetched or read."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy import select

from postroom.cli.opening import enabled_tenants, run_in_house
from postroom.cli.sweeping import relay
from services.ingest.quarantine import decide, drop
from shared.contracts.errors import Permanent
from shared.contracts.quarantine import Decision
from shared.messaging.unit import Unit
from shared.runtime import House
from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails

console = Console(soft_wrap=True, highlight=False)
Tenant = Annotated[str, typer.Argument()]
Which = Annotated[list[UUID], typer.Argument(help="as the list shows them")]
Deciding = Callable[[Unit, UUID], Awaitable[str | None]]
"""Does it, or refuses and returns why."""
WHO = "an administrator"
SHOWN = (
    "id",
    "state",
    "reason",
    "detail",
    "size",
    "attempts",
    "listed_at",
    "received_at",
    "dropped_by",
    "dropped_at",
)


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="Mails that could not be fetched or read.")
    commands.command("list")(show)
    commands.command("retry")(retry)
    commands.command("accept")(accept)
    commands.command("drop")(make_none)
    app.add_typer(commands, name="quarantine")


def show(
    tenant: Annotated[str | None, typer.Argument(help="one tenant; none: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="an object a line")] = False,  # noqa: FBT002
    dropped: Annotated[bool, typer.Option(help="those of which no ticket is made")] = False,  # noqa: FBT002
) -> None:
    """List mails in quarantine, the latest first, with the reason; never what stands in them."""

    async def work(house: House) -> None:
        for each in await enabled_tenants(house, tenant):
            for facts in await _aside(house, each, "dropped" if dropped else "quarantined"):
                text = json.dumps(facts) if as_json else "  ".join(map(str, facts.values()))
                console.print(text, markup=False)

    run_in_house(work)


def retry(tenant: Tenant, which: Which) -> None:
    """Fetch or read mails again, as if they were new."""
    _decide(tenant, which, Decision.RETRY)


def accept(tenant: Tenant, which: Which) -> None:
    """Make tickets of mails that cannot be read: what the header says, and the whole mail as a file."""
    _decide(tenant, which, Decision.ACCEPT)


def make_none(tenant: Tenant, which: Which) -> None:
    """Make no tickets of mails. Nothing is deleted: retry and accept take them up again."""

    async def work(unit: Unit, mail: UUID) -> str | None:
        return await drop(unit, mail, WHO)

    _each(tenant, which, work, "dropped")


def _decide(tenant: str, which: Sequence[UUID], decision: Decision) -> None:
    async def work(unit: Unit, mail: UUID) -> str | None:
        return await decide(unit, mail, decision, WHO)

    _each(tenant, which, work, "on its way")


def _each(tenant: str, which: Sequence[UUID], do: Deciding, done: str) -> None:
    async def work(house: House) -> None:
        refused = 0
        for mail in which:
            async with house.units("ingest").acting(tenant) as unit:
                why = await do(unit, mail)
            console.print(f"{mail}: {why or done}", markup=False)
            refused += why is not None
        await relay(house)
        if refused:
            raise Permanent(f"{refused} of {len(which)} mails stay where they are", code="refused")

    run_in_house(work)


async def _aside(house: House, tenant: str, state: str) -> list[dict[str, str | int | None]]:
    found = (
        select(mailboxes.c.address, *(mails.c[name] for name in SHOWN))
        .join(mailboxes, mailboxes.c.id == mails.c.mailbox)
        .where(mails.c.tenant == tenant, mails.c.state == state)
        .order_by(mails.c.listed_at.desc())
    )
    async with in_tenant(house.engine("ingest"), tenant) as db:
        rows = (await db.execute(found)).mappings().all()
    return [{"tenant": tenant, **{name: _plain(value) for name, value in row.items()}} for row in rows]


def _plain(value: object) -> str | int | None:
    return value if isinstance(value, int | None) else str(value)
