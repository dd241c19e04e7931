"""Resource: an organization is found by the domain of a sender, or by one above it."""

from typing import ClassVar

from sqlalchemy import func, select

from shared.domains import domains_of
from shared.plugins.resources import BUILT_IN_ORDER, Firm, ResourceTools
from shared.storage.tickets import organization_domains, organizations


class OrganizationResource:
    """The built-in resource `organization`."""

    key: ClassVar[str] = "organization"
    order: ClassVar[int] = BUILT_IN_ORDER

    async def find_by_domain(self, tools: ResourceTools, domain: str) -> Firm | None:
        """The organization that has the domain or the nearest above it; none for a free-mail domain."""
        candidates = domains_of(domain)
        if not candidates:
            return None
        wanted = (
            select(organizations.c.id, organizations.c.name)
            .join(organization_domains, organization_domains.c.organization == organizations.c.id)
            .where(
                organization_domains.c.tenant == tools.tenant,
                organizations.c.tenant == tools.tenant,
                organization_domains.c.domain.in_(candidates),
            )
            .order_by(func.length(organization_domains.c.domain).desc())
            .limit(1)
        )
        async with tools.reading() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Firm(row.name, id=row.id)
