"""What the desk keeps of files for a contact, and forgetting it: uploads that a post has named."""

from collections.abc import Collection

from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.queries.uploads import forget_used


async def forget(db: AsyncConnection, tenant: str, blobs: Collection[str]) -> None:
    """Forget who uploaded these bytes. An upload that waits for its post is somebody's own and stays."""
    await forget_used(db, tenant, blobs)
