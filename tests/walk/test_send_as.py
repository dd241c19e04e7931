"""An agent who may not write under their own address at Exchange: the mailbox speaks, with their name."""

import pytest
from sqlalchemy import update

from shared.storage.config import users
from shared.storage.engine import in_tenant
from tests.installation import TENANT
from tests.walk.letters import letter, read
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_refused_author_gives_way_to_the_mailbox_and_leaves_no_draft(walk: Walk) -> None:
    await walk.options(outgoing_mails_per_department={"default": "logged_in_user"})
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await db.execute(update(users).values(may_send_as=True))
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Who writes?", to=mailbox.address)))
    done = await walk.ask("POST", f"/tickets/{number}/replies", {"text": "I do."})
    (sent,) = await walk.left(mailbox)
    assert str(read(sent.raw)["From"]) == f"Eva Stein <{mailbox.address}>"
    assert (await walk.sending(done["outgoing"], number))["state"] == "sent"
    kinds = [event.kind for event in mailbox.sandbox.log(mailbox.address)]
    assert (kinds.count("drafted"), kinds.count("deleted"), kinds.count("sent")) == (2, 1, 1)
