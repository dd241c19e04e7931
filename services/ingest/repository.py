"""Every query of ingest: cursors, the ledger of mails, and examinations."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.connecting import MailboxRow
from shared.contracts.errors import Permanent
from shared.contracts.examining import ExamineMailbox
from shared.contracts.mail import ParsingPolicy
from shared.contracts.options import FromAddress
from shared.plugins.mailboxes import Listed
from shared.storage.config import mailboxes, tenants, users
from shared.storage.engine import sweeping
from shared.storage.ingest import cursors, examinations, mails
from shared.storage.options import options_of


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


async def list_mails(db: AsyncConnection, mailbox: MailboxRow, listed: Iterable[Listed], at: datetime) -> int:
    """Enter mails into the ledger; those that it knows stay as they are. Return how many are new.

    A mail that was there before the mailbox was added is imported. Providers count whole seconds.
    """
    added = mailbox.created_at.replace(microsecond=0)
    rows = [
        {
            "id": uuid5(mailbox.id, mail.provider_id),
            "tenant": mailbox.tenant,
            "mailbox": mailbox.id,
            "provider_id": mail.provider_id,
            "state": "listed",
            "listed_at": at,
            "received_at": mail.received_at,
            "size": mail.size,
            "imported": mail.received_at is not None and mail.received_at < added,
            "due_at": at,
        }
        for mail in listed
    ]
    if not rows:
        return 0
    entered = await db.execute(
        insert(mails)
        .values(rows)
        .on_conflict_do_nothing(index_elements=["mailbox", "provider_id"])
        .returning(mails.c.id)
    )
    return len(entered.all())


async def secrets_that_end(engine: AsyncEngine) -> list[Row[Any]]:  # Any: some columns
    """Return the mailboxes in use, of every tenant, whose secret's end is known, and what was told of it."""
    c = mailboxes.c
    known = (
        select(c.id, c.tenant, c.secret_expires_at, cursors.c.expiry_told)
        .join(cursors, cursors.c.id == c.id)
        .join(tenants, tenants.c.id == c.tenant)
        .where(c.enabled, c.archived_at.is_(None), ~tenants.c.suspended)
        .where(or_(c.secret_expires_at.is_not(None), cursors.c.expiry_told.is_not(None)))
    )
    async with sweeping(engine) as db:
        return list(await db.execute(known))


async def tell_expiry(db: AsyncConnection, mailbox: UUID, step: int | None) -> bool:
    """Note that a step was told; False: another process did."""
    c = cursors.c
    fresh = (c.id == mailbox, c.expiry_told.is_distinct_from(step))
    done = await db.execute(update(cursors).where(*fresh).values(expiry_told=step).returning(c.id))
    return done.first() is not None


async def fetch_anew(db: AsyncConnection, mailbox: UUID, at: datetime) -> None:
    """After an outage of a mailbox: try its listed mails now, and count their attempts from here."""
    waiting = (mails.c.mailbox == mailbox, mails.c.state == "listed", mails.c.lease.is_(None))
    await db.execute(update(mails).where(*waiting).values(due_at=at, attempts=0))


async def ledger_rows(db: AsyncConnection, ids: Iterable[UUID]) -> list[Row[Any]]:
    found = await db.execute(select(mails).where(mails.c.id.in_(list(ids))))
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


async def parsing_policy(db: AsyncConnection, tenant: str) -> ParsingPolicy:
    """What the parser must know of this tenant."""
    options = await options_of(db, tenant)
    own = await db.execute(select(mailboxes.c.address).where(mailboxes.c.tenant == tenant))
    return ParsingPolicy(
        mail_forwarding_domains=options.mail_forwarding_domains,
        allowed_mime_types=options.allowed_mime_types,
        max_file_size=options.max_file_size,
        own_addresses=tuple(sorted(row.address for row in own)),
        authors=await authors(db, tenant) or (),
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


async def open_examination(db: AsyncConnection, asked: ExamineMailbox, at: datetime) -> UUID:
    """Enter an examination, unless one of this mailbox is open; return the id of the open one."""
    row = {
        "id": asked.id,
        "tenant": asked.tenant,
        "mailbox": asked.mailbox,
        "state": "waiting",
        "send": asked.send,
        "asked_by": asked.actor.name if asked.actor else None,
        "findings": [],
        "asked_at": at,
        "due_at": at,
    }
    c = examinations.c
    is_open = select(c.id).where(or_((c.mailbox == asked.mailbox) & c.ended_at.is_(None), c.id == asked.id))
    entered: UUID | None = None
    while entered is None:  # the open one may end between the two
        made = await db.execute(insert(examinations).values(row).on_conflict_do_nothing().returning(c.id))
        entered = made.scalar_one_or_none() or (await db.execute(is_open)).scalar_one_or_none()
    return entered


async def note_examination(db: AsyncConnection, run: UUID, values: Mapping[str, object]) -> None:
    await db.execute(update(examinations).where(examinations.c.id == run).values(**values))


async def remove_examination(db: AsyncConnection, run: UUID) -> None:
    await db.execute(delete(examinations).where(examinations.c.id == run))
