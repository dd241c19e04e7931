"""What a changed domain moves: contacts under it and their tickets. The desk shows it, ticketing does it.

What a person chose stays, and so does what an outside resource told.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, cast, func, literal, null, or_, select
from sqlalchemy import Uuid as UuidType
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domains import domains_of
from shared.storage.tickets import contacts, history, organization_domains, organizations, tickets


@dataclass(frozen=True)
class Owners:
    """Who has a domain, those above it and those under it."""

    tenant: str
    domain: str
    of: tuple[tuple[str, UUID], ...]
    """Domains with their organizations, the nearest to a sender first."""


async def owners_of(db: AsyncConnection, tenant: str, domain: str) -> Owners:
    c = organization_domains.c
    related = or_(
        c.domain.in_([domain, *domains_of(domain)]), c.domain.endswith(f".{domain}", autoescape=True)
    )
    rows = await db.execute(
        select(c.domain, c.organization)
        .where(c.tenant == tenant, related)
        .order_by(func.length(c.domain).desc(), c.domain)
    )
    return Owners(tenant, domain, tuple((row.domain, row.organization) for row in rows))


def target_of(owners: Owners) -> ColumnElement[Any]:  # Any: an id, or NULL
    """The organization of the nearest domain of a contact; NULL when nobody has it."""
    whens = [(under(domain), literal(organization, UuidType())) for domain, organization in owners.of]
    return case(*whens, else_=cast(null(), UuidType)) if whens else cast(null(), UuidType)


def contacts_to_move(owners: Owners) -> Select[Any]:  # Any: an id and where it is to go
    target = target_of(owners)
    return (
        select(contacts.c.id, target.label("target"))
        .where(_movable(owners), _told_by_a_domain(contacts.c.organization, owners))
        .where(contacts.c.organization.is_distinct_from(target))
        .order_by(contacts.c.id)
    )


def tickets_to_move(owners: Owners) -> Select[Any]:  # Any: the columns of a ticket, and where it is to go
    target = target_of(owners)
    return (
        select(tickets, target.label("target"), contacts.c.address.label("contact_address"))
        .join(contacts, and_(contacts.c.id == tickets.c.contact, contacts.c.tenant == tickets.c.tenant))
        .where(tickets.c.tenant == owners.tenant, tickets.c.status != "merged", _movable(owners))
        .where(_told_by_a_domain(tickets.c.organization, owners))
        .where(tickets.c.organization.is_distinct_from(target), ~_chosen_by_person())
    )


def _chosen_by_person() -> ColumnElement[bool]:
    """Whether somebody of ours said where a ticket belongs."""
    said = select(history.c.id).where(
        history.c.ticket == tickets.c.id,
        history.c.field == "organization",
        history.c.actor["user"].as_string().is_not(None),
    )
    return said.exists()


def _movable(owners: Owners) -> ColumnElement[bool]:
    chosen = contacts.c.chosen.contains(["organization"])
    return and_(contacts.c.tenant == owners.tenant, under(owners.domain), ~chosen)


def under(domain: str) -> ColumnElement[bool]:
    """Select the contacts whose address is of a domain, or of one under it."""
    backwards, column = domain[::-1], contacts.c.backwards
    # a range and not LIKE: under the policy of rows an index serves no operator that might tell what it saw
    return or_(column == backwards, and_(column >= f"{backwards}.", column < f"{backwards}/"))


# Any: a column that names an organization
def _told_by_a_domain(column: ColumnElement[Any], owners: Owners) -> ColumnElement[bool]:
    outside = select(organizations.c.id).where(
        organizations.c.tenant == owners.tenant,
        organizations.c.id == column,
        organizations.c.resource.is_not(None),
    )
    return ~outside.exists()
