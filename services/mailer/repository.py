"""Every query on outgoing mail."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.throttle import Counted
from shared.connecting import MailboxRow
from shared.contracts.mail import Address
from shared.contracts.sending import UNCONFIRMED, SendState
from shared.storage.config import departments, mailboxes, users
from shared.storage.merging import leads_to
from shared.storage.sending import attempts, mails, recipients

MailRow = Row[Any]  # Any: the columns of sending.mail


async def accept(db: AsyncConnection, row: dict[str, object]) -> bool:
    """Record a mail; False when the same effect has made it before."""
    made = await db.execute(
        upsert(mails)
        .values(row)
        .on_conflict_do_nothing(index_elements=["tenant", "effect"])
        .returning(mails.c.id)
    )
    return made.first() is not None


async def locked(db: AsyncConnection, mail: UUID) -> MailRow | None:
    found = await db.execute(select(mails).where(mails.c.id == mail).with_for_update())
    return found.one_or_none()


async def by_message_id(db: AsyncConnection, tenant: str, message_id: str) -> MailRow | None:
    found = await db.execute(
        select(mails)
        .where(mails.c.tenant == tenant, mails.c.message_id == message_id)
        .limit(1)
        .with_for_update()
    )
    return found.first()


async def waiting_for_customer(db: AsyncConnection, tenant: str, ticket: UUID) -> Sequence[MailRow]:
    """Lock planned mail of a ticket, and of those merged into it, that is to be cancelled when the
    customer writes first."""
    family = mails.c.ticket.in_(leads_to(tenant, ticket))
    found = await db.execute(
        select(mails)
        .where(family, mails.c.state == SendState.PLANNED, mails.c.unless_customer_writes)
        .with_for_update()
    )
    return found.all()


async def set_values(db: AsyncConnection, mail: UUID, **values: object) -> None:
    await db.execute(update(mails).where(mails.c.id == mail).values(**values))


async def note_attempt(
    db: AsyncConnection, row: MailRow, outcome: str, at: datetime, *, code: str | None = None, text: str = ""
) -> None:
    await db.execute(
        insert(attempts).values(
            tenant=row.tenant, mail=row.id, outcome=outcome, code=code, text=text or None, at=at
        )
    )


async def failures(db: AsyncConnection, mail: UUID) -> int:
    """Count the attempts that failed; a claim that ended with its process is none."""
    failed = select(func.count()).where(attempts.c.mail == mail, attempts.c.outcome == "failed")
    counted: int = (await db.execute(failed)).scalar_one()
    return counted


async def times_unconfirmed(db: AsyncConnection, mail: UUID) -> int:
    """Count the attempts of which nobody knows how they ended, and after which a person sent it again."""
    unknown = select(func.count()).where(attempts.c.mail == mail, attempts.c.outcome == UNCONFIRMED)
    counted: int = (await db.execute(unknown)).scalar_one()
    return counted


async def count(db: AsyncConnection, row: MailRow, addresses: Iterable[str], at: datetime) -> None:
    """Remember who was written to: the truth behind the windows of the send threshold."""
    rows = [
        {"mail": row.id, "address": one, "tenant": row.tenant, "written_by": row.written_by, "counted_at": at}
        for one in sorted(set(addresses))
    ]
    await db.execute(upsert(recipients).values(rows).on_conflict_do_nothing())


async def counted(
    db: AsyncConnection, tenant: str, address: str, written_by: str, since: datetime
) -> list[Counted]:
    found = await db.execute(
        select(recipients.c.mail, recipients.c.counted_at).where(
            recipients.c.tenant == tenant,
            recipients.c.address == address,
            recipients.c.written_by == written_by,
            recipients.c.counted_at > since,
        )
    )
    return [Counted(row.mail, row.counted_at) for row in found]


async def left_since(db: AsyncConnection, mailbox: UUID, since: datetime) -> list[tuple[datetime, int]]:
    """Return when mails left a mailbox and to how many, oldest first."""
    found = await db.execute(
        select(mails.c.prepared_at, func.count(recipients.c.address))
        .join(recipients, recipients.c.mail == mails.c.id)
        .where(mails.c.mailbox == mailbox, mails.c.prepared_at > since)
        .group_by(mails.c.id)
        .order_by(mails.c.prepared_at)
    )
    return [(at, count) for at, count in found]


async def mailbox_to_send_through(db: AsyncConnection, tenant: str, wanted: UUID | None) -> MailboxRow | None:
    """Return the mailbox a ticket came through, else the tenant's oldest one that works."""
    usable = select(mailboxes).where(mailboxes.c.tenant == tenant, mailboxes.c.archived_at.is_(None))
    if wanted is not None:
        found = (await db.execute(usable.where(mailboxes.c.id == wanted))).one_or_none()
        if found is not None:
            return found
    oldest = usable.where(mailboxes.c.enabled).order_by(mailboxes.c.created_at).limit(1)
    return (await db.execute(oldest)).first()


async def own_addresses(db: AsyncConnection, tenant: str) -> frozenset[str]:
    rows = await db.execute(select(mailboxes.c.address).where(mailboxes.c.tenant == tenant))
    return frozenset(row.address for row in rows)


async def department_key(db: AsyncConnection, department: UUID | None) -> str | None:
    found = await db.execute(select(departments.c.key).where(departments.c.id == department))
    key: str | None = found.scalar_one_or_none()
    return key


async def user_row(db: AsyncConnection, user: UUID | None) -> Row[Any] | None:
    found = await db.execute(select(users).where(users.c.id == user))
    return found.one_or_none()


def addresses_of(row: MailRow, kind: str) -> tuple[Address, ...]:
    """Return one line of a mail's recipients: to, cc or bcc."""
    return tuple(Address.model_validate(one) for one in row.recipients.get(kind, []))
