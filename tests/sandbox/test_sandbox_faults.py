import asyncio

import httpx
import pytest

from sandbox.knobs import Fault, Knobs
from sandbox.server import Sandbox
from tests.sandbox.clients import (
    BOB,
    SUPPORT,
    GraphClient,
    Json,
    acquire,
    client_of,
    make_mail,
    recipient,
    trusting,
)

PATH = "mailFolders/inbox"


async def test_a_fault_has_the_code_that_it_is_given(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="folders", status=507, code="ErrorQuotaExceeded", message="Full."))
    error = (await graph.json(PATH, 507))["error"]
    assert (error["code"], error["message"]) == ("ErrorQuotaExceeded", "Full.")
    sandbox.add_fault(SUPPORT, Fault(match="folders", status=404, code="MailboxNotEnabledForRESTAPI"))
    assert "soft-deleted" in (await graph.json(PATH, 404))["error"]["message"]


async def test_a_fault_strikes_by_chance_as_long_as_it_stands(sandbox: Sandbox, graph: GraphClient) -> None:
    runs = []
    for seed in (1, 1, 2):
        sandbox.set_knobs(SUPPORT, Knobs())
        sandbox.add_fault(SUPPORT, Fault(match="any", status=502, times=None, probability=0.5, seed=seed))
        runs.append([(await graph.http.get(PATH)).status_code for _ in range(20)])
    assert runs[0] == runs[1] != runs[2]
    assert set(runs[0]) == {200, 502}


async def test_a_silence_ends_in_a_broken_connection(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="folders", status="hang", seconds=0.05))
    with pytest.raises(httpx.RemoteProtocolError):
        await graph.http.get(PATH)
    sandbox.add_fault(SUPPORT, Fault(match="folders", status="hang"))
    with pytest.raises(httpx.ReadTimeout):
        await graph.http.get(PATH, timeout=0.1)
    assert (await graph.http.get(PATH)).status_code == 200


async def test_a_sandbox_stops_while_an_answer_hangs() -> None:
    sandbox = await Sandbox().start()
    sandbox.add_mailbox(SUPPORT)
    sandbox.add_fault(SUPPORT, Fault(match="folders", status="hang"))
    token = str((await asyncio.to_thread(acquire, sandbox))["access_token"])
    async with client_of(sandbox, token) as graph:
        asked = asyncio.Event()

        async def watch(step: str, _: object) -> None:
            if step == "http11.receive_response_headers.started":
                asked.set()

        hanging = asyncio.create_task(graph.http.get(PATH, timeout=60, extensions={"trace": watch}))
        await asked.wait()
        await sandbox.stop()
        await asyncio.wait([hanging])
    assert isinstance(hanging.exception(), httpx.TransportError)


async def test_an_answer_trickles_in(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="folders", status="trickle", when="after", seconds=0.1))
    assert (await graph.json(PATH))["displayName"] == "Inbox"
    sandbox.add_fault(SUPPORT, Fault(match="folders", status="trickle"))
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await graph.http.get(PATH)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_a_gateway_answers_in_graphs_place(sandbox: Sandbox, graph: GraphClient, when: str) -> None:
    draft: Json = {"subject": "x", "toRecipients": [recipient(BOB)]}
    for status in ("html", "garbled"):
        fault = {"match": "send", "status": status, "when": when}
        sandbox.add_fault(SUPPORT, Fault.model_validate(fault))
    page = await graph.http.post("sendMail", json={"message": draft})
    assert (page.status_code, page.headers["content-type"].partition(";")[0]) == (200, "text/html")
    assert "request-id" not in page.headers
    broken = await graph.http.post("sendMail", json={"message": draft})
    with pytest.raises(ValueError, match="line 1 column"):
        broken.json()
    assert len(sandbox.sent(SUPPORT)) == (2 if when == "after" else 0)


async def test_links_lead_elsewhere(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(foreign_links=1))
    for number in range(2):
        sandbox.deliver(SUPPORT, make_mail(number=number))
    page = await graph.json("mailFolders/inbox/messages?$top=1")
    assert httpx.URL(page["@odata.nextLink"]).host == "graph.elsewhere.example"
    page = await graph.json("mailFolders/inbox/messages/delta")
    assert httpx.URL(page["@odata.deltaLink"]).host == "graph.elsewhere.example"
    draft = await graph.post("messages", {})
    item = {"AttachmentItem": {"attachmentType": "file", "name": "big", "size": 4_000_000}}
    session = await graph.post(f"messages/{draft['id']}/attachments/createUploadSession", item)
    assert httpx.URL(session["uploadUrl"]).host == "graph.elsewhere.example"


async def test_mail_vanishes_once_it_was_listed(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(vanish=("Gone*",)))
    gone, kept = (
        sandbox.deliver(SUPPORT, make_mail("Gone soon")),
        sandbox.deliver(SUPPORT, make_mail("Stays")),
    )
    entries, link = await graph.round(headers={"Prefer": 'IdType="ImmutableId"'})
    assert [entry["id"] for entry in entries] == [gone, kept]
    await graph.json(f"messages/{gone}", 404)
    [removed], _ = await graph.round(link, headers={"Prefer": 'IdType="ImmutableId"'})
    assert removed["id"] == gone


async def test_a_lost_range_is_expected_again(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await graph.post("messages", {})
    item = {"AttachmentItem": {"attachmentType": "file", "name": "big", "size": 4_000_000}}
    url = (await graph.post(f"messages/{draft['id']}/attachments/createUploadSession", item))["uploadUrl"]
    spans = (("bytes 0-2999999/4000000", 3_000_000), ("bytes 3000000-3999999/4000000", 1_000_000))
    async with trusting(sandbox) as http:
        for lost, (span, size), status, expected in (
            (1, spans[0], 200, "0-"), (0, spans[0], 200, "3000000"), (1, spans[1], 200, "3000000"),
            (0, spans[1], 201, None),
        ):  # fmt: skip
            sandbox.set_knobs(SUPPORT, Knobs(lost_ranges=lost))
            answer = await http.put(url, content=bytes(size), headers={"Content-Range": span})
            assert answer.status_code == status
            if expected:
                assert answer.json()["nextExpectedRanges"] == [expected]
        assert answer.headers["location"]
        assert (
            await http.put(url, content=b"x", headers={"Content-Range": "bytes 0-0/1"})
        ).status_code == 404


async def test_sessions_end(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await graph.post("messages", {})
    item = {"AttachmentItem": {"attachmentType": "file", "name": "big", "size": 4_000_000}}
    url = (await graph.post(f"messages/{draft['id']}/attachments/createUploadSession", item))["uploadUrl"]
    async with trusting(sandbox) as http:
        assert (await http.get(url)).status_code == 200
        sandbox.expire_uploads(SUPPORT)
        assert (await http.get(url)).status_code == 404
