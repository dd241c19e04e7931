"""Whether Graph tells of new mail in a mailbox."""

from typing import Any

from sqlalchemy import Row, select

from shared.storage.ingest import cursors, subscriptions
from tests.walk.walking import Mailbox, Walk


# Any: the columns of the subscription
async def row_of(walk: Walk, mailbox: Mailbox) -> Row[Any] | None:
    found = await walk.installation.rows(select(subscriptions).where(subscriptions.c.id == mailbox.id))
    return found[0] if found else None


# Any: the columns of the cursor
async def cursor_of(walk: Walk, mailbox: Mailbox) -> Row[Any]:
    (found,) = await walk.installation.rows(select(cursors).where(cursors.c.id == mailbox.id))
    return found


async def is_told(walk: Walk, mailbox: Mailbox, *, other_than: str | None = None) -> str:
    """Wait until the mailbox has a subscription, and return the provider's id of it."""

    async def so() -> bool:
        row = await row_of(walk, mailbox)
        return row is not None and row.provider_id not in {None, other_than} and row.lease is None

    await walk.installation.until(so, f"{mailbox.address} is subscribed to")
    row = await row_of(walk, mailbox)
    assert row is not None
    return str(row.provider_id)
