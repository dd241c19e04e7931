"""Who takes part in a ticket, as people decide it: added, or removed until somebody takes them back."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ticketing.lifecycle import Refused
from services.ticketing.merging import merged_away
from services.ticketing.repository import TicketRow, Tickets
from services.ticketing.telling import Asked, tell
from shared.contracts.mail import Address
from shared.contracts.thread_tokens import plain_address
from shared.contracts.tickets import AddParticipant, FieldChange, RemoveParticipant
from shared.messaging.unit import Unit
from shared.storage.addresses import own_addresses
from shared.storage.participating import people_of
from shared.storage.tickets import contacts, participants

Answer = dict[str, Any]  # Any: JSON
ADDED = "added"


async def add(unit: Unit, message: AddParticipant) -> Answer:
    """Let somebody take part: they may answer, and are in copy of what answers all."""
    tickets, person = Tickets(unit.db, unit.tenant, unit.now), message.person
    row = await tickets.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    if merged := merged_away(row):
        return {"refused": merged.why}
    if plain_address(person.address) in await own_addresses(unit.db, unit.tenant):
        return {
            "refused": f"{person.address} is one of our mailboxes: it gets the mail of this ticket anyway"
        }
    known = await _known(unit, row.id, person.address)
    if known is not None and known.removed_at is None and known.role == ADDED:
        return {"ok": True, "version": row.version}
    named = Address(address=person.address, name=person.name or (known.name if known else ""))
    await _keep(unit, row.id, named, role=ADDED, removed_at=None)
    await tell(unit, tickets, row, (FieldChange(field="participants", new=person.address),), message)
    return {"ok": True, "version": row.version + 1}


async def remove(unit: Unit, message: RemoveParticipant) -> Answer:
    """Let somebody take part no more: their mail is doubtful, and nothing is suggested to go to them."""
    tickets, address = Tickets(unit.db, unit.tenant, unit.now), message.person.address
    row = await tickets.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    known = await _known(unit, row.id, address)
    if refused := await _stays(unit, row, address, known):
        return {"refused": refused.why}
    assert known is not None, "or it was refused"
    person = Address(address=address, name=known.name)
    await _keep(unit, row.id, person, role=known.role, removed_at=unit.now)
    await tell(unit, tickets, row, (FieldChange(field="participants", old=address),), message)
    return {"ok": True, "version": row.version + 1}


async def take_back(unit: Unit, ticket: UUID, person: Address, command: Asked) -> None:
    """A person said that a mail belongs to the ticket: who sent it takes part again, if they were removed."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    row = await tickets.end_of(ticket)
    known = await _known(unit, row.id, person.address) if row else None
    if row is None or known is None or known.removed_at is None:
        return
    await _keep(unit, row.id, person, role=known.role, removed_at=None)
    await tell(unit, tickets, row, (FieldChange(field="participants", new=person.address),), command)


async def welcome(unit: Unit, ticket: UUID, contact: Address) -> None:
    """Whoever a ticket belongs to takes part in it."""
    await _keep(unit, ticket, contact, role="submitter", removed_at=None)


# Any: the columns of ticketing.post
async def takes_along(unit: Unit, old: UUID, ticket: UUID, moved: Sequence[Row[Any]]) -> None:
    """Let the people of posts take part where these were moved to. Who was removed before stays so; the
    contact takes part in any case."""
    everybody = people_of(unit.tenant, old).subquery()
    gone = await unit.db.execute(select(everybody).where(everybody.c.removed_at.is_not(None)))
    for row in gone.all():
        person = Address(address=row.address, name=row.name)
        await _keep(unit, ticket, person, role=row.role, removed_at=row.removed_at)
    own, tickets = await own_addresses(unit.db, unit.tenant), Tickets(unit.db, unit.tenant, unit.now)
    people = [each for post in moved if post.automatic is None for each in _of_post(post)]
    others = [(person, role) for person, role in people if plain_address(person.address) not in own]
    await tickets.add_participants(ticket, others)
    contact = (await tickets.snapshot(ticket)).contact_address
    if contact is not None:
        await welcome(unit, ticket, contact)


# Any: as above
def _of_post(post: Row[Any]) -> list[tuple[Address, str]]:
    """Name who wrote a mail and who got it; of our own, who got it."""
    if post.kind not in {"mail_in", "mail_out"}:
        return []
    details = post.details
    people = [(Address.model_validate(one), "cc") for one in (*details.get("to", ()), *details.get("cc", ()))]
    if post.kind == "mail_out":
        return people
    forwarder = details.get("forwarded_by")
    forwarders = [(Address.model_validate(forwarder), "forwarder")] if forwarder else []
    return [(Address(address=post.author_address, name=post.author_name), "sender"), *forwarders, *people]


async def _stays(unit: Unit, row: TicketRow, address: str, known: Row[Any] | None) -> Refused | None:
    """Refuse to remove who is not there, and whom the ticket belongs to."""
    if merged := merged_away(row):
        return merged
    contact = await unit.db.scalar(select(contacts.c.address).where(contacts.c.id == row.contact))
    if address == contact:
        return Refused("the ticket belongs to this contact: choose another contact first")
    if known is None or known.removed_at is not None:
        return Refused(f"{address} takes no part in this ticket")
    return None


# Any: address, name, role, removed_at
async def _known(unit: Unit, ticket: UUID, address: str) -> Row[Any] | None:
    everybody = people_of(unit.tenant, ticket).subquery()
    found = await unit.db.execute(select(everybody).where(everybody.c.address == address))
    return found.one_or_none()


async def _keep(unit: Unit, ticket: UUID, person: Address, **values: object) -> None:
    row = {"ticket": ticket, "address": person.address, "tenant": unit.tenant, "name": person.name, **values}
    made = upsert(participants).values(row)
    await unit.db.execute(made.on_conflict_do_update(index_elements=["ticket", "address"], set_=row))
