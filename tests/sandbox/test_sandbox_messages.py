from datetime import UTC, datetime

import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, IMMUTABLE, SUPPORT, GraphClient, make_mail
from tests.sandbox.test_sandbox_mime import HOSTILE

INBOX = "mailFolders/inbox/messages"
HEADER_KEY = "String {00020386-0000-0000-C000-000000000046} Name x-key"


async def test_value_is_the_delivered_bytes(sandbox: Sandbox, graph: GraphClient) -> None:
    raw = bytes(range(256)) + b"\n.\r\n" + make_mail()
    mail = sandbox.deliver(SUPPORT, raw)
    answer = await graph.http.get(f"messages/{mail}/$value")
    assert answer.content == raw
    assert answer.headers["content-type"].startswith("text/plain")


async def test_both_ids_find_a_message_and_only_one_survives_a_move(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    immutable = sandbox.deliver(SUPPORT, make_mail())
    default = (await graph.json(f"messages/{immutable}"))["id"]
    assert default != immutable
    moved = await graph.post(f"messages/{default}/move", {"destinationId": "archive"}, headers=IMMUTABLE)
    assert moved["id"] == immutable
    assert (await graph.json(f"messages/{immutable}"))["id"] not in (default, immutable)
    assert (await graph.json(f"messages/{default}", 404))["error"]["code"] == "ErrorItemNotFound"


async def test_a_message_is_found_through_its_folder_and_in_parentheses(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    for path in (f"{INBOX}/{mail}", f"mailfolders('inbox')/messages('{mail}')", f"messages('{mail}')"):
        assert (await graph.json(path))["subject"] == "Printer on fire"


async def test_an_id_that_cannot_be_one_is_malformed(graph: GraphClient) -> None:
    for path in ("messages/17", "mailFolders/Billing/messages"):
        assert (await graph.json(path, 400))["error"]["code"] == "ErrorInvalidIdMalformed"


async def test_header_fields_are_shown_on_demand_only(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail(extra="X-Loop: yes\r\n"))
    assert "internetMessageHeaders" not in await graph.json(f"messages/{mail}")
    shown = await graph.json(f"messages/{mail}", params={"$select": "internetMessageHeaders"})
    assert {"name": "X-Loop", "value": "yes"} in shown["internetMessageHeaders"]
    [listed] = (await graph.json(INBOX, params={"$select": "internetMessageHeaders"}))["value"]
    assert "internetMessageHeaders" not in listed


async def test_a_list_is_paged_with_links(sandbox: Sandbox, graph: GraphClient) -> None:
    for number in range(5):
        sandbox.deliver(SUPPORT, make_mail(f"n{number}", number=number))
    page = await graph.json(INBOX, params={"$top": 2, "$select": "subject", "$orderby": "subject"})
    subjects = [entry["subject"] for entry in page["value"]]
    while "@odata.nextLink" in page:
        page = await graph.json(page["@odata.nextLink"])
        subjects += [entry["subject"] for entry in page["value"]]
    assert subjects == ["n0", "n1", "n2", "n3", "n4"]


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ("internetMessageId eq '<2@customer.example>'", ["two"]),
        ("receivedDateTime ge 2026-11-02T00:00:00Z", ["two"]),
        ("receivedDateTime lt 2026-11-02T00:00:00Z and isRead eq false", ["it's and one"]),
        ("subject eq 'it''s and one'", ["it's and one"]),
        (
            f"singleValueExtendedProperties/Any(ep: ep/id eq '{HEADER_KEY}' and ep/value eq 'k2')",
            ["two"],
        ),
        ("isRead eq true", []),
        ("(isRead eq false and (subject eq 'two'))", ["two"]),
    ],
)
async def test_filters(sandbox: Sandbox, graph: GraphClient, condition: str, found: list[str]) -> None:
    first, second = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 2, tzinfo=UTC)
    sandbox.deliver(SUPPORT, make_mail("it's and one", number=1), received=first)
    sandbox.deliver(SUPPORT, make_mail("two", number=2, extra="X-Key: k2\r\n"), received=second)
    listed = await graph.json(INBOX, params={"$filter": condition, "$count": "true"})
    assert [entry["subject"] for entry in listed["value"]] == found
    assert listed["@odata.count"] == len(found)


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"$filter": "size gt 3"}, "RequestBroker--ParseUri"),
        ({"$filter": "isRead eq false", "$orderby": "receivedDateTime"}, "InefficientFilter"),
        ({"$select": "colour"}, "BadRequest"),
        ({"$top": "1001"}, "ErrorInvalidUrlQuery"),
    ],
)
async def test_queries_that_graph_refuses(
    sandbox: Sandbox, graph: GraphClient, options: dict[str, str], code: str
) -> None:
    sandbox.deliver(SUPPORT, make_mail())
    assert (await graph.json(INBOX, 400, params=options))["error"]["code"] == code


