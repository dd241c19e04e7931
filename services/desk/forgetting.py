"""What the desk keeps of a contact, and forgetting it: files that a post has named, and drafts."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.drafts import forget_drafts
from services.desk.queries.images import ask_again
from services.desk.queries.uploads import forget_used


async def forget(
    db: AsyncConnection, tenant: str, address: str, tickets: Collection[UUID], blobs: Collection[str]
) -> None:
    """Forget what was begun to be written to them or on their tickets, that their images are shown, and who
    uploaded these bytes. An upload that waits for its post is somebody's own and stays."""
    await forget_drafts(db, tenant, address, tickets)
    await forget_used(db, tenant, blobs)
    await ask_again(db, tenant, address)
