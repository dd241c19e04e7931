"""The folders of a mailbox, kept for people to choose from: the desk has no key to ask the provider."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Folder, MailboxConnection
from shared.storage.config import mailboxes
from shared.storage.ingest import cursors, folders

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


async def forget_age(db: AsyncConnection, tenant: str, mailbox: UUID) -> str | None:
    """Have the next scan list the folders, however fresh they are; or refuse, and return why."""
    c = mailboxes.c
    mine = (c.tenant == tenant, c.id == mailbox, c.archived_at.is_(None))
    found = (await db.execute(select(c.enabled).where(*mine))).one_or_none()
    if found is None:
        return "there is no such mailbox"
    if not found.enabled:
        return "it is off; switch it on first"
    await db.execute(update(cursors).where(cursors.c.id == mailbox).values(folders_at=None))
    return None
