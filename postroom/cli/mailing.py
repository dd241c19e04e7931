"""`postroom mail`: send what is due in this process, then say what became of it and what waits, and why."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from rich.console import Console
from sqlalchemy import Row, select

from postroom.cli.opening import enabled_tenants
from postroom.together import SERVICES
from services.desk.composing.planning import late_by
from services.desk.wording.times import span_of
from shared.contracts.sending import SendState
from shared.messaging.claiming import Claiming
from shared.runtime import House
from shared.storage.engine import in_tenant
from shared.storage.sending import attempts
from shared.storage.sending import mails as outgoing

console = Console(soft_wrap=True, highlight=False)

MOST_LINES = 50
"""Of what waits, for each tenant; the rest is counted."""
WAITING = (SendState.PLANNED, SendState.QUEUED, SendState.SENDING, SendState.HELD)


async def send_due(house: House, tenant: str | None) -> None:
    """Send, of one tenant or of all, and print a line a mail."""
    assembly = SERVICES["mailer"](house)
    (send,) = assembly.service.due
    for each in await enabled_tenants(house, tenant):
        begun = house.clock()
        while await Claiming(assembly, send).once(each):
            pass
        async with in_tenant(house.engine("mailer"), each) as db:
            tried = select(attempts.c.mail).where(attempts.c.tenant == each, attempts.c.at >= begun)
            mine = select(outgoing).where(outgoing.c.tenant == each)
            done = (await db.execute(mine.where(outgoing.c.id.in_(tried)).order_by(outgoing.c.due_at))).all()
            waiting = mine.where(outgoing.c.state.in_(WAITING), outgoing.c.id.not_in(tried))
            waits = (await db.execute(waiting.order_by(outgoing.c.due_at))).all()
        now = house.clock()
        for line in (*_lines(done, now), *_lines(waits[:MOST_LINES], now)):
            console.print(f"{each} {line}")
        if len(waits) > MOST_LINES:
            console.print(f"{each} and {len(waits) - MOST_LINES} more that wait")
        sent = sum(row.state == SendState.SENT for row in done)
        held = sum(row.state == SendState.HELD for row in (*done, *waits))
        planned = sum(row.state == SendState.PLANNED for row in waits)
        console.print(f"{each}: {sent} sent, {len(done) - sent} not, {planned} planned, {held} held")


# Any: the columns of sending.mail
def _lines(rows: Sequence[Row[Any]], now: datetime) -> Iterator[str]:
    for row in rows:
        yield f"mail {row.id}: {_told(row, now)}"


def _told(row: Row[Any], now: datetime) -> str:
    """Say where a mail is, without its words and addresses."""
    late = late_by(row.send_at, row.sent_at, now)
    match row.state:
        case SendState.SENT:
            return f"sent, {span_of(late)} late: it was planned for {_at(row.send_at)}" if late else "sent"
        case SendState.PLANNED:
            return f"skipped, planned for {_at(row.send_at)}"
        case SendState.HELD:
            return f"skipped, held: {row.reason}"
        case SendState.FAILED:
            return f"failed: {row.reason}"
        case SendState.QUEUED | SendState.SENDING if row.lease_until is not None and row.lease_until > now:
            return "skipped, another process sends it"
        case SendState.QUEUED | SendState.SENDING if row.due_at is not None:
            why = f": {row.reason}" if row.reason else ""
            return f"skipped, again at {_at(row.due_at)}{why}"
        case state:
            return f"{state}: {row.reason}" if row.reason else str(state)


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S} UTC"
