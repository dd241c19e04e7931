"""Whom automatic mail spares: who writes automatically, from whom mail came back, and other helpdesks here.

Each mail is looked at when it is about to leave: whatever made it, and however long it was planned.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer import repository
from services.mailer.repository import MailRow
from shared.contracts.sending import SendState
from shared.contracts.thread_tokens import plain_address
from shared.storage import due
from shared.storage.lists import among
from shared.storage.sending import blocked, mails

log = structlog.get_logger()

BLOCKED_FOR = timedelta(days=30)
"""How long automatic mail spares an address from which a mail came back."""
CAME_BACK = "mail to it came back as undeliverable"
BLOCKED = "address_blocked"
"""The code of a mail that was cancelled for that."""
ELSEWHERE_HERE = "it is a mailbox of this installation"
WARNING = "mail to one of its addresses came back lately"


async def spare(db: AsyncConnection, claimed: due.Claimed, row: MailRow, now: datetime) -> MailRow | None:
    """Take off a mail whom it must not reach; None: nobody is left, and it is cancelled. What a person wrote
    goes to everybody, with a warning."""
    if row.written_by == "person":
        if await _blocked_among(db, row, now):
            await repository.set_values(db, row.id, warning=WARNING)
        return row
    whys = await _whys(db, row, now)
    if not whys:
        return row
    left = {
        line: [one for one in people if one["address"] not in whys] for line, people in row.recipients.items()
    }
    reason = "automatic mail is not sent: " + "; ".join(sorted(set(whys.values())))
    if any(left.values()):
        await repository.note_attempt(db, row, "spared", now, text=f"{len(whys)} addresses: {reason}")
        await repository.set_values(db, row.id, recipients=_with_a_first_line(left))
        return await repository.locked(db, row.id)
    await repository.note_attempt(db, row, "cancelled", now, text=reason)
    code = BLOCKED if CAME_BACK in whys.values() else None
    await due.finish(db, mails, claimed, due_at=None, state=SendState.CANCELLED, reason=reason, code=code)
    log.info("mail.suppressed", outgoing=str(row.id))
    return None


async def block(
    db: AsyncConnection, tenant: str, mail: UUID, addresses: Iterable[str], now: datetime
) -> None:
    """Let automatic mail spare addresses from which a mail came back for good."""
    facts = {"reason": CAME_BACK, "mail": mail, "since": now, "until": now + BLOCKED_FOR}
    rows = [{"tenant": tenant, "address": one, **facts} for one in sorted(set(addresses))]
    if rows:
        made = upsert(blocked).values(rows)
        longer = made.on_conflict_do_update(index_elements=["tenant", "address"], set_=facts)
        await db.execute(longer)


async def unblock(db: AsyncConnection, tenant: str, address: str) -> bool:
    """Let automatic mail go to an address again. False: nothing kept it back."""
    them = (blocked.c.tenant == tenant, blocked.c.address == address.lower())
    return bool((await db.execute(delete(blocked).where(*them))).rowcount)


async def _whys(db: AsyncConnection, row: MailRow, now: datetime) -> dict[str, str]:
    """Say of each address that is to be spared why; people of ours are told of everything."""
    came_back = await _blocked_among(db, row, now)
    staff = await repository.staff_among(db, row)
    whys = {}
    for address in _named(row):
        if address.lower() in came_back:
            whys[address] = CAME_BACK
        elif row.answers and address.lower() not in staff:
            whys[address] = f"it would answer automatic mail ({row.answers})"
        elif await _is_mailbox_here(db, address):
            whys[address] = ELSEWHERE_HERE
    return whys


async def _blocked_among(db: AsyncConnection, row: MailRow, now: datetime) -> frozenset[str]:
    c, named = blocked.c, [address.lower() for address in _named(row)]
    found = await db.execute(
        select(c.address).where(c.tenant == row.tenant, among(c.address, named), c.until > now)
    )
    return frozenset(found.scalars())


async def _is_mailbox_here(db: AsyncConnection, address: str) -> bool:
    """Ask of all tenants: the answer is yes or no, and no row of another is read (decision 0027)."""
    asked = select(func.config.is_mailbox_here(plain_address(address.lower())))
    return bool((await db.execute(asked)).scalar_one())


def _named(row: MailRow) -> list[str]:
    return [one["address"] for people in row.recipients.values() for one in people]


def _with_a_first_line(lines: dict[str, list[dict[str, str]]]) -> dict[str, list[dict[str, str]]]:
    """Somebody in copy is written to when nobody else is left."""
    if lines["to"] or not lines["cc"]:
        return lines
    return {**lines, "to": lines["cc"][:1], "cc": lines["cc"][1:]}
