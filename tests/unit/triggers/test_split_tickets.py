"""A ticket that was split off another is no new ticket to its people."""

from datetime import UTC, datetime
from uuid import UUID

from services.triggers.conditions import Fires, Stays, fires
from shared.contracts.tickets import Kind, TicketCreated, TicketSnapshot
from shared.contracts.triggers import NewTicket, TriggerType

NEW = NewTicket(type=TriggerType.NEW_TICKET_CREATED, kinds="both")
TICKET = TicketSnapshot(
    id=UUID(int=8), number=8, version=2, subject="Scanner", status="new", priority="normal",
    kind=Kind.EXTERNAL, created_at=datetime(2026, 11, 24, tzinfo=UTC),
)  # fmt: skip


def test_the_trigger_of_new_tickets_stays_and_says_why() -> None:
    split = TicketCreated(tenant="default", ticket=TICKET, split_from=UUID(int=7))
    assert fires(NEW, None, split) == Stays("it was split off another ticket: its people were told then")
    assert fires(NEW, None, split.model_copy(update={"split_from": None})) == Fires()
