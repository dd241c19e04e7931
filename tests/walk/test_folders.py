"""Folders are chosen from a list and known by their ids, so that renaming one breaks nothing."""

from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import update

from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_mail_is_moved_to_a_folder_that_was_chosen_from_the_list(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    listed = {one["path"]: one["id"] for one in await walk.listed(f"/mailboxes/{mailbox.id}/folders")}
    assert {"Inbox", "Archive", "Sent Items"} <= listed.keys()
    chosen = {"after_storing": "move", "move_to": listed["Archive"]}
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await db.execute(update(mailboxes).where(mailboxes.c.id == mailbox.id).values(chosen))
    mail = mailbox.receives(letter("To the archive"))
    await walk.ticket_of(mail)
    await walk.rest()
    moved = [event for event in mailbox.sandbox.log(mailbox.address) if event.kind == "moved"]
    assert [(event.item, event.detail) for event in moved] == [(mail, "archive")]


async def test_a_mailbox_that_nobody_has_read_has_no_list(walk: Walk) -> None:
    mailbox = await walk.mailbox(enabled=False)
    assert await walk.listed(f"/mailboxes/{mailbox.id}/folders") == []


async def test_folders_are_listed_anew_when_somebody_asks(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    made = mailbox.sandbox.add_folder(mailbox.address, "Made today")

    async def listed() -> bool:
        await walk.later(timedelta(seconds=10))
        found = await walk.listed(f"/mailboxes/{mailbox.id}/folders")
        return any(one == {"id": made, "path": "Made today"} for one in found)

    assert not await listed()
    await walk.ask("POST", f"/mailboxes/{mailbox.id}/folders")
    await walk.installation.until(listed, "the new folder is listed", scanning=True)


async def test_folders_of_a_mailbox_that_is_off_are_not_listed(walk: Walk) -> None:
    mailbox = await walk.mailbox(enabled=False)
    refused = await walk.desk.post(f"/api/v1/mailboxes/{mailbox.id}/folders")
    assert refused.status_code == 409
    assert "switch it on first" in refused.json()["detail"]
    assert (await walk.desk.post(f"/api/v1/mailboxes/{uuid4()}/folders")).status_code == 404
