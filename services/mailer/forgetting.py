"""What was sent, or will be, to one address, and forgetting it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, cast, delete, func, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Transient
from shared.contracts.sending import SendState
from shared.storage.sending import attempts, mails, recipients

LINES = ("to", "cc", "bcc")
UNSENT = (SendState.PLANNED, SendState.QUEUED, SendState.HELD)
NOBODY = {"contact_address": None, "subject": "Erased"}


@dataclass(frozen=True)
class Written:
    """Our mails to an address: all, and those to nobody else with what they name."""

    mails: tuple[UUID, ...] = ()
    alone: tuple[UUID, ...] = ()
    bodies: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


async def written_to(db: AsyncConnection, tenant: str, address: str) -> Written:
    """Find our mails to an address."""
    c = mails.c
    named = func.lower(cast(c.recipients, Text)).contains(f'"{address}"', autoescape=True)
    rows = (await db.execute(select(mails).where(c.tenant == tenant, named))).all()
    alone = [row for row in rows if not any(_others(row.recipients, address).values())]
    return Written(
        mails=tuple(row.id for row in rows),
        alone=tuple(row.id for row in alone),
        bodies=tuple({row.body for row in alone if row.body}),
        files=tuple({one["sha256"] for row in alone for one in row.files}),
    )


async def forget(
    db: AsyncConnection,
    tenant: str,
    address: str,
    written: Sequence[UUID],
    *,
    their: Sequence[UUID],
    now: datetime,
) -> None:
    """Take an address off our mails; one to nobody else loses its words, and leaves no more. `their`: the
    tickets of the contact, which later mails describe.

    Raises:
        Transient: one of them is being sent now.
    """
    c = mails.c
    rows = (await db.execute(select(mails).where(c.id.in_(written)).with_for_update())).all()
    if any(row.lease is not None and row.lease_until > now for row in rows):
        raise Transient("a mail to this address is being sent just now", code="sending")
    for row in rows:
        left = _others(row.recipients, address)
        values: dict[str, object] = {"recipients": left}
        if not any(left.values()):
            values |= {"subject": "", "body": "", "files": [], "reason": "erased", "due_at": None}
            values |= {"state": SendState.CANCELLED} if row.state in UNSENT else {}
        await db.execute(update(mails).where(c.id == row.id).values(**values))
    described = (c.tenant == tenant, or_(c.ticket.in_(their), c.id.in_(written)))
    unknown = c.snapshot.op("||")(cast(NOBODY, JSONB))
    await db.execute(update(mails).where(*described).values(snapshot=unknown))
    await db.execute(update(attempts).where(attempts.c.mail.in_(written)).values(text=None))
    them = (recipients.c.tenant == tenant, func.lower(recipients.c.address) == address)
    await db.execute(delete(recipients).where(*them))


def _others(lines: dict[str, list[dict[str, str]]], address: str) -> dict[str, list[dict[str, str]]]:
    return {line: [one for one in lines.get(line, []) if one["address"].lower() != address] for line in LINES}
