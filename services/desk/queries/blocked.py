"""Addresses that automatic mail spares, because mail to them came back."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, select, tuple_

from services.desk.queries.reading import Reading
from shared.storage.sending import blocked
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import tickets

SHOWN = 500


@dataclass(frozen=True)
class Blocked:
    """An address, and the outgoing mail that came back from it."""

    address: str
    reason: str
    since: datetime
    until: datetime
    mail: UUID
    subject: str
    number: int | None
    """Of the mail's ticket."""


async def blocked_addresses(
    reading: Reading, now: datetime, address: str | None = None
) -> Sequence[Row[Any]]:  # Any: the columns of sending.blocked_address
    """Return those whose mail that came back the reader may see, the newest first; `address`: this one."""
    asked = select(blocked).where(_is_shown(reading, now))
    if address is not None:
        asked = asked.where(blocked.c.address == address)
    return (await reading.db.execute(asked.order_by(blocked.c.since.desc()).limit(SHOWN))).all()


async def blocked_page(
    reading: Reading, now: datetime, find: str, after: tuple[datetime, str] | None, limit: int
) -> list[Blocked]:
    """Return the newest first, from after a place in the list; `find`: a part of the address."""
    c = blocked.c
    told = (c.address, c.reason, c.since, c.until, c.mail, outgoing.c.subject, tickets.c.number)
    of_ticket = and_(tickets.c.id == outgoing.c.ticket, reading.seen())
    rows = blocked.join(outgoing, outgoing.c.id == c.mail).outerjoin(tickets, of_ticket)
    asked = select(*told).select_from(rows).where(_is_shown(reading, now))
    if find:
        asked = asked.where(c.address.contains(find.strip().lower(), autoescape=True))
    if after is not None:
        asked = asked.where(tuple_(c.since, c.address) < after)
    found = await reading.db.execute(asked.order_by(c.since.desc(), c.address.desc()).limit(limit))
    return [Blocked(**row) for row in found.mappings()]


async def blocked_among(reading: Reading, now: datetime, addresses: Collection[str]) -> frozenset[str]:
    """Return which of the addresses are spared, in small letters, as far as the reader may know."""
    named = {one.lower() for one in addresses}
    asked = select(blocked.c.address).where(_is_shown(reading, now), blocked.c.address.in_(named))
    found = await reading.db.execute(asked)
    return frozenset(found.scalars())


def _is_shown(reading: Reading, now: datetime) -> ColumnElement[bool]:
    mails = outgoing.alias("came_back")
    shown = select(mails.c.id).where(mails.c.id == blocked.c.mail, reading.shown(mails.c.ticket))
    return and_(reading.own(blocked), blocked.c.until > now, shown.exists())
