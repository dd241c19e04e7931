import asyncio
import base64
from datetime import UTC, datetime, timedelta

import httpx

from sandbox.app import application
from sandbox.apps import Apps
from sandbox.house import House
from sandbox.server import CLIENTS, TENANT, Sandbox
from sandbox.store import Store
from sandbox.tokens import Tokens
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, acquire, make_mail, recipient

BOX = f"/_sandbox/mailboxes/{SUPPORT}"


async def test_mailboxes_are_made_and_listed(control: httpx.AsyncClient) -> None:
    made = await control.post("/_sandbox/mailboxes", json={"address": BOB, "name": "Bob"})
    again = await control.post("/_sandbox/mailboxes", json={"address": BOB.upper()})
    assert made.status_code == 201
    assert again.json() == made.json()
    listed = (await control.get("/_sandbox/mailboxes")).json()
    assert [mailbox["address"] for mailbox in listed] == [BOB, SUPPORT]


async def test_a_posted_mail_arrives(control: httpx.AsyncClient, graph: GraphClient) -> None:
    moment = datetime.now(UTC) - timedelta(days=3)
    options = {"folder": "junkemail", "received": moment.isoformat()}
    answer = await control.post(f"{BOX}/messages", content=make_mail(), params=options)
    assert answer.status_code == 201
    assert answer.json()["internetMessageId"] == "<1@customer.example>"
    shown = await graph.json(f"messages/{answer.json()['id']}")
    assert shown["receivedDateTime"] == f"{moment:%Y-%m-%dT%H:%M:%SZ}"


async def test_much_old_mail_lies_there_at_once(control: httpx.AsyncClient, graph: GraphClient) -> None:
    span = {"first": "2020-01-01T00:00:00Z", "last": "2020-01-02T00:00:00Z"}
    answer = await control.post(f"{BOX}/old-messages", json={"count": 600, **span})
    assert answer.status_code == 201
    page = await graph.json("mailFolders/inbox/messages", params={"$top": "1", "$count": "true"})
    assert page["@odata.count"] == 600
    assert page["value"][0]["receivedDateTime"] == "2020-01-01T23:57:36Z"


async def test_sent_mail_is_shown_raw_and_in_order(control: httpx.AsyncClient, graph: GraphClient) -> None:
    fields = f"From: {SUPPORT}\r\nTo: {BOB}\r\nDate: Mon, 02 Nov 2026 09:00:00 +0000\r\n"
    raws = [f"{fields}Message-ID: <{number}@helpdesk.example>\r\n\r\n\xe9{number}" for number in range(2)]
    for raw in raws:
        content = base64.b64encode(raw.encode("latin-1"))
        await graph.http.post("sendMail", content=content, headers={"Content-Type": "text/plain"})
    assert (await control.get(f"{BOX}/sent")).json() == raws
    one = await control.get(f"{BOX}/sent/2")
    assert one.content == raws[1].encode("latin-1")
    assert one.headers["content-type"] == "message/rfc822"
    assert (await control.get(f"{BOX}/sent/3")).status_code == 404
    [first, _] = (await control.get(f"{BOX}/sent", headers={"Accept": "application/json"})).json()
    assert base64.b64decode(first["mime"]) == raws[0].encode("latin-1")
    assert first["recipients"] == [BOB]


async def test_the_log_counts_by_message_id(control: httpx.AsyncClient, graph: GraphClient) -> None:
    mail = (await control.post(f"{BOX}/messages", content=make_mail())).json()["id"]
    await graph.http.patch(f"messages/{mail}", json={"isRead": True})
    await graph.post(f"messages/{mail}/move", {"destinationId": "archive"})
    log = (await control.get(f"{BOX}/log")).json()
    assert [event["kind"] for event in log["events"]] == ["delivered", "read", "moved"]
    assert log["events"][2]["detail"] == "archive"
    assert log["counts"]["moved"] == {"<1@customer.example>": 1}


async def test_knobs_are_set_read_and_checked(control: httpx.AsyncClient, graph: GraphClient) -> None:
    await control.put(f"{BOX}/knobs", json={"throttle": 1, "ndr": ["*@x.example"]})
    assert (await control.get(f"{BOX}/knobs")).json()["ndr"] == ["*@x.example"]
    await graph.json("mailFolders", 429)
    assert (await control.put(f"{BOX}/knobs", json={"throttle": 7})).status_code == 400
    await control.put(f"{BOX}/knobs", json={})
    await graph.json("mailFolders")


async def test_faults_are_posted(sandbox: Sandbox, control: httpx.AsyncClient, graph: GraphClient) -> None:
    answer = await control.post(f"{BOX}/faults", json={"match": "token", "status": 503})
    assert answer.status_code == 201
    token = await control.post(f"/{sandbox.tenant}/oauth2/v2.0/token")
    assert token.status_code == 503
    await control.post(f"{BOX}/faults", json={"match": "folders", "status": 401})
    await graph.json("mailFolders", 401)
    await graph.json("mailFolders")


async def test_expiry_revocation_and_lifetime(
    sandbox: Sandbox, control: httpx.AsyncClient, graph: GraphClient
) -> None:
    _, link = await graph.round()
    await control.post(f"{BOX}/expire")
    await graph.json(link, 410)
    await control.put("/_sandbox/tokens", json={"lifetime_seconds": 600})
    assert (await asyncio.to_thread(acquire, sandbox))["expires_in"] == 600
    await control.post("/_sandbox/tokens/revoke")
    await graph.json("mailFolders", 401)


async def test_reset_empties_and_calms(control: httpx.AsyncClient, graph: GraphClient) -> None:
    await control.post(f"{BOX}/messages", content=make_mail())
    await graph.post("sendMail", {"message": {"toRecipients": [recipient(BOB)]}}, 202)
    await control.put(f"{BOX}/knobs", json={"disabled": True})
    await control.post("/_sandbox/reset")
    assert (await graph.json("mailFolders/inbox"))["totalItemCount"] == 0
    assert (await control.get(f"{BOX}/sent")).json() == []


async def test_unknown_mailboxes_are_named(control: httpx.AsyncClient) -> None:
    answer = await control.get(f"/_sandbox/mailboxes/{BOB}/sent")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "NoSuchMailbox"


async def test_other_machines_reach_the_control_side_only_when_it_is_open() -> None:
    for open_control, status in ((False, 403), (True, 200)):
        house = House(Store(None), Tokens(Store(None), TENANT, Apps(CLIENTS)), open_control=open_control)
        elsewhere = httpx.ASGITransport(application(house), client=("192.0.2.7", 40_000))
        async with httpx.AsyncClient(transport=elsewhere, base_url="https://sandbox") as client:
            assert (await client.get("/_sandbox/mailboxes")).status_code == status
