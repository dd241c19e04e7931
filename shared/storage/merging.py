"""Where a merged ticket leads, and what leads to a ticket. Merges make a tree."""

from uuid import UUID

from sqlalchemy import Select, select

from shared.storage.tickets import tickets


def end_of(tenant: str, ticket: UUID) -> Select[tuple[UUID]]:
    """Select the ticket that takes what comes to `ticket`: itself, or the last that it was merged into."""
    chain = _of(tenant).where(tickets.c.id == ticket).cte("chain", recursive=True)
    chain = chain.union(_of(tenant).join(chain, tickets.c.id == chain.c.merged_into))
    return select(chain.c.id).where(chain.c.merged_into.is_(None))


def leads_to(tenant: str, ticket: UUID) -> Select[tuple[UUID]]:
    """Select `ticket` and all that was merged into it, directly or through others."""
    family = _of(tenant).where(tickets.c.id == ticket).cte("family", recursive=True)
    family = family.union(_of(tenant).join(family, tickets.c.merged_into == family.c.id))
    return select(family.c.id)


def _of(tenant: str) -> Select[tuple[UUID, UUID]]:
    return select(tickets.c.id, tickets.c.merged_into).where(tickets.c.tenant == tenant)
