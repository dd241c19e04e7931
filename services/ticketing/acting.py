"""What triggers do to a ticket beside setting fields: write a note, tag, assign to members in turn."""

from collections.abc import Sequence
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ticketing.indexing import Said
from services.ticketing.merging import merged_away
from services.ticketing.posting import PREVIEW
from services.ticketing.repository import TicketRow, Tickets
from shared.contracts.acting import AssignInTurn, TagTicket, WriteNote, WriteNoteInWords
from shared.contracts.sending import Draft
from shared.contracts.tickets import TicketChanged
from shared.messaging.unit import Unit
from shared.storage.assignable import may_be_given
from shared.storage.config import memberships, users
from shared.storage.together import turns

Answer = dict[str, JsonValue]


async def write_note(unit: Unit, message: WriteNote | WriteNoteInWords, draft: Draft, body: str) -> Answer:
    """Put a note on the ticket, or on what it was merged into. `body`: the blob of the draft. No clock moves:
    nobody has written."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    row = await tickets.end_of(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    unit.touch(row.id)
    post = await tickets.add_post(
        row.id,
        "note",
        author_name=message.actor.name,
        body=body,
        preview=" ".join(draft.text.split())[:PREVIEW],
        shown_at=unit.now,
        said=Said(draft.text),
        details={"trigger": str(message.actor.trigger)},
    )
    return {"ok": True, "post": str(post)}


async def tag(unit: Unit, message: TagTicket) -> Answer:
    """Add and take away tags of the ticket as it is now, whatever others made of it meanwhile."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    row = await tickets.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    tags = tagged(row.tags, message.add, message.remove)
    return await _set(unit, tickets, row, {"tags": [*tags]}, message)


def tagged(tags: Sequence[str], add: Sequence[str], remove: Sequence[str]) -> list[str]:
    """Return tags without some and with others behind; what is both removed and added is there."""
    return list(dict.fromkeys((*(tag for tag in tags if tag not in remove), *add)))


async def assign_in_turn(unit: Unit, message: AssignInTurn) -> Answer:
    """Give the ticket to the member after the one whose turn was last."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    row = await tickets.locked(message.ticket)
    if row is None:
        return {"refused": "there is no such ticket"}
    if message.only_unassigned and row.assignee is not None:
        return {"ok": True, "version": row.version}
    if refusal := merged_away(row):
        return {"refused": refusal.why}
    member = await _next_member(unit, message.department)
    if member is None:
        return {"refused": "the department has no members who are given tickets"}
    return await _set(unit, tickets, row, {"assignee": str(member)}, message)


async def _next_member(unit: Unit, department: UUID) -> UUID | None:
    """Take the turn of the next member. Whoever else asks waits until this unit has ended."""
    asked = upsert(turns).values(tenant=unit.tenant, department=department, at=unit.now)
    locked = asked.on_conflict_do_update(index_elements=["tenant", "department"], set_={"at": unit.now})
    last = (await unit.db.execute(locked.returning(turns.c.last))).scalar_one()
    present = (
        select(users.c.id)
        .join(memberships, memberships.c.user == users.c.id)
        .where(memberships.c.department == department, memberships.c.tenant == unit.tenant)
        .where(may_be_given(unit.tenant))
        .order_by(users.c.id)
    )
    member = after(last, list(await unit.db.scalars(present)))
    mine = (turns.c.tenant == unit.tenant, turns.c.department == department)
    await unit.db.execute(update(turns).where(*mine).values(last=member))
    return member


def after(last: UUID | None, members: Sequence[UUID]) -> UUID | None:
    """Return who follows in the order of the ids, also on somebody who is no member any more."""
    return next((one for one in members if last is None or one > last), next(iter(members), None))


async def _set(
    unit: Unit,
    tickets: Tickets,
    row: TicketRow,
    values: dict[str, JsonValue],
    message: TagTicket | AssignInTurn,
) -> Answer:
    if refusal := merged_away(row):
        return {"refused": refusal.why}
    changes = await tickets.change(row, values, message.actor, message.id)
    if changes:
        snapshot = await tickets.snapshot(row.id)
        unit.emit(TicketChanged(tenant=unit.tenant, ticket=snapshot, actor=message.actor, changes=changes))
    return {"ok": True, "version": row.version + bool(changes)}
