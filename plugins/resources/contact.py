"""Resource: contacts that ticketing knows from earlier mail."""

from typing import ClassVar

from sqlalchemy import and_, select

from shared.plugins.resources import Person, ResourceTools
from shared.storage.tickets import contacts, organizations


class ContactResource:
    """The built-in resource `contact`."""

    key: ClassVar[str] = "contact"

    async def find_by_address(self, tools: ResourceTools, address: str) -> Person | None:
        """The contact of that address, with the name of their organization."""
        same_tenant = and_(
            organizations.c.id == contacts.c.organization, organizations.c.tenant == contacts.c.tenant
        )
        wanted = (
            select(contacts.c.address, contacts.c.name, organizations.c.name.label("organization"))
            .select_from(contacts.outerjoin(organizations, same_tenant))
            .where(contacts.c.tenant == tools.tenant, contacts.c.address == address.strip().lower())
        )
        async with tools.reading() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Person(row.address, row.name, row.organization)
