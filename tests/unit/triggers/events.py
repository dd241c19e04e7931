"""Events as triggers hear them."""

from datetime import UTC, datetime
from uuid import UUID

from shared.contracts.mail import Address
from shared.contracts.tickets import (
    Actor,
    FieldChange,
    InactiveTicketClosed,
    Kind,
    PostFacts,
    ReminderDue,
    TicketChanged,
    TicketCreated,
    TicketSnapshot,
)

MOMENT = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)  # a Tuesday
ANN = Address(name="Ann", address="ann@acme.example")
TICKET = TicketSnapshot(
    id=UUID(int=8),
    number=8,
    version=2,
    subject="Scanner is on fire",
    status="open",
    category="open",
    priority="high",
    kind=Kind.EXTERNAL,
    tags=("VIP", "scanner"),
    fields={"floor": 3, "serial": "A-77"},
    contact_address=ANN,
    organization_name="Acme",
    receiving_address="help@desk.example",
    created_at=MOMENT,
)
POST = PostFacts(id=UUID(int=9), kind="mail_in", author=ANN, by_person=True)
BY_EVA = Actor(user=UUID(int=1), name="Eva")

CREATED = TicketCreated(tenant="default", ticket=TICKET, post=POST, occurred_at=MOMENT)
CHANGED = TicketChanged(
    tenant="default",
    ticket=TICKET,
    actor=BY_EVA,
    changes=(FieldChange(field="status", old="new", new="open"),),
    occurred_at=MOMENT,
)
CLOSED = InactiveTicketClosed(tenant="default", ticket=TICKET, status_before="pending", occurred_at=MOMENT)
REMINDED = ReminderDue(tenant="default", ticket=TICKET, closes_at=MOMENT, occurred_at=MOMENT)
EVENTS = (CREATED, CHANGED, CLOSED, REMINDED)
