"""Whose signature stands below a mail: the templates that count for its department, and who signs."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.mail import Address
from shared.storage.config import departments, users
from shared.storage.options import options_of


@dataclass(frozen=True)
class Signing:
    """Templates, and what they name besides the ticket."""

    text: str
    html: str
    department: str
    """Its name; empty without one."""
    agent: Address | None


async def signing_of(
    db: AsyncConnection, tenant: str, department: UUID | None, user: UUID | None
) -> Signing | None:
    """Return what signs the mail of a department, written by a user or by nobody; None: nothing does."""
    options = await options_of(db, tenant, department)
    if not options.signature and not options.signature_html:
        return None
    name = await db.scalar(
        select(departments.c.name).where(departments.c.tenant == tenant, departments.c.id == department)
    )
    found = await db.execute(
        select(users.c.address, users.c.name).where(users.c.tenant == tenant, users.c.id == user)
    )
    row = found.one_or_none()
    agent = Address(address=row.address, name=row.name) if row else None
    return Signing(options.signature, options.signature_html, name or "", agent)
