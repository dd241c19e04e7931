"""What is stuck: parked messages, the ledger, quarantine."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal
from uuid import UUID

from sqlalchemy import Text, cast, func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.languages import gettext
from services.desk.queries.paging import latest
from services.desk.queries.passport import mail_seen
from services.desk.queries.reading import Reading
from shared.messaging.topology import EXCHANGE, all_queues, takers
from shared.storage.config import mailboxes, tenants
from shared.storage.engine import sweeping
from shared.storage.ingest import mails as ledger
from shared.storage.messages import inbox, parked

LEDGER_STATES = ("listed", "stored", "settled", "ignored", "gone", "quarantined", "dropped")


@dataclass(frozen=True)
class ParkedRow:
    id: UUID
    tenant: str | None
    queue: str
    contract: str | None
    message_id: str | None
    error: str
    attempts: int
    parked_at: datetime


@dataclass(frozen=True)
class LedgerRow:
    address: str
    by_state: dict[str, int]

    @property
    def total(self) -> int:
        return sum(self.by_state.values())


@dataclass(frozen=True)
class QuarantinedMail:
    id: UUID
    mailbox_address: str | None
    reason: str | None
    detail: str | None
    size: int | None
    attempts: int
    blob: str | None
    listed_at: datetime
    received_at: datetime | None
    dropped_by: str | None
    dropped_at: datetime | None

    @property
    def aside_at(self) -> datetime:
        """By when the list is ordered."""
        return self.dropped_at or self.listed_at


Aside = Literal["quarantined", "dropped"]


async def parked_rows(
    reading: Reading,
    strangers: Collection[str],
    limit: int = 200,
    before: tuple[datetime, UUID] | None = None,
) -> list[ParkedRow]:
    """Return this tenant's parked messages, and those that name no tenant or one of the `strangers`, the
    latest first, from before a place in the list; never their bodies."""
    nobodys = parked.c.tenant.is_(None) | parked.c.tenant.in_(strangers)
    asked = select(*(parked.c[name] for name in ParkedRow.__dataclass_fields__))
    asked = asked.where(or_(reading.own(parked), nobodys))
    found = await reading.db.execute(latest(asked, parked.c.parked_at, parked.c.id, before, limit))
    rows = [ParkedRow(**row) for row in found.mappings()]
    return [replace(row, tenant=None) if row.tenant in strangers else row for row in rows]


async def effect_of(reading: Reading, row: ParkedRow) -> str:
    """Say what a replay would change."""
    queues = takers(row.contract or "") if row.queue == EXCHANGE else [row.queue]
    known = [queue for queue in queues if queue in all_queues()]
    if not known:
        return gettext("Nothing reads its queue any more: it cannot go back.")
    handled = await reading.db.execute(
        select(inbox.c.handled_at).where(
            reading.own(inbox), inbox.c.queue.in_(known), cast(inbox.c.message_id, Text) == row.message_id
        )
    )
    if (at := handled.scalars().first()) is not None:
        day, time = f"{at:%Y-%m-%d}", f"{at:%H:%M}"
        return gettext("Nothing: it was handled since, on %(day)s at %(time)s UTC.", day=day, time=time)
    services = sorted({queue.partition(".")[0] for queue in known})
    return gettext("It is handled for the first time, by %(names)s.", names=", ".join(services))


async def strangers(engine: AsyncEngine, reading: Reading) -> frozenset[str]:
    """Return the tenants that parked messages name and that do not exist: no other desk shows these."""
    named = frozenset((await reading.db.execute(select(parked.c.tenant).distinct())).scalars()) - {None}
    async with sweeping(engine) as db:
        return named - frozenset((await db.execute(select(tenants.c.id))).scalars())


async def ledger_rows(reading: Reading) -> list[LedgerRow]:
    found = await reading.db.execute(
        select(mailboxes.c.address, ledger.c.state, func.count())
        .select_from(mailboxes.join(ledger, ledger.c.mailbox == mailboxes.c.id))
        .where(reading.own(mailboxes), reading.own(ledger))
        .group_by(mailboxes.c.address, ledger.c.state)
        .order_by(mailboxes.c.address)
    )
    rows: dict[str, dict[str, int]] = {}
    for address, state, count in found:
        rows.setdefault(address, {})[state] = count
    return [LedgerRow(address, states) for address, states in rows.items()]


async def quarantined(
    reading: Reading,
    state: Aside = "quarantined",
    limit: int = 200,
    before: tuple[datetime, UUID] | None = None,
) -> list[QuarantinedMail]:
    """Return mails in quarantine, or those that were dropped out of it; the latest first, from before a place
    in the list."""
    names = [name for name in QuarantinedMail.__dataclass_fields__ if name != "mailbox_address"]
    asked = (
        select(*(ledger.c[name] for name in names), mailboxes.c.address.label("mailbox_address"))
        .select_from(ledger.outerjoin(mailboxes, mailboxes.c.id == ledger.c.mailbox))
        .where(reading.own(ledger), ledger.c.state == state, mail_seen(reading))
    )
    aside_at = func.coalesce(ledger.c.dropped_at, ledger.c.listed_at)
    found = await reading.db.execute(latest(asked, aside_at, ledger.c.id, before, limit))
    return [QuarantinedMail(**row) for row in found.mappings()]
