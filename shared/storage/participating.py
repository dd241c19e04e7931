"""Who takes part in a ticket, and who was removed from it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.dialects.postgresql import distinct_on

from shared.storage.merging import leads_to
from shared.storage.tickets import participants


def people_of(tenant: str, ticket: UUID) -> Select[tuple[str, str, str, datetime | None]]:
    """Select each person of a ticket once, with `removed_at`. What the ticket itself says of them counts
    before what those say that were merged into it; of these, that they take part before that they do not."""
    c = participants.c
    return (
        select(c.address, c.name, c.role, c.removed_at)
        .ext(distinct_on(c.address))
        .where(c.tenant == tenant, c.ticket.in_(leads_to(tenant, ticket)))
        .order_by(c.address, c.ticket != ticket, c.removed_at.is_not(None))
    )
