"""Merge a ticket into another, and take it back exactly.

Posts and undecided mail move and know where they belong. Known ids, people and outgoing mail stay with the
source, whoever asks for them follows it to the target: so undoing has nothing to guess.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Row, func, insert, select, true, update

from services.ticketing.indexing import read_again
from services.ticketing.lifecycle import Refused, may_merge
from services.ticketing.repository import TicketRow, Tickets
from services.ticketing.telling import tell
from shared.contracts.statuses import MERGED
from shared.contracts.tickets import Actor, FieldChange, MergeTickets, UndoMerge
from shared.messaging.unit import Unit
from shared.storage.merging import leads_to
from shared.storage.tickets import held, posts
from shared.storage.together import merges

Answer = dict[str, Any]  # Any: JSON


async def merge(unit: Unit, message: MergeTickets) -> Answer:
    """Show what the source has on the target, and lead there what comes to the source."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    source, target = await tickets.both(message.source, message.target)
    if source is None or target is None:
        return {"refused": "there is no such ticket"}
    if message.expected_version not in (None, source.version):
        return conflict(source)
    refused = may_merge(source, target)
    if refused is not None:
        return {"refused": refused.why}
    await _keep_record(unit, source, target, message.actor)
    await _move(unit, source.id, target.id)
    status = FieldChange(field="status", old=source.status, new=MERGED)
    into = FieldChange(field="merged_into", new=target.number)
    await tell(unit, tickets, source, (status, into), message, status=MERGED, merged_into=target.id)
    gained = FieldChange(field="merged", new=source.number)
    await tell(unit, tickets, target, (gained,), message, **_clocks_together(source, target))
    return {"ok": True, "number": target.number, "version": source.version + 1}


async def gather(unit: Unit, sources: Sequence[UUID], target: UUID, actor: Actor) -> None:
    """Merge tickets that a mail showed to be one thread: they were opened by mails that came before it."""
    for source in sources:
        await merge(unit, MergeTickets(tenant=unit.tenant, source=source, target=target, actor=actor))


async def undo(unit: Unit, message: UndoMerge) -> Answer:
    """Give the source back what it had. What came to the target since stays there."""
    tickets = Tickets(unit.db, unit.tenant, unit.now)
    record = await _open_record(unit, message.source)
    if record is None:
        return {"refused": "this ticket is not merged into another"}
    source, target = await tickets.both(record.source, record.target)
    assert source is not None, "tickets are never deleted"
    assert target is not None, "as above"
    if source.merged_into != target.id:
        return {"refused": "somebody has undone this merge already"}
    if target.merged_into is not None:
        return {"refused": f"ticket {target.number} was itself merged into another: undo that one first"}
    await unit.db.execute(update(merges).where(merges.c.id == record.id).values(undone_at=unit.now))
    await _move_back(unit, source.id, target.id)
    status = FieldChange(field="status", old=MERGED, new=record.status_before)
    out_of = FieldChange(field="merged_into", old=target.number)
    await tell(
        unit, tickets, source, (status, out_of), message, status=record.status_before, merged_into=None
    )
    lost = FieldChange(field="merged", old=source.number)
    await tell(unit, tickets, target, (lost,), message, **_clocks_apart(source, target, record))
    return {"ok": True, "number": source.number, "version": source.version + 1}


def conflict(row: TicketRow) -> Answer:
    """The answer to who counted on another version."""
    return {
        "refused": "somebody changed this ticket a moment ago",
        "conflict": True,
        "version": row.version,
    }


def merged_away(row: TicketRow) -> Refused | None:
    """Refuse what people do to a ticket that was merged: its posts are elsewhere."""
    if row.merged_into is None:
        return None
    return Refused("this ticket was merged into another: work on that one, or undo the merge")


async def _move(unit: Unit, source: UUID, target: UUID) -> None:
    """What moves remembers the first ticket that it was on, and is found by the words of the other."""
    for table, which in ((posts, true()), (held, held.c.state == "open")):
        await unit.db.execute(
            update(table)
            .where(table.c.ticket == source, which)
            .values(ticket=target, origin=func.coalesce(table.c.origin, source))
        )
    await read_again(unit.db, target, now=unit.now)


async def _move_back(unit: Unit, source: UUID, target: UUID) -> None:
    """Return what came from the source, or from what was merged into it before."""
    family = leads_to(unit.tenant, source)
    for table, which in ((posts, true()), (held, held.c.state == "open")):
        await unit.db.execute(
            update(table)
            .where(table.c.ticket == target, table.c.origin.in_(family), which)
            .values(ticket=source, origin=func.nullif(table.c.origin, source))
        )
    await read_again(unit.db, source, now=unit.now)


async def _keep_record(unit: Unit, source: TicketRow, target: TicketRow, actor: Actor) -> None:
    row = {
        "id": uuid4(),
        "tenant": unit.tenant,
        "source": source.id,
        "target": target.id,
        "status_before": source.status,
        "written_before": target.last_person_post_at,
        "waiting_before": target.waiting_since,
        "actor": actor.model_dump(mode="json"),
        "at": unit.now,
    }
    await unit.db.execute(insert(merges).values(row))


# Row[Any]: the columns of ticketing.merge
async def _open_record(unit: Unit, source: UUID) -> Row[Any] | None:
    found = await unit.db.execute(
        select(merges).where(
            merges.c.tenant == unit.tenant, merges.c.source == source, merges.c.undone_at.is_(None)
        )
    )
    return found.one_or_none()


def _clocks_together(source: TicketRow, target: TicketRow) -> dict[str, datetime | None]:
    """The longer wait and the later word count."""
    waits = [since for since in (source.waiting_since, target.waiting_since) if since is not None]
    written = max(source.last_person_post_at, target.last_person_post_at)
    return {"waiting_since": min(waits, default=None), "last_person_post_at": written}


# Row[Any]: as above
def _clocks_apart(source: TicketRow, target: TicketRow, record: Row[Any]) -> dict[str, datetime | None]:
    """The clocks of the target as they were, unless they went on since."""
    written = max(source.last_person_post_at, record.written_before)
    if target.last_person_post_at != written:
        return {}
    return {"waiting_since": record.waiting_before, "last_person_post_at": record.written_before}
