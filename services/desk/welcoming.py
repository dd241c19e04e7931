"""The first run: who may begin it, and how far it has come. What there is says it; only its end is kept."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.accounts import OPERATOR, Wanted, new_user
from services.desk.configuration.people import add_tenant
from services.desk.configuration.remembering import Made
from services.desk.desk import Desk
from services.desk.languages import later
from services.desk.queries.examinations import Examination, latest_examination
from services.desk.queries.mailboxes import MailboxRow, mailbox_rows
from services.desk.queries.people import User, user_named
from services.desk.queries.reading import Reading
from shared.plugins.mailboxes import Verdict
from shared.storage.config import tenants, users
from shared.storage.engine import in_tenant, sweeping
from shared.storage.secrets import Opener
from shared.storage.tickets import tickets

log = structlog.get_logger()

TENANT = "default"
USE = "welcome"
VALID_FOR = timedelta(days=1)
STEPS = (later("You"), later("Organisation"), later("Mailbox"), later("Check"), later("First ticket"))


@dataclass(frozen=True)
class FirstTicket:
    number: int
    subject: str
    created_at: datetime


@dataclass(frozen=True)
class Progress:
    organisation: str
    """Empty: nobody has named it yet."""
    mailbox: MailboxRow | None
    examined: Examination | None
    ticket: FirstTicket | None
    over: bool
    """It never opens again."""

    @property
    def step(self) -> int:
        """The first that is not done, counted from 1; one more than there are when all is done."""
        if self.ticket:
            return len(STEPS) + 1
        if not self.mailbox:
            return 3 if self.organisation else 2
        works = self.examined and not self.examined.open and self.examined.verdict is not Verdict.FAILED
        return 5 if works and self.examined and self.examined.state == "done" else 4


def new_pass(opener: Opener, now: datetime) -> str:
    """Make what lets somebody begin: sealed, so that nothing of it has to be kept."""
    return opener.safe(USE).lock((now + VALID_FOR).isoformat(), USE).hex()


def lets_begin(opener: Opener, value: str, now: datetime) -> bool:
    try:
        until = opener.safe(USE).unlock(bytes.fromhex(value), USE)
    except ValueError:
        return False
    return until is not None and now < datetime.fromisoformat(until)


async def nobody_yet(desk: Desk) -> bool:
    """Whether the installation has no user at all, not even an archived one. Once there was one, it costs
    nothing."""
    if desk.peopled.is_set():
        return False
    async with sweeping(desk.engine) as db:
        there_are = (await db.execute(select(tenants.c.id))).scalars().all()
    for tenant in there_are:
        async with in_tenant(desk.engine, tenant) as db:
            if await _has_users(db, tenant):
                desk.peopled.set()
                return False
    return True


async def say_where(desk: Desk, url: str) -> None:
    """Write into the log where the desk is, and how it begins while nobody is there."""
    log.info("desk.open", address=url)
    if await nobody_yet(desk):
        remedy = "the command postroom welcome prints the address at which it is set up"
        log.warning("desk.nobody_here", remedy=remedy)


async def first_admin(db: AsyncConnection, address: str, name: str, password: str, made: Made) -> User | None:
    """Add the first user, who looks after the installation; None when somebody was faster. Of two at once,
    the second waits for the first.

    Raises:
        ShortPasswordError: the password is guessed too soon.
    """
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(USE, 0))))
    if await _has_users(db, TENANT):
        return None
    await add_tenant(db, TENANT, TENANT, at=made.at)
    wanted = Wanted(address=address, name=name or None, role=OPERATOR)
    user: UUID = await new_user(db, TENANT, wanted, password, made, by_operator=True)
    return await user_named(Reading(db, TENANT), user)


async def progress_of(reading: Reading) -> Progress:
    boxes = await mailbox_rows(reading)
    box = boxes[0] if boxes else None
    mine = select(tenants.c.name, tenants.c.set_up_at).where(tenants.c.id == reading.tenant)
    tenant = (await reading.db.execute(mine)).one()
    c = tickets.c
    first = await reading.db.execute(
        select(c.number, c.subject, c.created_at).where(reading.own(tickets)).order_by(c.number).limit(1)
    )
    row = first.first()
    return Progress(
        organisation=tenant.name if tenant.name != reading.tenant else "",
        mailbox=box,
        examined=await latest_examination(reading, box.id) if box else None,
        ticket=FirstTicket(row.number, row.subject, row.created_at) if row else None,
        over=tenant.set_up_at is not None,
    )


async def begun_and_not_over(reading: Reading) -> Progress | None:
    """How far the first run is, while there is something to go on with."""
    now = await progress_of(reading)
    return None if now.over or now.ticket else now


async def end_first_run(db: AsyncConnection, tenant: str, at: datetime) -> None:
    """Let it never open again, whatever is erased later."""
    first = (tenants.c.id == tenant, tenants.c.set_up_at.is_(None))
    await db.execute(update(tenants).where(*first).values(set_up_at=at))


async def _has_users(db: AsyncConnection, tenant: str) -> bool:
    found = await db.execute(select(users.c.id).where(users.c.tenant == tenant).limit(1))
    return found.first() is not None
