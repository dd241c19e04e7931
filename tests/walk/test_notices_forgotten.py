"""Erasing a contact takes their words out of what employees were told of them."""

import pytest
from sqlalchemy import select

from shared.blobs.store import BlobMissing
from shared.storage.sending import mails as outgoing
from shared.storage.triggers import notices
from tests.installation import TENANT
from tests.walk.colleagues import said_in, ticket_at, working
from tests.walk.letters import ANN, letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")
TOLD = True


async def test_a_contact_who_is_erased_is_in_no_notice_any_more(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    async with working(walk, "Sue Keeps") as (sue,):
        number = await ticket_at(walk, mailbox, "My illness")
        await sue.gets(number, sue.walk)
        more = letter(f"[#{number}] My illness", "It hurts.", sender=ANN, to=mailbox.address, at=walk.clock())
        assert await walk.ticket_of(mailbox.receives(more)) == number
        await walk.rest()
        (mail,) = await sue.is_told(mailbox)
        subject, text = said_in(mail)
        assert "> It hurts." in text
        assert f"http://127.0.0.1:{walk.desk.base_url.port}/tickets/{number}" in text
        assert subject == f"[#{number}] New reply: My illness"
    named = select(outgoing).where(outgoing.c.subject == subject)
    (row,) = await walk.installation.rows(named)
    (contact,) = [one for one in (await walk.read("/contacts"))["items"] if "ann@" in one["address"]]
    receipt = await walk.desk.post(f"/api/v1/contacts/{contact['id']}/erase?confirm=true")
    assert receipt.status_code in {200, 202}, receipt.text

    async def done() -> bool:
        return (await walk.read(f"/erasures/{receipt.json()['id']}"))["finished_at"] is not None

    await walk.installation.until(done, "Ann is erased")
    assert await walk.installation.rows(named) == []
    (row_after,) = await walk.installation.rows(select(outgoing).where(outgoing.c.id == row.id))
    assert (row_after.subject, row_after.body, row_after.state) == ("", "", "sent")
    assert await walk.installation.rows(select(notices).where(notices.c.user == sue.id)) == []
    with pytest.raises(BlobMissing):
        await walk.installation.house.blobs.get(TENANT, row.body)
