"""The folders of a mailbox, kept for people to choose from: the desk has no key to ask the provider."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Folder, MailboxConnection
from shared.storage.ingest import folders

log = structlog.get_logger()

AGE = timedelta(hours=6)
"""After which they are asked for again."""


async def fresh_folders(
    connection: MailboxConnection, cursor: Row[Any], now: datetime
) -> Sequence[Folder] | None:
    """Ask for the folders when what is known is old. A failure is none of the scan: None."""
    if cursor.folders_at is not None and now - cursor.folders_at < AGE:
        return None
    try:
        return await connection.folders()
    except (Transient, Permanent) as error:
        log.info("mailbox.folders_unknown", mailbox=str(cursor.id), code=error.code)
        return None


async def keep_folders(db: AsyncConnection, tenant: str, mailbox: UUID, found: Sequence[Folder]) -> None:
    """Replace what is known of a mailbox's folders."""
    await db.execute(delete(folders).where(folders.c.mailbox == mailbox))
    rows = [{"mailbox": mailbox, "id": one.id, "tenant": tenant, "path": one.path} for one in found]
    if rows:
        await db.execute(insert(folders).values(rows).on_conflict_do_nothing())
