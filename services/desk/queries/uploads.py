"""Files that people have uploaded, until a post names them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy import delete, insert, select, update
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.storage.desk import uploads
from shared.storage.lists import among

KEPT = timedelta(days=1)
"""How long an upload may be named by a new post."""


@dataclass(frozen=True)
class Upload:
    id: UUID
    name: str
    size: int
    sha256: str
    media_type: str


async def keep_upload(
    db: AsyncConnection, tenant: str, user: UUID, file: tuple[str, int, str, str], at: datetime
) -> Upload:
    """Keep what was uploaded; `file`: name, size, hash and type."""
    upload = Upload(uuid4(), *file)
    owner = {"tenant": tenant, "user": user, "at": at, "due_at": at + KEPT}
    await db.execute(insert(uploads).values(**vars(upload), **owner))
    return upload


async def keep_again(db: AsyncConnection, tenant: str, user: UUID, upload: Upload, at: datetime) -> None:
    """Keep what had been uploaded before; twice, it is one."""
    owner = {"tenant": tenant, "user": user, "at": at, "due_at": at + KEPT}
    await db.execute(pg_insert(uploads).values(**vars(upload), **owner).on_conflict_do_nothing())


async def use_uploads(
    db: AsyncConnection, tenant: str, user: UUID, ids: Sequence[UUID], at: datetime
) -> list[Upload]:
    """Mark those of a user as used and return them, in the order of `ids`; what is not theirs lacks."""
    u = uploads.c
    mine = (u.tenant == tenant, u.user == user, u.id.in_(ids))
    columns = (u.id, u.name, u.size, u.sha256, u.media_type)
    found = {
        row.id: Upload(*row) for row in await db.execute(select(*columns).where(*mine).with_for_update())
    }
    await db.execute(update(uploads).where(*mine).values(used_at=at))
    return [found[one] for one in ids if one in found]


async def waiting_uploads(
    db: AsyncConnection, tenant: str, user: UUID, ids: Collection[UUID]
) -> tuple[Upload, ...]:
    """Those of a user, oldest first, to be shown again."""
    u = uploads.c
    mine = select(u.id, u.name, u.size, u.sha256, u.media_type).where(
        u.tenant == tenant, u.user == user, u.id.in_(ids)
    )
    return tuple(Upload(*row) for row in await db.execute(mine.order_by(u.at, u.name)))


async def remove_upload(db: AsyncConnection, tenant: str, upload: UUID) -> None:
    await db.execute(delete(uploads).where(uploads.c.tenant == tenant, uploads.c.id == upload))


async def forget_used(db: AsyncConnection, tenant: str, blobs: Collection[str]) -> None:
    """Forget uploads of these bytes that a post has named."""
    u = uploads.c
    used = (u.tenant == tenant, among(u.sha256, blobs), u.used_at.is_not(None))
    await db.execute(delete(uploads).where(*used))
