"""Add and change departments. Their key never changes: settings and the mailboxes of the original name it."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.config import departments, memberships, users

KEY = r"[a-z0-9][a-z0-9_-]{0,62}"


class KeyTaken(Exception):
    """There is a department of this key, perhaps in the archive."""


class NoSuchUser(Exception):
    """Somebody who is to be a member is not there."""


async def new_department(db: AsyncConnection, tenant: str, key: str, name: str) -> UUID:
    """Add a department.

    Raises:
        KeyTaken: there is one.
    """
    made = await db.execute(
        upsert(departments)
        .values(id=uuid4(), tenant=tenant, key=key, name=name)
        .on_conflict_do_nothing(index_elements=["tenant", "key"])
        .returning(departments.c.id)
    )
    department: UUID | None = made.scalar_one_or_none()
    if department is None:
        raise KeyTaken(f"There is a department {key} already.")
    return department


async def change_department(db: AsyncConnection, tenant: str, department: UUID, **values: object) -> bool:
    """Rename, archive, or take out of the archive; False when there is none."""
    mine = (departments.c.tenant == tenant, departments.c.id == department)
    known = select(departments.c.id).where(*mine).with_for_update()
    if (await db.execute(known)).first() is None:
        return False
    if values:
        await db.execute(update(departments).where(*mine).values(**values))
    return True


async def set_members(db: AsyncConnection, tenant: str, department: UUID, members: Sequence[UUID]) -> None:
    """Let these users be in the department, and nobody else.

    Raises:
        NoSuchUser: one of them is not there, or archived.
    """
    wanted = set(members)
    known = select(func.count()).where(
        users.c.tenant == tenant, users.c.id.in_(wanted), users.c.archived_at.is_(None)
    )
    if (await db.execute(known)).scalar_one() != len(wanted):
        raise NoSuchUser("One of the members is no user of this tenant.")
    of_it = (memberships.c.tenant == tenant, memberships.c.department == department)
    await db.execute(delete(memberships).where(*of_it))
    if wanted:
        rows = [{"user": user, "department": department, "tenant": tenant} for user in sorted(wanted)]
        await db.execute(upsert(memberships).values(rows).on_conflict_do_nothing())
