"""The end of a secret is told once at each step, shown on the page, and counted down by a metric."""

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import select, update
from structlog.testing import capture_logs

from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors
from tests.installation import TENANT
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

METRIC = "postroom_mailbox_credential_expires_seconds"


async def ends(walk: Walk, mailbox: UUID, at: datetime | None) -> None:
    """Enter another day, as a person does on the mailbox's page."""
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        change = update(mailboxes).where(mailboxes.c.id == mailbox)
        await db.execute(change.values(secret_expires_at=at))


async def told(walk: Walk, mailbox: UUID, step: int | None) -> None:
    async def so() -> bool:
        found = await walk.installation.rows(select(cursors.c.expiry_told).where(cursors.c.id == mailbox))
        if [row.expiry_told for row in found] == [step]:
            return True
        await walk.later(timedelta())
        return False

    await walk.installation.until(so, f"it was told at {step} days")


async def test_each_step_is_told_once_and_again_after_a_new_secret(walk: Walk) -> None:
    now = walk.installation.house.clock()
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    with capture_logs() as lines:
        for days, step in ((29, 30), (13, 14), (2, 3), (-1, 0), (400, None), (29, 30), (2, 3)):
            await ends(walk, mailbox.id, now + timedelta(days=days, hours=1))
            await told(walk, mailbox.id, step)
    mine = [
        (line["log_level"], line["step"])
        for line in lines
        if line["event"] == "mailbox.credential_expires" and line["mailbox"] == str(mailbox.id)
    ]
    once = [("warning", 30), ("warning", 14), ("warning", 3), ("error", 0)]
    assert mine == [*once, ("warning", 30), ("warning", 3)]
    last = now + timedelta(days=2, hours=1)
    assert REGISTRY.get_sample_value(METRIC, {"mailbox": str(mailbox.id)}) == last.timestamp()