async def test_marks_are_kept_and_logged(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    marks = {"isRead": True, "categories": ["Ticket"], "flag": {"flagStatus": "complete"}}
    answer = await graph.http.patch(f"messages/{mail}", json=marks)
    assert answer.status_code == 200
    shown = await graph.json(f"messages/{mail}")
    assert {name: shown[name] for name in marks} == marks
    assert (await graph.json("mailFolders/inbox"))["unreadItemCount"] == 0
    assert [event.kind for event in sandbox.log(SUPPORT)] == ["delivered", "read"]


async def test_extended_properties_are_kept_shown_and_found(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    key = "String {6a2f9d0e-7f6c-4b63-9a76-6b1d0f6c8c11} Name postroom"
    written = {"singleValueExtendedProperties": [{"id": key, "value": "t1"}]}
    await graph.http.patch(f"messages/{mail}", json=written)
    expand = {"$expand": f"singleValueExtendedProperties($filter=id eq '{key}')"}
    shown = await graph.json(f"messages/{mail}", params=expand)
    assert shown["singleValueExtendedProperties"] == [{"id": key, "value": "t1"}]
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{key}' and ep/value eq 't1')"
    assert len((await graph.json(INBOX, params={"$filter": condition}))["value"]) == 1


async def test_what_was_received_cannot_be_rewritten(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    answer = await graph.http.patch(f"messages/{mail}", json={"subject": "Forged"})
    assert answer.status_code == 400


async def test_delete_moves_to_deleted_items_and_then_out(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    for expected in (1, 0):
        assert (await graph.http.delete(f"messages/{mail}")).status_code == 204
        assert (await graph.json("mailFolders/deleteditems"))["totalItemCount"] == expected
    assert (await graph.json("mailFolders/recoverableitemsdeletions"))["totalItemCount"] == 1
    assert (await graph.http.delete(f"messages/{mail}")).status_code == 204
    await graph.json(f"messages/{mail}", 404)


async def test_text_bodies_on_request(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    assert (await graph.json(f"messages/{mail}"))["body"]["contentType"] == "html"
    answer = await graph.http.get(f"messages/{mail}", headers={"Prefer": 'outlook.body-content-type="text"'})
    assert answer.json()["body"] == {"contentType": "text", "content": "It burns.\r\n"}
    assert answer.headers["preference-applied"] == 'outlook.body-content-type="text"'


async def test_a_reply_joins_the_conversation(sandbox: Sandbox, graph: GraphClient) -> None:
    first = sandbox.deliver(SUPPORT, make_mail(number=1))
    answer = sandbox.deliver(SUPPORT, make_mail(number=2, extra="In-Reply-To: <1@customer.example>\r\n"))
    other = sandbox.deliver(SUPPORT, make_mail(number=3))
    threads = [(await graph.json(f"messages/{mail}"))["conversationId"] for mail in (first, answer, other)]
    assert threads[0] == threads[1] != threads[2]


async def test_folders_are_made_filtered_and_moved_into(sandbox: Sandbox, graph: GraphClient) -> None:
    made = await graph.post("mailFolders/inbox/childFolders", {"displayName": "Billing"})
    children = await graph.json(
        "mailFolders/inbox/childFolders", params={"$filter": "displayName eq 'billing'"}
    )
    assert [folder["id"] for folder in children["value"]] == [made["id"]]
    mail = sandbox.deliver(SUPPORT, make_mail())
    moved = await graph.post(f"messages/{mail}/move", {"destinationId": made["id"]})
    assert moved["parentFolderId"] == made["id"]
    answer = await graph.http.post("mailFolders/inbox/childFolders", json={"displayName": "BILLING"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "ErrorFolderExists")


async def test_errors_carry_the_request_ids(graph: GraphClient) -> None:
    answer = await graph.http.get("messages/17", headers={"client-request-id": "ours"})
    inner = answer.json()["error"]["innerError"]
    assert inner["request-id"] == answer.headers["request-id"]
    assert inner["client-request-id"] == answer.headers["client-request-id"] == "ours"


async def test_unknown_mailboxes_and_segments(sandbox: Sandbox, graph: GraphClient) -> None:
    root = f"{sandbox.base_url}/users"
    unknown = "0d4d6a2e-2222-4222-8222-222222222222"
    for path, status, code in (
        (f"{root}/{BOB}/mailFolders", 404, "ErrorInvalidUser"),
        (f"{root}/{unknown}/mailFolders", 404, "ResourceNotFound"),
        (f"{root}/{BOB}", 404, "Request_ResourceNotFound"),
        (f"{root}/{SUPPORT}/letters", 400, "BadRequest"),
    ):
        assert (await graph.json(path, status))["error"]["code"] == code


async def test_a_mailbox_is_reached_by_its_id_too(sandbox: Sandbox, graph: GraphClient) -> None:
    user = await graph.json(f"{sandbox.base_url}/users/{SUPPORT}")
    assert user["mail"] == SUPPORT
    await graph.json(f"{sandbox.base_url}/users/{user['id']}/mailFolders/inbox")


async def test_ids_are_translated(sandbox: Sandbox, graph: GraphClient) -> None:
    immutable = sandbox.deliver(SUPPORT, make_mail())
    default = (await graph.json(f"messages/{immutable}"))["id"]
    asked = {"inputIds": [default], "sourceIdType": "restId", "targetIdType": "restImmutableEntryId"}
    answer = await graph.post("translateExchangeIds", asked, 200)
    assert answer["value"] == [{"sourceId": default, "targetId": immutable}]


@pytest.mark.parametrize("raw", HOSTILE)
async def test_hostile_mail_is_shown(sandbox: Sandbox, graph: GraphClient, raw: bytes) -> None:
    mail = sandbox.deliver(SUPPORT, raw)
    options = {
        "$expand": "attachments",
        "$select": "subject,from,body,bodyPreview,uniqueBody,internetMessageHeaders",
    }
    await graph.json(f"messages/{mail}", params=options)
    await graph.json(
        f"messages/{mail}/attachments", params={"$expand": "microsoft.graph.itemattachment/item"}
    )
    assert len((await graph.round())[0]) == 1
    assert (await graph.http.get(f"messages/{mail}/$value")).content == raw
    await graph.post(f"messages/{mail}/createForward")
