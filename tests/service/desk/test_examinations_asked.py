"""Examinations at the desk: who may ask and read, and what is told while ingest has not answered."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.desk.once import id_of
from shared.storage import ingest, messages
from tests.service.desk.conftest import NOW, Browser, House


async def examination(
    house: House, mailbox: UUID, *findings: dict[str, Any], **values: Any
) -> UUID:  # Any: JSON, and the columns of the table
    """Put an examination there as ingest would."""
    run = uuid4()
    facts = {"tenant": "default", "state": "done", "send": False, "asked_at": NOW, "ended_at": NOW} | values
    await house.add(ingest.examinations, id=run, mailbox=mailbox, findings=list(findings), **facts)
    return run


def finding(check: str, verdict: str, found: str, **more: str) -> dict[str, Any]:  # Any: JSON
    return {"check": check, "verdict": verdict, "found": found, "remedy": None, "code": None} | more


@pytest.fixture
async def token(house: House) -> str:
    return await house.token(await house.user("eva@acme.test", role="admin"))


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


async def test_only_administrators_may_have_a_mailbox_examined(house: House, http: httpx.AsyncClient) -> None:
    mailbox = await house.mailbox("help@acme.test")
    run = await examination(house, mailbox)
    agent = bearer(await house.token(await house.user("bob@acme.test")))
    path = f"/api/v1/mailboxes/{mailbox}/examinations"
    for method, where in (("POST", path), ("GET", path), ("GET", f"{path}/{run}"), ("GET", f"{path}/latest")):
        assert (await http.request(method, where, headers=agent)).status_code == 403
        assert (await http.request(method, where)).status_code == 401
    assert await house.rows(messages.outbox) == []


async def test_a_mailbox_of_another_tenant_is_not_there(
    house: House, http: httpx.AsyncClient, token: str
) -> None:
    await house.tenant("other")
    mailbox = await house.mailbox("help@other.test", tenant="other")
    run = await examination(house, mailbox, tenant="other")
    path = f"/api/v1/mailboxes/{mailbox}/examinations"
    for method, where in (("POST", path), ("GET", path), ("GET", f"{path}/{run}"), ("GET", f"{path}/latest")):
        assert (await http.request(method, where, headers=bearer(token))).status_code == 404
    assert await house.rows(messages.outbox) == []


async def test_an_examination_belongs_to_its_mailbox(
    house: House, http: httpx.AsyncClient, token: str
) -> None:
    mine, other = await house.mailbox("help@acme.test"), await house.mailbox("sales@acme.test")
    run = await examination(house, mine, finding("sign-in", "failed", "refused", code="AADSTS7000222"))
    path = "/api/v1/mailboxes/{}/examinations/{}"
    told = (await http.get(path.format(mine, run), headers=bearer(token))).json()
    assert (told["verdict"], told["findings"][0]["code"]) == ("failed", "AADSTS7000222")
    assert (await http.get(path.format(other, run), headers=bearer(token))).status_code == 404


async def test_while_ingest_is_silent_the_examination_waits_and_is_asked_for_once(
    house: House, http: httpx.AsyncClient, token: str
) -> None:
    mailbox, key = await house.mailbox("help@acme.test"), uuid4()
    headers = bearer(token) | {"Idempotency-Key": str(key)}
    ours = id_of(key, headers["Authorization"])
    answer = await http.post(
        f"/api/v1/mailboxes/{mailbox}/examinations", json={"send": True}, headers=headers
    )
    assert answer.status_code == 202
    assert (answer.json()["id"], answer.json()["state"], answer.json()["send"]) == (
        str(ours),
        "waiting",
        True,
    )
    [asked] = await house.rows(messages.outbox)
    assert (asked["message_id"], asked["contract"]) == (ours, "mailbox.examine.v1")


async def test_the_doctors_page_is_for_administrators_and_their_own_tenant(
    house: House, http: httpx.AsyncClient, eva: Browser
) -> None:
    await house.tenant("other")
    mine, other = (
        await house.mailbox("help@acme.test"),
        await house.mailbox("help@other.test", tenant="other"),
    )
    assert (await eva.get(f"/mailboxes/{mine}/doctor")).status_code == 200
    assert (await eva.get(f"/mailboxes/{other}/doctor")).status_code == 404
    assert (await eva.post(f"/mailboxes/{other}/doctor")).status_code == 404
    assert (await eva.post(f"/mailboxes/{mine}/doctor", csrf="forged")).status_code == 403
    await house.user("bob@acme.test")
    http.cookies.clear()
    bob = Browser(http)
    await bob.sign_in("bob@acme.test")
    assert (await bob.get(f"/mailboxes/{mine}/doctor")).status_code == 403
    assert (await bob.post(f"/mailboxes/{mine}/doctor")).status_code == 403
    assert await house.rows(messages.outbox) == []


async def test_the_page_tells_each_state_of_an_examination(house: House, eva: Browser) -> None:
    mailbox = await house.mailbox("help@acme.test")
    path = f"/mailboxes/{mailbox}/doctor"
    assert "Not checked yet" in (await eva.get(path)).text
    asked = await eva.post(path)
    assert asked.headers["location"].endswith("&said=working")
    page = (await eva.get(asked.headers["location"])).text
    assert "Waiting for ingest to begin" in page
    assert "the service ingest is not running" in page
    found = finding("sign-in", "failed", "<b>refused</b>", remedy="Make a new one.")
    await examination(house, mailbox, found, state="failed", reason="it took too long and was ended")
    page = (await eva.get(path)).text
    assert "Not finished: it took too long and was ended" in page
    assert "&lt;b&gt;refused" in page
    assert 'http-equiv="refresh"' not in page
