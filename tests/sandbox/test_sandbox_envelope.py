import json
import re
from uuid import UUID

import httpx
import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, make_mail

MINIMAL = "application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8"


async def test_every_answer_has_graphs_headers(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    asked = {"client-request-id": "ours"}
    for path, status in ((f"messages/{mail}", 200), ("messages/AAMk", 400), ("letters", 400)):
        answer = await graph.http.get(path, headers=asked)
        assert answer.status_code == status
        assert UUID(answer.headers["request-id"])
        assert answer.headers["client-request-id"] == "ours"
        assert answer.headers["odata-version"] == "4.0"
        assert "ServerInfo" in json.loads(answer.headers["x-ms-ags-diagnostic"])
    shown = await graph.http.get(f"messages/{mail}")
    assert shown.headers["content-type"] == MINIMAL
    assert shown.headers["etag"] == shown.json()["@odata.etag"]


async def test_without_a_token_the_door_stays_shut(sandbox: Sandbox, graph: GraphClient) -> None:
    for token in ("", "Bearer", "Bearer nonsense", "Basic dTpw"):
        answer = await graph.http.get("messages", headers={"Authorization": token})
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
        assert answer.headers["www-authenticate"].startswith("Bearer")
    assert sandbox.usage(SUPPORT) == []


async def test_metadata_comes_in_three_amounts(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.deliver(SUPPORT, make_mail(number=1))
    sandbox.deliver(SUPPORT, make_mail(number=2))
    shown = {}
    for level in ("none", "minimal", "full"):
        accept = {"Accept": f"application/json;odata.metadata={level}"}
        answer = await graph.http.get("mailFolders/inbox/messages?$top=1", headers=accept)
        assert f"odata.metadata={level}" in answer.headers["content-type"]
        shown[level] = answer.json()
    assert shown["none"].keys() == {"value", "@odata.nextLink"}
    assert "@odata.etag" not in shown["none"]["value"][0]
    assert shown["minimal"].keys() == {"@odata.context", "value", "@odata.nextLink"}
    [entry] = shown["full"]["value"]
    assert entry["@odata.type"] == "#microsoft.graph.message"
    assert (await graph.json(entry["@odata.id"]))["id"] == entry["id"]


async def test_answers_are_packed_for_those_who_can_unpack(sandbox: Sandbox, graph: GraphClient) -> None:
    for number in range(5):
        sandbox.deliver(SUPPORT, make_mail(number=number))
    packed = await graph.http.get("messages", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert len(packed.json()["value"]) == 5
    assert int(packed.headers["content-length"]) < len(packed.content)
    plain = await graph.http.get("messages", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers


@pytest.mark.parametrize(
    "path",
    [
        "/users/{user}/mailFolders/inbox/messages/{id}",
        "/users('{user}')/mailfolders('Inbox')/messages('{id}')",
        "/USERS/{user}/MESSAGES('{id}')",
        "/users/{user}/messages/{id}/",
        "/users/{user}/mailFolders/msgfolderroot/childFolders/inbox/messages/{id}",
        "/users/{uid}/messages/{id}",
    ],
)
async def test_one_message_has_many_addresses(sandbox: Sandbox, graph: GraphClient, path: str) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    user = await graph.json(f"{sandbox.base_url}/users/{SUPPORT}")
    shown = await graph.json(sandbox.base_url + path.format(user=SUPPORT, uid=user["id"], id=mail))
    assert shown["subject"] == "Printer on fire"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "messages", 405),
        ("DELETE", "messages", 405),
        ("GET", "sendMail", 405),
        ("PATCH", "mailFolders", 405),
        ("GET", "letters", 400),
        ("GET", "messages/1/letters", 400),
    ],
)
async def test_wrong_methods_and_segments(graph: GraphClient, method: str, path: str, status: int) -> None:
    answer = await graph.http.request(method, path)
    assert answer.status_code == status
    if status == 400:
        assert answer.json()["error"]["message"] == "Resource not found for the segment 'letters'."


async def test_users_are_listed_and_shown(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_mailbox(BOB, "Bob")
    root = f"{sandbox.base_url}/users"
    assert len((await graph.json(root))["value"]) == 2
    page = await graph.json(f"{root}?$top=1&$count=true")
    assert page["@odata.count"] == 2
    rest = await graph.json(page["@odata.nextLink"])
    assert {user["mail"] for user in page["value"] + rest["value"]} == {BOB, SUPPORT}
    for asked in (
        f"mail eq '{BOB}'",
        f"userPrincipalName eq '{BOB.upper()}'",
        "startswith(displayName,'bo')",
    ):
        [found] = (await graph.json(root, params={"$filter": asked}))["value"]
        assert found["mail"] == BOB
    shown = await graph.json(f"{root}/{BOB}?$select=id,mail,accountEnabled")
    assert shown.keys() == {"@odata.context", "id", "mail", "accountEnabled"}
    await graph.json(f"{root}/{BOB}?$select=colour", 400)
    await graph.json(f"{root}?$filter=mail ne 'x'", 400)


async def test_an_app_is_nobody(sandbox: Sandbox, graph: GraphClient) -> None:
    for path in ("me", "me/messages", "me/mailFolders/inbox/messages"):
        answer = await graph.json(f"{sandbox.base_url}/{path}", 400)
        assert "delegated authentication" in answer["error"]["message"]


async def test_http_and_https_are_one_house(sandbox: Sandbox, graph: GraphClient, token: str) -> None:
    sandbox.deliver(SUPPORT, make_mail(number=1))
    sandbox.deliver(SUPPORT, make_mail(number=2))
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(headers=headers, trust_env=False) as plain:
        answer = await plain.get(f"{sandbox.http_base_url}/users/{SUPPORT}/messages?$top=1")
        link = answer.json()["@odata.nextLink"]
        assert link.startswith(sandbox.http_base_url)
        assert len((await plain.get(link)).json()["value"]) == 1
    assert re.match("https://", (await graph.json("messages?$top=1"))["@odata.nextLink"])
