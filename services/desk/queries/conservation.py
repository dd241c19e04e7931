"""Every mail that was seen is somewhere: counted by mailbox and day, and what is nowhere, by name."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID

from sqlalchemy import Case, Date, Join, case, cast, func, select

from services.desk.queries.reading import Reading
from shared.storage.config import mailboxes
from shared.storage.ingest import mails as ledger
from shared.storage.tickets import placements

DAYS = 14
PATIENCE = timedelta(hours=1)
"""A mail that was fetched and has no place after that is missed."""


@dataclass(frozen=True)
class Balance:
    """The mails of a mailbox that were first seen on one day (UTC)."""

    mailbox: UUID
    address: str | None
    day: date
    placed: int
    ignored: int
    quarantined: int
    in_flight: int
    missing: int

    @property
    def seen(self) -> int:
        return self.placed + self.ignored + self.quarantined + self.in_flight + self.missing


@dataclass(frozen=True)
class MissingMail:
    id: UUID
    state: str
    listed_at: datetime
    stored_at: datetime | None


async def balances(reading: Reading, now: datetime) -> list[Balance]:
    """Return the balance of the last days, the newest first."""
    day = cast(func.timezone("UTC", ledger.c.listed_at), Date)
    where = _where(now)
    counted = (
        select(ledger.c.mailbox, day.label("day"), where.label("at"), func.count().label("many"))
        .select_from(_ledger_with_places())
        .where(reading.own(ledger), ledger.c.listed_at >= _midnight(now.date() - timedelta(days=DAYS - 1)))
        .group_by(ledger.c.mailbox, day, where)
        .subquery()
    )
    found = await reading.db.execute(
        select(mailboxes.c.address, counted)
        .select_from(counted.outerjoin(mailboxes, mailboxes.c.id == counted.c.mailbox))
        .order_by(counted.c.day.desc(), mailboxes.c.address)
    )
    rows: dict[tuple[UUID, date], dict[str, int]] = {}
    addresses: dict[UUID, str | None] = {}
    for row in found:
        addresses[row.mailbox] = row.address
        rows.setdefault((row.mailbox, row.day), {})[row.at] = row.many
    names = ("placed", "ignored", "quarantined", "in_flight", "missing")
    return [
        Balance(mailbox, addresses[mailbox], on, *(many.get(name, 0) for name in names))
        for (mailbox, on), many in rows.items()
    ]


async def missing_mails(reading: Reading, mailbox: UUID, on: date, now: datetime) -> list[MissingMail]:
    """Return the mails of a mailbox and day that were fetched and are nowhere."""
    c = ledger.c
    found = await reading.db.execute(
        select(c.id, c.state, c.listed_at, c.stored_at)
        .select_from(_ledger_with_places())
        .where(reading.own(ledger), c.mailbox == mailbox, _where(now) == "missing")
        # no day is added to `on`: the last that there is has none after it
        .where(c.listed_at >= _midnight(on), c.listed_at - timedelta(days=1) < _midnight(on))
        .order_by(c.listed_at)
        .limit(200)
    )
    return [MissingMail(*row) for row in found]


async def has_mails(reading: Reading, mailbox: UUID) -> bool:
    """Whether any mail of a mailbox, which may be gone, is in the ledger."""
    mine = select(ledger.c.id).where(reading.own(ledger), ledger.c.mailbox == mailbox)
    return (await reading.db.execute(mine.limit(1))).first() is not None


def _ledger_with_places() -> Join:
    return ledger.outerjoin(placements, placements.c.mail == ledger.c.id)


def _where(now: datetime) -> Case[str]:
    """Where one mail is."""
    c = ledger.c
    return case(
        (c.state.in_(("ignored", "gone", "dropped")), "ignored"),
        (c.state == "quarantined", "quarantined"),
        (placements.c.mail.is_not(None), "placed"),
        (c.state == "listed", "in_flight"),
        (c.in_flight | (func.coalesce(c.stored_at, c.listed_at) > now - PATIENCE), "in_flight"),
        else_="missing",
    )


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
