"""What the conditions of a trigger compare facts with: refused where it can never be so."""

from pydantic import JsonValue
from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.waiting import wrong_value
from services.desk.forms.fields import id_in
from shared.contracts.errors import Permanent
from shared.contracts.triggers import Condition, values_asked
from shared.storage.config import departments, users

CHECKED = ("status", "priority", "kind", "mailbox", "organization")


async def check_asked(db: AsyncConnection, tenant: str, condition: Condition) -> None:
    """Refuse a comparison with what is not there.

    Raises:
        Permanent: with what is not there, and how to name what is.
    """
    for fact, value in values_asked(condition):
        if value in {None, ""}:
            continue
        match fact:
            case "department":
                why = await _no_department(db, tenant, value)
            case "assignee":
                why = await _no_user(db, tenant, value)
            case _:
                why = await wrong_value(db, tenant, fact, value) if fact in CHECKED else None
        if why is not None:
            raise Permanent(f"{fact}: {why}", code="trigger")


async def _no_department(db: AsyncConnection, tenant: str, value: JsonValue) -> str | None:
    c = departments.c
    own = (c.tenant == tenant,)
    if (one := id_in(str(value))) and (await db.scalars(select(c.id).where(*own, c.id == one))).first():
        return None
    of_name = or_(func.lower(c.name) == str(value).casefold(), c.key == str(value))
    there = select(c.key).where(*own, of_name).order_by(c.key)
    if same := [*await db.scalars(there)]:
        return f"name the department {value!r} by its id, on a page by its key: {', '.join(same)}"
    living = [*await db.scalars(select(c.key).where(*own, c.archived_at.is_(None)).order_by(c.key))]
    return f"there is no department {value!r}; there are {', '.join(living) or 'none'}"


async def _no_user(db: AsyncConnection, tenant: str, value: JsonValue) -> str | None:
    c = users.c
    if (one := id_in(str(value))) and (
        await db.scalars(select(c.id).where(c.tenant == tenant, c.id == one))
    ).first():
        return None
    return f"there is no user {value!r}; name one by the id, on a page by the address"
