"""Two helpdesks of one installation: neither answers the other by itself, and what people write goes out."""

from datetime import timedelta
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert

from postroom.seeding import GraphMailbox, Seeding
from shared.storage.config import options, tenants
from shared.storage.engine import in_tenant
from shared.storage.sending import mails
from tests.installation import TENANT
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

OTHER = "other"
THRESHOLD = 5


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def triggers_of_both(walk: Walk) -> None:
    await walk.options(mail_send_threshold=THRESHOLD)
    async with in_tenant(walk.installation.house.engine("desk"), OTHER) as db:
        row = {"id": OTHER, "name": "Other", "created_at": walk.clock()}
        await db.execute(upsert(tenants).values(row).on_conflict_do_nothing())
        facts = {"changed_at": walk.clock(), "changed_by": "test"}
        value = {"tenant": OTHER, "name": "mail_send_threshold", "value": THRESHOLD}
        await db.execute(insert(options).values(**value, **facts))
    for tenant in (TENANT, OTHER):
        await walk.installation.answer_new_and_changed(tenant)


async def mailbox_of_other(walk: Walk, address: str) -> Mailbox:
    """Add a mailbox of the other tenant."""
    sandbox, house = walk.installation.sandbox, walk.installation.house
    sandbox.add_mailbox(address)
    sealed = house.keys.sealer("mailbox").seal(sandbox.client_secret)
    box = GraphMailbox(address, "Other", sandbox.tenant, sandbox.client_id, sealed, "secret")
    async with in_tenant(house.engine("desk"), OTHER) as db:
        made: UUID = await Seeding(db, OTHER, walk.clock()).mailbox(box, department=None)
    return Mailbox(sandbox, walk.clock, made, address)


async def test_two_helpdesks_of_one_installation_do_not_answer_each_other(walk: Walk) -> None:
    """A person of one writes to the other; each answers new tickets and changes, and a reply is a change."""
    ours, theirs = await walk.mailbox(), await mailbox_of_other(walk, "desk@other.example")
    number = await walk.ticket_of(ours.receives(letter("Our printer", sender="x@firm.example")))
    await walk.left(ours)
    wanted = {"text": "Could you help?", "to": [{"address": theirs.address}]}
    await walk.ask("POST", f"/tickets/{number}/replies", wanted)
    await walk.installation.until(lambda: wrote(ours, theirs.address), "the person's mail left")
    written = next(mail for mail in ours.sent() if theirs.address in mail.recipients)
    theirs.receives(written.raw)
    await walk.installation.until(lambda: cancelled_by(walk, OTHER), "they would answer")
    await walk.rest()
    assert theirs.sent() == []
    assert [mail.recipients for mail in ours.sent() if theirs.address in mail.recipients] == [
        written.recipients
    ]


async def wrote(mailbox: Mailbox, to: str) -> bool:
    return any(to in mail.recipients for mail in mailbox.sent())


async def cancelled_by(walk: Walk, tenant: str) -> bool:
    """Whether an automatic mail was cancelled because it was to a helpdesk of this installation."""
    async with in_tenant(walk.installation.house.engine("mailer"), tenant) as db:
        rows = (await db.execute(select(mails.c.state, mails.c.reason))).all()
    why = "automatic mail is not sent: it is a mailbox of this installation"
    if rows:
        return all((row.state, row.reason) == ("cancelled", why) for row in rows)
    # their mailbox is looked at when its time has come
    await walk.later(timedelta(minutes=1))
    return False
