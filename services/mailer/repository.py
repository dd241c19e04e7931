"""Every query on outgoing mail."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.mailer.guards import Guard, Window, domains, pairs
from services.mailer.throttle import Counted
from shared.connecting import MailboxRow
from shared.contracts.mail import Address
from shared.contracts.sending import UNCONFIRMED, SendState
from shared.storage.config import departments, mailboxes, users
from shared.storage.merging import leads_to
from shared.storage.sending import attempts, mails, recipients
from shared.storage.tickets import posts

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
    """Lock planned mail that a ticket shows, its own, of those merged into it or of the one that it was split
    off, that is to be cancelled when the customer writes first."""
    family = leads_to(tenant, ticket)
    shown = select(posts.c.outgoing).where(posts.c.ticket.in_(family), posts.c.outgoing.is_not(None))
    elsewhere = select(posts.c.id).where(posts.c.tenant == tenant, posts.c.outgoing == mails.c.id)
    elsewhere = elsewhere.where(posts.c.ticket.not_in(family))
    written = and_(mails.c.ticket.in_(family), ~elsewhere.exists())
    found = await db.execute(
        select(mails)
        .where(
            mails.c.tenant == tenant,
            or_(written, mails.c.id.in_(shown)),
            mails.c.state == SendState.PLANNED,
            mails.c.unless_customer_writes,
        )
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


async def note_bounce(db: AsyncConnection, mail: UUID, recipient: str | None, at: datetime) -> Sequence[str]:
    """Remember from whom a mail came back, and return them; a report that names nobody is about all."""
    them = [recipients.c.mail == mail, recipients.c.bounced_at.is_(None)]
    if recipient is not None:
        them.append(func.lower(recipients.c.address) == recipient.lower())
    marked = update(recipients).where(*them).values(bounced_at=at).returning(func.lower(recipients.c.address))
    return list((await db.execute(marked)).scalars())


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


async def count(db: AsyncConnection, row: MailRow, addresses: Iterable[str], until: datetime) -> None:
    """Remember who is written to, the truth behind the windows: it counts as on its way until then."""
    them = sorted({one.lower() for one in addresses})
    facts = {"mail": row.id, "tenant": row.tenant, "written_by": row.written_by, "counted_at": until}
    counting = upsert(recipients).values([facts | {"address": one} for one in them])
    again = {"counted_at": counting.excluded.counted_at}
    await db.execute(counting.on_conflict_do_update(index_elements=["mail", "address"], set_=again))


async def count_as_left(db: AsyncConnection, mail: UUID, at: datetime) -> None:
    await db.execute(update(recipients).where(recipients.c.mail == mail).values(counted_at=at))


async def uncount(db: AsyncConnection, mail: UUID) -> None:
    """Forget that a mail was on its way: it has not left, and asks anew before it does."""
    await db.execute(update(recipients).where(recipients.c.mail == mail).values(counted_at=None))


async def counted(db: AsyncConnection, tenant: str, window: Window, since: datetime) -> list[Counted]:
    """Return the mails that a window holds, as `sending.recipient` knows them."""
    match window.guard:
        case Guard.ADDRESS:
            return await _to_address(db, tenant, window, since)
        case Guard.TICKET:
            return await _on_ticket(db, tenant, window, since)
        case _:
            return await _from_mailbox(db, tenant, window, since)


async def _to_address(db: AsyncConnection, tenant: str, window: Window, since: datetime) -> list[Counted]:
    c = recipients.c
    found = await db.execute(
        select(c.mail, c.counted_at).where(
            c.tenant == tenant,
            c.address == window.about,
            c.written_by == window.written_by,
            c.counted_at > since,
        )
    )
    return [Counted(row.mail, row.counted_at) for row in found]


async def _on_ticket(db: AsyncConnection, tenant: str, window: Window, since: datetime) -> list[Counted]:
    c = recipients.c
    found = await db.execute(
        select(c.mail, func.min(c.counted_at).label("counted_at"))
        .join(mails, mails.c.id == c.mail)
        .where(
            mails.c.ticket == UUID(window.about),
            c.tenant == tenant,
            c.written_by == window.written_by,
            c.counted_at > since,
        )
        .group_by(c.mail)
    )
    return [Counted(row.mail, row.counted_at) for row in found]


async def _from_mailbox(db: AsyncConnection, tenant: str, window: Window, since: datetime) -> list[Counted]:
    """Read what one mailbox sent in a window, and keep what is of the pair or domain."""
    c, mailbox = recipients.c, UUID(window.about.partition("/")[0])
    staff = select(func.lower(users.c.address)).where(users.c.tenant == tenant)
    found = await db.execute(
        select(c.mail, c.address, c.counted_at)
        .join(mails, mails.c.id == c.mail)
        .where(
            mails.c.mailbox == mailbox,
            mails.c.prepared_at > since,
            c.tenant == tenant,
            c.written_by == window.written_by,
            c.counted_at > since,
            c.address.not_in(staff),
        )
    )
    within = pairs if window.guard is Guard.PAIR else domains
    once = {row.mail: row.counted_at for row in found if window.about in within(mailbox, [row.address])}
    return [Counted(mail, at) for mail, at in once.items()]


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


async def department_key(db: AsyncConnection, department: UUID | None) -> str | None:
    found = await db.execute(select(departments.c.key).where(departments.c.id == department))
    key: str | None = found.scalar_one_or_none()
    return key


async def staff_among(db: AsyncConnection, row: MailRow) -> frozenset[str]:
    """Return those addresses of a mail that belong to people of its tenant."""
    named = [one["address"].lower() for line in row.recipients.values() for one in line]
    their = func.lower(users.c.address)
    found = await db.execute(select(their).where(users.c.tenant == row.tenant, their.in_(named)))
    return frozenset(found.scalars())


async def user_row(db: AsyncConnection, user: UUID | None) -> Row[Any] | None:
    found = await db.execute(select(users).where(users.c.id == user))
    return found.one_or_none()


def addresses_of(row: MailRow, kind: str) -> tuple[Address, ...]:
    """Return one line of a mail's recipients: to, cc or bcc."""
    return tuple(Address.model_validate(one) for one in row.recipients.get(kind, []))
