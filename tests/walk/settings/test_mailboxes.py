"""Mailboxes and departments that people add and change on the pages, while everything runs."""

import pytest
from sqlalchemy import select

from shared.storage.config import mailboxes
from shared.storage.ingest import mails as ledger
from tests.installation import SUPPORT
from tests.service.desk.conftest import Browser
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


def form_of(walk: Walk, address: str, **chosen: str) -> dict[str, str]:
    """What stands in the form of a mailbox that takes all of its mail."""
    sandbox = walk.installation.sandbox
    return {
        "address": address,
        "provider": "graph",
        "own.tenant_id": sandbox.tenant,
        "own.client_id": sandbox.client_id,
        "own.cloud": "global",
        "own.sign_in": "secret",
        "folder": "inbox",
        "after_storing": "leave",
        "backfill": "all",
        "enabled": "on",
    } | chosen


async def added(walk: Walk, eva: Browser, address: str) -> Mailbox:
    walk.installation.sandbox.add_mailbox(address)
    form = form_of(walk, address, secret=walk.installation.sandbox.client_secret)
    answer = await eva.post("/mailboxes/new", **form)
    assert answer.status_code == 303, answer.text
    query = select(mailboxes.c.id).where(mailboxes.c.address == address)
    (row,) = await walk.installation.rows(query)
    return Mailbox(walk.installation.sandbox, walk.clock, row.id, address)


async def changed(walk: Walk, eva: Browser, mailbox: Mailbox, **chosen: str) -> None:
    form = form_of(walk, mailbox.address, **chosen)
    answer = await eva.post(
        f"/mailboxes/{mailbox.id}", **{name: value for name, value in form.items() if value}
    )
    assert answer.status_code == 303, answer.text


async def listed(walk: Walk) -> set[str]:
    """Return the provider's ids of all mails that were ever listed."""
    return {row.provider_id for row in await walk.installation.rows(select(ledger.c.provider_id))}


async def test_a_mailbox_is_scanned_when_it_is_added_not_while_it_is_paused_and_again_afterwards(
    walk: Walk, eva: Browser
) -> None:
    neighbour, mailbox = await walk.mailbox(), await added(walk, eva, SUPPORT)
    await walk.ticket_of(mailbox.receives(letter("First")))
    await changed(walk, eva, mailbox, enabled="")
    assert (await walk.standing(mailbox))["state"] == "off"
    missed = mailbox.receives(letter("While it is paused"))
    await walk.ticket_of(neighbour.receives(letter("Next door")))
    assert missed not in await listed(walk)
    await changed(walk, eva, mailbox)
    await walk.ticket_of(missed)


async def test_another_folder_is_listed_from_the_next_scan_on(walk: Walk, eva: Browser) -> None:
    mailbox = await added(walk, eva, "folders@helpdesk.example")
    await walk.ticket_of(mailbox.receives(letter("In the inbox")))
    sandbox = walk.installation.sandbox
    filed = sandbox.deliver(mailbox.address, letter("Filed"), "archive", received=walk.clock())
    await walk.ticket_of(mailbox.receives(letter("In the inbox too")))
    assert filed not in await listed(walk)
    await changed(walk, eva, mailbox, folder="archive")
    await walk.ticket_of(filed)


async def test_the_next_ticket_is_of_the_department_that_its_mailbox_has_by_then(
    walk: Walk, eva: Browser
) -> None:
    mailbox = await added(walk, eva, "kitchen@helpdesk.example")
    before = await walk.ticket_of(mailbox.receives(letter("Oven")))
    made = await walk.ask("POST", "/departments", {"key": "kitchen", "name": "Kitchen"})
    await changed(walk, eva, mailbox, department=made["id"])
    after = await walk.ticket_of(mailbox.receives(letter("Oven again")))
    departments = [(await walk.ticket(number))["department"] for number in (before, after)]
    assert departments == [None, made["id"]]
