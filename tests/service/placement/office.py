"""Ticketing and its database: raw mail goes through the real parser and is placed; we answer and change."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import make_msgid
from uuid import UUID, uuid4

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncEngine

from services.parser.handlers import parsed_event
from services.parser.parsing import parse
from services.ticketing import handlers
from services.ticketing.people import People
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.mail import Address, MailStored, ParsingPolicy
from shared.contracts.sending import Draft, MailAccepted
from shared.contracts.thread_tokens import message_id, reply_address
from shared.contracts.tickets import (
    Actor,
    AddParticipant,
    ChangeTicket,
    DecideHeldMail,
    MergeTickets,
    RemoveParticipant,
    SplitTicket,
)
from shared.messaging.unit import Units
from shared.storage.config import mailboxes, options, users
from shared.storage.engine import in_tenant
from shared.storage.secrets import ThreadKeys
from shared.storage.tickets import held, placements, posts, tickets

TENANT, SUPPORT, DOMAIN = "acme", "support@helpdesk.example", "helpdesk.example"
AGENT = "eva@helpdesk.example"
BEGIN = datetime(2026, 3, 2, 9, tzinfo=UTC)


@dataclass(frozen=True)
class Placed:
    """Where a mail went."""

    outcome: str
    reason: str
    ticket: UUID | None
    mail: UUID


class Office:
    """One tenant with one mailbox and one agent; its clock stands until a test moves it."""

    def __init__(
        self, desk: AsyncEngine, ticketing: AsyncEngine, blobs: FilesystemBlobs, keys: ThreadKeys
    ) -> None:
        self.desk = desk
        self.units = Units(ticketing, "ticketing", lambda: self.now)
        self.people = People(ticketing)
        self.blobs = blobs
        self.keys = keys
        self.now = BEGIN
        self.box = uuid4()

    async def open(self) -> None:
        at = {"created_at": self.now}
        box = {"id": self.box, "address": SUPPORT, "provider": "graph", "settings": {}}
        agent = {"id": uuid4(), "address": AGENT, "name": "Eva Stein"}
        async with in_tenant(self.desk, TENANT) as db:
            await db.execute(mailboxes.insert().values(tenant=TENANT, **box, **at))
            await db.execute(users.insert().values(tenant=TENANT, **agent, **at))

    async def choose(self, **values: object) -> None:
        facts = {"tenant": TENANT, "changed_at": self.now, "changed_by": "test"}
        async with in_tenant(self.desk, TENANT) as db:
            for name, value in values.items():
                row = facts | {"name": name, "value": value}
                keys = ["tenant", "name"]
                await db.execute(
                    upsert(options).values(row).on_conflict_do_update(index_elements=keys, set_=row)
                )

    async def receives(self, raw: bytes, *, imported: bool = False) -> Placed:
        """Take a mail in, as the services do one after the other."""
        forwarders = ParsingPolicy(own_addresses=(SUPPORT,), mail_forwarding_domains=(DOMAIN,))
        stored = MailStored(
            tenant=TENANT,
            mail=uuid4(),
            mailbox=self.box,
            mailbox_address=SUPPORT,
            blob=await self.blobs.put(TENANT, raw),
            size=len(raw),
            received_at=self.now,
            policy=forwarders,
            imported=imported,
        )
        document = parse(raw, stored.policy).document
        blob = await self.blobs.put(TENANT, document.model_dump_json().encode())
        parsed = parsed_event(stored, document, blob)
        await handlers.take_mail(parsed, self.units, self.people, self.blobs, self.keys)
        return await self.placed(stored.mail)

    async def placed(self, mail: UUID) -> Placed:
        async with in_tenant(self.desk, TENANT) as db:
            row = (await db.execute(select(placements).where(placements.c.mail == mail))).one()
        return Placed(row.outcome, row.reason, row.ticket, mail)

    async def answers(self, ticket: UUID, to: str = "ann@firm.example", key: int = 0) -> str:
        """Let our answer leave; return its Message-ID, signed with one of our keys."""
        outgoing = uuid4()
        key_id, secret = list(self.keys.keys.items())[key]
        ours = message_id(outgoing, ticket, DOMAIN, key_id, secret)
        accepted = MailAccepted(
            tenant=TENANT,
            outgoing=outgoing,
            ticket=ticket,
            message_id=ours,
            written_by="person",
            actor=Actor(name="Eva Stein"),
            to=(Address(address=to),),
            subject="Re: Lift is stuck",
            body=await self.blobs.put(TENANT, Draft(text="We come.").model_dump_json().encode()),
        )
        await handlers.show_outgoing(accepted, self.units, self.blobs)
        return ours

    async def reply_address(self, ticket: UUID) -> str:
        key_id, key = next(iter(self.keys.keys.items()))
        made = reply_address(SUPPORT, TENANT, await self.number(ticket), key_id, key)
        assert made is not None
        return made

    async def change(self, ticket: UUID, **changes: str) -> None:
        actor = Actor(name="Eva Stein")
        command = ChangeTicket(tenant=TENANT, ticket=ticket, changes=dict(changes), actor=actor)
        await handlers.change_ticket(command, self.units)

    async def merge(self, source: UUID, target: UUID) -> None:
        actor = Actor(name="Eva Stein")
        command = MergeTickets(tenant=TENANT, source=source, target=target, actor=actor)
        await handlers.merge_tickets(command, self.units)

    async def splits(self, ticket: UUID, mail: UUID) -> UUID:
        """Make a mail a ticket of its own, and return that."""
        async with in_tenant(self.desk, TENANT) as db:
            post = (await db.execute(select(posts.c.id).where(posts.c.mail == mail))).scalar_one()
        actor = Actor(name="Eva Stein")
        command = SplitTicket(tenant=TENANT, ticket=ticket, posts=(post,), subject="Door", actor=actor)
        await handlers.split_ticket(command, self.units, self.people)
        return await self.ticket_of(mail)

    async def lets_answer(self, ticket: UUID, address: str) -> None:
        person = Address(address=address)
        command = AddParticipant(tenant=TENANT, ticket=ticket, person=person, actor=Actor(name="Eva Stein"))
        await handlers.add_participant(command, self.units)

    async def removes(self, ticket: UUID, address: str) -> None:
        person, actor = Address(address=address), Actor(name="Eva Stein")
        command = RemoveParticipant(tenant=TENANT, ticket=ticket, person=person, actor=actor)
        await handlers.remove_participant(command, self.units)

    async def decide(self, mail: UUID, *, belongs: bool) -> Placed:
        """Click on a held mail."""
        async with in_tenant(self.desk, TENANT) as db:
            row = (await db.execute(select(held.c.id).where(held.c.mail == mail))).one()
        command = DecideHeldMail(tenant=TENANT, held=row.id, belongs=belongs, actor=Actor(name="Eva Stein"))
        await handlers.decide_held(command, self.units, self.people, self.blobs)
        return await self.placed(mail)

    async def status(self, ticket: UUID) -> str:
        async with in_tenant(self.desk, TENANT) as db:
            found = await db.execute(select(tickets.c.status).where(tickets.c.id == ticket))
        return str(found.scalar_one())

    async def number(self, ticket: UUID) -> int:
        async with in_tenant(self.desk, TENANT) as db:
            found = await db.execute(select(tickets.c.number).where(tickets.c.id == ticket))
        return int(found.scalar_one())

    async def follows(self, ticket: UUID | None) -> UUID | None:
        async with in_tenant(self.desk, TENANT) as db:
            found = await db.execute(select(tickets.c.follows).where(tickets.c.id == ticket))
        before: UUID | None = found.scalar_one()
        return before

    async def mails_on(self, ticket: UUID) -> set[UUID]:
        async with in_tenant(self.desk, TENANT) as db:
            rows = await db.execute(select(posts.c.mail).where(posts.c.ticket == ticket))
        return {row.mail for row in rows if row.mail}

    async def ticket_of(self, mail: UUID) -> UUID:
        """The ticket that shows a mail now."""
        async with in_tenant(self.desk, TENANT) as db:
            found = await db.execute(select(posts.c.ticket).where(posts.c.mail == mail))
        ticket: UUID = found.scalar_one()
        return ticket

    async def archive_agent(self) -> None:
        async with in_tenant(self.desk, TENANT) as db:
            await db.execute(update(users).values(archived_at=self.now))

    def later(self, **passed: float) -> None:
        self.now += timedelta(**passed)


def fresh_id() -> str:
    """A Message-ID, in its brackets."""
    return make_msgid(domain="firm.example")
