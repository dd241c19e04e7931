"""Resource: employees are the users of the desk."""

from typing import ClassVar

from sqlalchemy import func, select

from shared.plugins.resources import BUILT_IN_ORDER, Employee, ResourceTools
from shared.storage.config import users


class EmployeeResource:
    """The built-in resource `employee`."""

    key: ClassVar[str] = "employee"
    order: ClassVar[int] = BUILT_IN_ORDER

    async def find_by_address(self, tools: ResourceTools, address: str) -> Employee | None:
        """The user of that address who is not archived; upper and lower case are the same."""
        wanted = select(users.c.id, users.c.address, users.c.name).where(
            users.c.tenant == tools.tenant,
            func.lower(users.c.address) == address.strip().lower(),
            users.c.archived_at.is_(None),
        )
        async with tools.reading() as connection:
            row = (await connection.execute(wanted.limit(1))).first()
        return None if row is None else Employee(row.address.lower(), row.name, id=row.id)
