"""Resource: contacts that ticketing knows from earlier mail."""

from typing import ClassVar

from sqlalchemy import select

from shared.plugins.resources import BUILT_IN_ORDER, Person, ResourceTools
from shared.storage.tickets import contacts


class ContactResource:
    """The built-in resource `contact`."""

    key: ClassVar[str] = "contact"
    order: ClassVar[int] = BUILT_IN_ORDER

    async def find_by_address(self, tools: ResourceTools, address: str) -> Person | None:
        """The contact of that address. Where they belong says their domain; what a person chose
        of them goes before, which ticketing sees to."""
        wanted = select(contacts.c.address, contacts.c.name).where(
            contacts.c.tenant == tools.tenant, contacts.c.address == address.strip().lower()
        )
        async with tools.reading() as connection:
            row = (await connection.execute(wanted)).first()
        return None if row is None else Person(row.address, row.name)
