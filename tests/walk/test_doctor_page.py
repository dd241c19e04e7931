"""The doctor's page in a browser without script: over everything, from the first mailbox on."""

import re
from collections.abc import AsyncIterator
from html import unescape

import httpx
import pytest
import pytest_asyncio

from sandbox.knobs import Fault, Knobs
from services.desk.wording import reported
from tests.installation import TENANT
from tests.service.desk.conftest import Browser
from tests.walk.test_doctor import PASSED
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def eva(walk: Walk) -> AsyncIterator[Browser]:
    async with httpx.AsyncClient(base_url=walk.desk.base_url, timeout=20) as http:
        browser = Browser(http)
        signed = await browser.sign_in("eva@helpdesk.example", tenant=TENANT, password="secret")
        assert signed.status_code == 303
        yield browser


async def shown(walk: Walk, eva: Browser, path: str) -> str:
    """Reload a doctor's page until the examination has ended; return it without its tags."""
    pages: list[str] = []

    async def so() -> bool:
        pages.append((await eva.get(path)).text)
        running = "data-open" in pages[-1]
        assert ('http-equiv="refresh"' in pages[-1]) == running
        return not running

    await walk.installation.until(so, "the page shows the whole examination")
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", pages[-1])).split())


async def checked(walk: Walk, eva: Browser, mailbox: Mailbox, **form: str) -> str:
    answer = await eva.post(f"/mailboxes/{mailbox.id}/doctor", **form)
    assert answer.status_code == 303, answer.text
    return await shown(walk, eva, answer.headers["location"])


async def test_a_healthy_mailbox_is_said_to_work(walk: Walk, eva: Browser) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    assert "Not checked yet" in (await eva.get(f"/mailboxes/{mailbox.id}")).text
    page = await checked(walk, eva, mailbox)
    assert "Everything works" in page
    assert "Asked for by Eva Stein" in page
    assert f"Passed Mailbox {mailbox.address} answered" in page
    for check in PASSED:
        assert f"Passed {reported.checked(check)}" in page
    assert "Everything works" in (await eva.get(f"/mailboxes/{mailbox.id}")).text
    assert mailbox.sent() == []


async def test_a_probe_is_sent_by_a_tick(walk: Walk, eva: Browser) -> None:
    mailbox = await walk.mailbox()
    assert "Passed Probe Came back in" in await checked(walk, eva, mailbox, send="on")
    assert len(mailbox.sent()) == 1


async def test_each_failure_stands_with_code_remedy_and_request_id(walk: Walk, eva: Browser) -> None:
    mailbox = await walk.mailbox(enabled=False)
    mailbox.becomes(Knobs(auth_denied=True))
    page = await checked(walk, eva, mailbox)
    assert "1 check failed, 1 warning" in page
    assert "Failed Mailbox ErrorAccessDenied: Access to OData is disabled." in page
    assert "Grant the app Mail.ReadWrite and Mail.Send with admin consent" in page
    assert "Request-id, for the support of those who run the mailbox:" in page
    assert (
        "Clock, Reading mail, Folder inbox, Making a draft, Marking mail, Moving mail, Sending mail,"
        " Sending as a person, Probe. Not tried, because of mailbox." in page
    )
    assert "1 check failed" in (await eva.get(f"/mailboxes/{mailbox.id}")).text


async def test_several_failures_are_counted(walk: Walk, eva: Browser) -> None:
    mailbox = await walk.mailbox(folder="Nowhere")
    for kind in ("patch", "move"):
        mailbox.breaks(Fault.model_validate({"match": kind, "status": 403}))
    page = await checked(walk, eva, mailbox)
    assert "3 checks failed" in page
    assert "Failed Folder Nowhere folder_not_found The mailbox has no folder 'Nowhere'." in page
    assert "Choose the folder anew on the mailbox's page." in page


async def test_a_new_mailbox_is_examined_by_itself_once_and_nothing_is_sent(walk: Walk, eva: Browser) -> None:
    sandbox, address = walk.installation.sandbox, "new@helpdesk.example"
    sandbox.add_mailbox(address)
    form = {
        "address": address,
        "provider": "graph",
        "own.tenant_id": sandbox.tenant,
        "own.client_id": sandbox.client_id,
        "secret": "wrong",
        "folder": "inbox",
        "enabled": "on",
    }
    answer = await eva.post("/mailboxes/new", **form)
    assert answer.status_code == 303, answer.text
    page = await shown(walk, eva, answer.headers["location"])
    assert "Mailbox added." in page
    assert "Checked because it was new" in page
    assert "AADSTS7000215" in page
    assert "enter its value, not its id, on the mailbox's page" in page
    (row,) = [one for one in await walk.listed("/mailboxes") if one["address"] == address]
    runs = await walk.listed(f"/mailboxes/{row['id']}/examinations")
    assert [(run["asked_by"], run["send"]) for run in runs] == [(None, False)]
    assert sandbox.sent(address) == []
