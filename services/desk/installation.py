"""The tenants of the installation, for who looks after it: how each stands and how much it has, never what is
in it; and one more."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.desk.configuration.accounts import Wanted, new_user
from services.desk.configuration.people import add_tenant
from services.desk.configuration.remembering import Made
from services.desk.languages import gettext
from shared.blobs.store import TENANT
from shared.contracts.errors import Permanent
from shared.storage.config import mailboxes, tenants, users
from shared.storage.engine import in_tenant, sweeping

SHOWN = 200


@dataclass(frozen=True)
class TenantRow:
    id: str
    name: str
    suspended: bool
    created_at: datetime
    erased_at: datetime | None
    mailboxes: int
    users: int
    """Both without those in the archive."""

    @property
    def state(self) -> str:
        return "erased" if self.erased_at else "suspended" if self.suspended else "active"


async def tenants_here(
    engine: AsyncEngine, after: str = "", limit: int = SHOWN
) -> tuple[list[TenantRow], int]:
    """Return tenants by their short names, from after one, each read in its own transaction; and how many
    there are in all."""
    async with sweeping(engine) as db:
        names = sorted(await db.scalars(select(tenants.c.id)))
    rows = []
    for name in [each for each in names if each > after][:limit]:
        async with in_tenant(engine, name) as db:
            rows.append(await _row(db, name))
    return rows, len(names)


async def new_tenant(
    engine: AsyncEngine, tenant: str, name: str, made: Made, *, admin: Wanted | None, password: str | None
) -> None:
    """Add a tenant, with its first administrator when one is named: both, or neither.

    Raises:
        Permanent: the short name is none, or was given before; or as `new_user`.
        NotDone, ShortPasswordError: as `new_user`.
    """
    if not TENANT.fullmatch(tenant):
        raise Permanent(
            gettext(
                "“%(tenant)s” cannot name a tenant: use letters, digits, dots, hyphens, at most 63",
                tenant=tenant,
            ),
            code="tenant",
        )
    async with in_tenant(engine, tenant) as db:
        if not await add_tenant(db, tenant, name or tenant.capitalize(), at=made.at):
            raise Permanent(
                gettext("%(tenant)s is there already, or was and is erased; take another one", tenant=tenant),
                code="taken",
            )
        if admin is not None:
            await new_user(db, tenant, admin, password, made)


async def _row(db: AsyncConnection, tenant: str) -> TenantRow:
    c = tenants.c
    counts = [
        select(func.count())
        .where(table.c.tenant == tenant, table.c.archived_at.is_(None))
        .scalar_subquery()
        .label(table.name + "s")
        for table in (mailboxes, users)
    ]
    found = await db.execute(
        select(c.id, c.name, c.suspended, c.created_at, c.erased_at, counts[0], counts[1]).where(
            c.id == tenant
        )
    )
    return TenantRow(*found.one())
