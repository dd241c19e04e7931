"""What was sent, or will be, to one address, and forgetting it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Text, Uuid, and_, case, cast, delete, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.elements import ColumnElement

from services.mailer import incidents, suppression
from shared.contracts.errors import Transient
from shared.contracts.sending import SendState
from shared.storage.lists import among
from shared.storage.sending import attempts, mails, recipients

LINES = ("to", "cc", "bcc")
NO_LINES: dict[str, list[str]] = {line: [] for line in LINES}
UNSENT = (SendState.PLANNED, SendState.QUEUED, SendState.HELD)
NOBODY = {"contact_address": None, "subject": "Erased"}


@dataclass(frozen=True)
class Written:
    """Our mails to an address: all, and those to nobody else with what they name."""

    mails: tuple[UUID, ...] = ()
    alone: tuple[UUID, ...] = ()
    bodies: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


async def written_to(db: AsyncConnection, tenant: str, address: str, their: Sequence[UUID]) -> Written:
    """Find our mails to an address, with the words of notices about `their` tickets."""
    c = mails.c
    named = func.lower(cast(c.recipients, Text)).contains(f'"{address}"', autoescape=True)
    rows = (await db.execute(select(mails).where(c.tenant == tenant, named))).all()
    alone = [row for row in rows if not any(_others(row.recipients, address).values())]
    told = (await db.execute(select(c.body).where(c.tenant == tenant, _tells_of(their)))).scalars()
    return Written(
        mails=tuple(row.id for row in rows),
        alone=tuple(row.id for row in alone),
        bodies=tuple({blob for row in alone for blob in (row.body, row.written) if blob} | {*told} - {""}),
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
    tickets of the contact, which later mails describe; notices about them lose their words too.

    Raises:
        Transient: one of them is being sent now.
    """
    c = mails.c
    meant = or_(among(c.id, written), and_(c.tenant == tenant, _tells_of(their)))
    rows = (await db.execute(select(mails).where(meant).with_for_update())).all()
    if any(row.lease is not None and row.lease_until > now for row in rows):
        raise Transient("a mail to this address is being sent just now", code="sending")
    told = [row.id for row in rows if row.about and not {*their}.isdisjoint(row.about)]
    left = {row.id: _others(row.recipients, address) for row in rows}
    alone = among(c.id, [mail for mail, lines in left.items() if not any(lines.values())])
    words: dict[str, object] = {"subject": "", "body": "", "written": None, "files": []}
    emptied = words | {"reason": "erased", "due_at": None}
    cancelled = case((c.state.in_(UNSENT), SendState.CANCELLED), else_=c.state)
    await db.execute(update(mails).where(alone).values(**emptied, recipients=NO_LINES, state=cancelled))
    await db.execute(update(mails).where(among(c.id, told)).values(**emptied, state=cancelled))
    for mail, lines in left.items():
        if any(lines.values()):
            await db.execute(update(mails).where(c.id == mail).values(recipients=lines))
    described = (c.tenant == tenant, or_(among(c.ticket, their), among(c.id, written)))
    unknown = c.snapshot.op("||")(cast(NOBODY, JSONB))
    await db.execute(update(mails).where(*described).values(snapshot=unknown))
    await db.execute(update(attempts).where(among(attempts.c.mail, written)).values(text=None))
    them = (recipients.c.tenant == tenant, func.lower(recipients.c.address) == address)
    await db.execute(delete(recipients).where(*them))
    await incidents.forget(db, tenant, address)
    await suppression.unblock(db, tenant, address)


def _tells_of(their: Sequence[UUID]) -> ColumnElement[bool]:
    return mails.c.about.op("&&")(literal(list(their), ARRAY(Uuid)))


def _others(lines: dict[str, list[dict[str, str]]], address: str) -> dict[str, list[dict[str, str]]]:
    return {line: [one for one in lines.get(line, []) if one["address"].lower() != address] for line in LINES}
