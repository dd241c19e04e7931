"""Every query of cursors, the ledger of mails, and imports."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, and_, exists, false, func, not_, or_, select, true, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.sql.elements import ColumnElement

from services.ingest.judging import EVER, NEVER, Becomes, Watch, becomes, from_when, whole_second
from shared.connecting import MailboxRow
from shared.contracts.errors import Permanent
from shared.contracts.mail import ParsingPolicy
from shared.contracts.options import FromAddress, filters_of
from shared.plugins.configured import configured
from shared.plugins.mailboxes import Listed
from shared.storage.addresses import own_addresses
from shared.storage.config import mailboxes, tenants, users
from shared.storage.engine import sweeping
from shared.storage.ingest import OVER_QUOTA, cursors, imports, mails
from shared.storage.lists import among
from shared.storage.options import options_of

THERE_BEFORE = "there_before"
"""The reason of a mail that was left where it is."""
LOST_AFTER = timedelta(minutes=10)
PATIENT = 3
"""Attempts at a mail of an import, after which another one has its place."""


async def mailboxes_without_cursor(engine: AsyncEngine) -> list[tuple[UUID, str]]:
    """Return enabled mailboxes, of every tenant that is not suspended, that nobody began to scan."""
    fresh = (
        select(mailboxes.c.id, mailboxes.c.tenant)
        .join(tenants, tenants.c.id == mailboxes.c.tenant)
        .outerjoin(cursors, cursors.c.id == mailboxes.c.id)
        .where(
            cursors.c.id.is_(None),
            mailboxes.c.enabled,
            mailboxes.c.archived_at.is_(None),
            ~tenants.c.suspended,
        )
    )
    async with sweeping(engine) as db:
        return [(row.id, row.tenant) for row in await db.execute(fresh)]


async def begin_cursor(db: AsyncConnection, mailbox: UUID, tenant: str, at: datetime) -> None:
    row = {"id": mailbox, "tenant": tenant, "started_at": at, "due_at": at}
    await db.execute(insert(cursors).values(row).on_conflict_do_nothing())


async def resting_tenants(engine: AsyncEngine, at: datetime) -> list[str]:
    """Return every tenant that has a mailbox which rests at that moment."""
    c = cursors.c
    async with sweeping(engine) as db:
        return list(await db.scalars(select(c.tenant).where(c.due_at > at, c.lease.is_(None)).distinct()))


async def hasten(db: AsyncConnection, tenant: str, now: datetime) -> int:
    """Let no healthy mailbox rest longer than its tenant wants by now; return how many would have."""
    c, period = cursors.c, timedelta(minutes=(await options_of(db, tenant)).mail_scan_frequency)
    # one that was scanned later than now was so by a clock that has gone back since
    longest = func.least(c.last_scan_at, now) + period
    scanned = select(mailboxes.c.id).where(
        mailboxes.c.tenant == tenant, mailboxes.c.enabled, mailboxes.c.archived_at.is_(None)
    )
    late = update(cursors).where(
        c.tenant == tenant,
        c.lease.is_(None),
        c.error_code.is_(None),
        c.due_at > longest,
        c.id.in_(scanned),
    )
    return len((await db.execute(late.values(due_at=longest).returning(c.id))).all())


async def list_mails(
    db: AsyncConnection, mailbox: MailboxRow, watch: Watch, listed: Iterable[Listed], at: datetime
) -> int:
    """Enter mails into the ledger; those that it knows stay as they are, but for one that was left and is
    wanted in the folder that it is in now. Return how many are new."""
    # By id: one statement must not enter a mail twice.
    by_id = {mail.provider_id: mail for mail in listed}.values()
    rows = [_ledger_row(mailbox, mail, becomes(mail.received_at, watch), at) for mail in by_id]
    if not rows:
        return 0
    enter = insert(mails)
    wanted_now = enter.excluded.there_before & (enter.excluded.state == "listed")
    enter = enter.on_conflict_do_update(
        index_elements=["mailbox", "provider_id"],
        set_={name: enter.excluded[name] for name in ("state", "reason", "imported", "there_before")},
        where=wanted_now & (mails.c.state == "ignored") & (mails.c.reason == THERE_BEFORE),
    )
    new = len((await db.execute(enter.returning(mails.c.id), rows)).all())
    if new and any(row["there_before"] and row["state"] == "listed" for row in rows):
        await begin_import(db, mailbox, at)
    return new


def _ledger_row(mailbox: MailboxRow, mail: Listed, what: Becomes, at: datetime) -> dict[str, object]:
    """A row as it begins. Imported mail waits for its turn: it is due when its import lets it go on."""
    left = what is Becomes.LEFT
    return {
        "id": uuid5(mailbox.id, mail.provider_id),
        "tenant": mailbox.tenant,
        "mailbox": mailbox.id,
        "provider_id": mail.provider_id,
        "state": "ignored" if left else "listed",
        "reason": THERE_BEFORE if left else None,
        "listed_at": at,
        "received_at": mail.received_at,
        "size": mail.size,
        "imported": what in (Becomes.IMPORTED, Becomes.MOVED_IN),
        "there_before": what in (Becomes.IMPORTED, Becomes.LEFT),
        "due_at": at if what in (Becomes.LIVE, Becomes.MOVED_IN) else None,
    }


async def begin_import(db: AsyncConnection, mailbox: MailboxRow, at: datetime) -> None:
    row = {"id": mailbox.id, "tenant": mailbox.tenant, "due_at": at}
    again = insert(imports).values(row)
    due_now = {"due_at": again.excluded.due_at}
    await db.execute(
        again.on_conflict_do_update(index_elements=["id"], set_=due_now, where=imports.c.due_at.is_(None))
    )


async def follow_policy(db: AsyncConnection, mailbox: MailboxRow, at: datetime) -> None:
    """After people have chosen anew which old mail they want: take what was left and is wanted now, leave
    what waits and is not wanted any more. Tickets that were made stay."""
    # First the import's row, as `admit` does: two that take the same rows in another order block each other.
    await begin_import(db, mailbox, at)
    wanted = _wanted(from_when(mailbox))
    old = (mails.c.mailbox == mailbox.id, mails.c.there_before, mails.c.lease.is_(None))
    taken = {"state": "listed", "reason": None, "imported": True}
    left = {"state": "ignored", "reason": THERE_BEFORE, "imported": False, "due_at": None, "in_flight": False}
    await db.execute(update(mails).where(*old, mails.c.state == "ignored", wanted).values(taken))
    await db.execute(update(mails).where(*old, mails.c.state == "listed", not_(wanted)).values(left))


async def leave_for_good(db: AsyncConnection, mailbox: UUID) -> None:
    """Of another folder: what was left there is no part of what people choose for the new one."""
    left = (mails.c.mailbox == mailbox, mails.c.there_before, mails.c.state == "ignored")
    await db.execute(update(mails).where(*left).values(there_before=False))


def _wanted(begin: datetime) -> ColumnElement[bool]:
    if begin in (EVER, NEVER):
        return true() if begin == EVER else false()
    return mails.c.received_at >= whole_second(begin)


async def running_imports(engine: AsyncEngine) -> int:
    """Count the imports that are not at their end, of all tenants that are not suspended."""
    suspended = select(tenants.c.id).where(tenants.c.suspended)
    running = (imports.c.due_at.is_not(None), imports.c.tenant.not_in(suspended))
    async with sweeping(engine) as db:
        count: int = (
            await db.execute(select(func.count()).select_from(imports).where(*running))
        ).scalar_one()
        return count


async def imported_in_flight(db: AsyncConnection, mailbox: UUID, at: datetime) -> int:
    """Count the imported mails that were let go on and did not come to rest.

    One that fails while its mailbox works, or whose message was parked, keeps no place: the others go on.
    """
    c = mails.c
    works = exists().where(cursors.c.id == mailbox, cursors.c.error_since.is_(None))
    lost = or_(
        c.state.not_in(("listed", "stored", "settled")),
        c.stored_at < at - LOST_AFTER,
        and_(c.attempts > PATIENT, works),
    )
    flying = (c.mailbox == mailbox, c.in_flight)
    await db.execute(update(mails).where(*flying, lost).values(in_flight=False))
    count: int = (await db.execute(select(func.count()).select_from(mails).where(*flying))).scalar_one()
    return count


async def landed(db: AsyncConnection, mail: UUID) -> None:
    """Note that an imported mail has come to rest."""
    await db.execute(update(mails).where(mails.c.id == mail, mails.c.in_flight).values(in_flight=False))


async def admit(db: AsyncConnection, mailbox: UUID, room: int, at: datetime) -> int:
    """Make so many waiting mails of an import due, the oldest first, so that talks grow in their order."""
    if room <= 0:
        return 0
    c = mails.c
    off = c.reason.is_distinct_from(OVER_QUOTA)
    waiting = (c.mailbox == mailbox, c.there_before, c.state == "listed", c.due_at.is_(None), off)
    first = select(c.id).where(*waiting).order_by(c.received_at).limit(room).with_for_update(skip_locked=True)
    chosen = first.cte("chosen").prefix_with("MATERIALIZED")
    going = update(mails).where(c.id == chosen.c.id).values(due_at=at, in_flight=True)
    return (await db.execute(going)).rowcount


async def fetch_anew(db: AsyncConnection, mailbox: UUID, at: datetime) -> None:
    """After an outage of a mailbox: try its listed mails now, and count their attempts from here."""
    c = mails.c
    waiting = (c.mailbox == mailbox, c.state == "listed", c.lease.is_(None), c.due_at.is_not(None))
    await db.execute(update(mails).where(*waiting).values(due_at=at, attempts=0))


async def ledger_rows(db: AsyncConnection, ids: Iterable[UUID]) -> list[Row[Any]]:
    found = await db.execute(select(mails).where(among(mails.c.id, ids)))
    return list(found)


async def last_success(db: AsyncConnection, mailbox: UUID) -> datetime | None:
    found = await db.execute(select(cursors.c.last_success_at).where(cursors.c.id == mailbox))
    return found.scalar_one_or_none()


async def quarantine(db: AsyncConnection, mail: UUID, reason: str, detail: str) -> None:
    """Keep a mail aside, visibly. What is still to be settled at the provider stays due.

    Raises:
        Permanent: the tenant has no such mail.
    """
    aside = update(mails).where(mails.c.id == mail).values(state="quarantined", reason=reason, detail=detail)
    found = await db.execute(aside.returning(mails.c.id))
    if found.first() is None:
        raise Permanent(f"the ledger has no mail {mail}", code="unknown_mail")


# Any: the columns of the ledger
async def set_aside(db: AsyncConnection, mail: UUID) -> Row[Any] | None:
    """Lock and return a mail that is in quarantine, or was dropped out of it."""
    mine = select(mails).where(mails.c.id == mail, mails.c.state.in_(("quarantined", "dropped")))
    return (await db.execute(mine.with_for_update())).one_or_none()


async def leave_quarantine(db: AsyncConnection, mail: UUID, **values: object) -> None:
    told = {"reason": None, "detail": None, "dropped_by": None, "dropped_at": None} | values
    await db.execute(update(mails).where(mails.c.id == mail).values(told))


async def drop_quarantined(db: AsyncConnection, mail: UUID, who: str, at: datetime) -> None:
    told = {"state": "dropped", "dropped_by": who, "dropped_at": at}
    await db.execute(update(mails).where(mails.c.id == mail).values(told))


async def parsing_policy(db: AsyncConnection, tenant: str) -> ParsingPolicy:
    """What the parser must know of this tenant."""
    options = await options_of(db, tenant)
    return ParsingPolicy(
        mail_forwarding_domains=options.mail_forwarding_domains,
        allowed_mime_types=options.allowed_mime_types,
        max_file_size=options.max_file_size,
        own_addresses=tuple(sorted(await own_addresses(db, tenant))),
        authors=await authors(db, tenant) or (),
        filters=filters_of(options, configured().filters),
    )


AUTHORS = 5
"""As many as are worth a look: who may write as one of them may as a rule as all."""


async def authors(db: AsyncConnection, tenant: str) -> tuple[str, ...] | None:
    """Return the addresses of people under which mail goes out; None when no department answers so."""
    choices = (await options_of(db, tenant)).outgoing_mails_per_department
    if FromAddress.LOGGED_IN_USER not in choices.values():
        return None
    c = users.c
    mine = select(c.address).where(c.tenant == tenant, c.may_send_as, c.archived_at.is_(None))
    return tuple(await db.scalars(mine.order_by(c.address).limit(AUTHORS)))


async def has_mailbox(db: AsyncConnection, tenant: str, mailbox: UUID) -> bool:
    """Say whether people have this mailbox and did not archive it."""
    c = mailboxes.c
    mine = (c.tenant == tenant, c.id == mailbox, c.archived_at.is_(None))
    return (await db.execute(select(c.id).where(*mine))).first() is not None


# Any: the columns of the cursor
async def cursor_row(db: AsyncConnection, mailbox: UUID) -> Row[Any] | None:
    return (await db.execute(select(cursors).where(cursors.c.id == mailbox))).one_or_none()
