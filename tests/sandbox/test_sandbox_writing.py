import base64
from email import message_from_bytes, policy

import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, IMMUTABLE, SUPPORT, GraphClient, Json, make_mail, recipient

MIME = {"Content-Type": "text/plain"}
ITEM: Json = {
    "@odata.type": "#microsoft.graph.itemAttachment",
    "name": "Inside",
    "item": {"@odata.type": "#microsoft.graph.message", "subject": "Inside", "body": {"content": "Deep."}},
}


@pytest.mark.parametrize(
    ("written", "code", "said"),
    [
        ({"subjekt": "x"}, "RequestBodyRead", "'subjekt' does not exist on type 'microsoft.graph.message'"),
        (
            {"toRecipients": [{"name": "x"}]},
            "RequestBodyRead",
            "'name' does not exist on type 'microsoft.graph.recipient'",
        ),
        (
            {"body": {"text": "x"}},
            "RequestBodyRead",
            "'text' does not exist on type 'microsoft.graph.itemBody'",
        ),
        ({"importance": "urgent"}, "UnableToDeserializePostBody", "importance"),
        ({"isRead": "perhaps"}, "UnableToDeserializePostBody", "isRead"),
        ([], "BadRequest", "Unable to read JSON request payload."),
    ],
)
async def test_a_message_that_graph_cannot_read(
    graph: GraphClient, written: Json, code: str, said: str
) -> None:
    error = (await graph.post("messages", written, 400))["error"]
    assert error["code"] == code
    assert said in error["message"]
    broken = await graph.http.post(
        "messages", content=b'{"subject": ', headers={"Content-Type": "application/json"}
    )
    assert broken.json()["error"]["code"] == "BadRequest"
    untyped = await graph.http.post("messages", content=b"{}", headers={"Content-Type": "application/x-form"})
    assert untyped.json()["error"]["message"].startswith("Unable to read JSON request payload.")


async def test_what_graph_shows_may_be_sent_back(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await graph.post("messages", {"subject": "x", "toRecipients": [recipient(BOB)]})
    answer = await graph.http.patch(
        f"messages/{draft['id']}", json={**draft, "subject": "y", "replyTo": None}
    )
    assert answer.json()["subject"] == "y"
    assert sandbox.log(SUPPORT)


@pytest.mark.parametrize("count", [0, 6])
async def test_one_to_five_headers_are_taken(graph: GraphClient, count: int) -> None:
    headers = [{"name": f"x-{number}", "value": "1"} for number in range(count)]
    error = (await graph.post("messages", {"internetMessageHeaders": headers}, 400))["error"]
    assert error["code"] == "InvalidInternetMessageHeaderCollection"


async def test_an_older_version_is_not_changed(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    etag = (await graph.json(f"messages/{mail}"))["@odata.etag"]
    for expected in (200, 412):
        answer = await graph.http.patch(f"messages/{mail}", json={"isRead": True}, headers={"If-Match": etag})
        assert answer.status_code == expected
    assert answer.json()["error"]["code"] == "ErrorIrresolvableConflict"
    assert (await graph.http.delete(f"messages/{mail}", headers={"If-Match": etag})).status_code == 412
    assert (await graph.http.delete(f"messages/{mail}", headers={"If-Match": "*"})).status_code == 204


async def test_a_message_can_be_deleted_for_good(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    await graph.post(f"messages/{mail}/permanentDelete", status=204)
    await graph.json(f"messages/{mail}", 404)
    assert (await graph.json("mailFolders/deleteditems"))["totalItemCount"] == 0


async def test_what_was_received_says_that_it_is_no_draft(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    answer = await graph.http.patch(f"messages/{mail}", json={"subject": "Forged"})
    assert answer.json()["error"]["code"] == "ErrorInvalidPropertySet"


async def test_an_item_attachment_holds_a_message(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await graph.post("messages", {"subject": "x", "toRecipients": [recipient(BOB)]})
    made = await graph.post(f"messages/{draft['id']}/attachments", ITEM)
    assert (made["@odata.type"], made["name"]) == ("#microsoft.graph.itemAttachment", "Inside")
    expand = {"$expand": "microsoft.graph.itemattachment/item"}
    shown = await graph.json(f"messages/{draft['id']}/attachments/{made['id']}", params=expand)
    assert shown["item"]["subject"] == "Inside"
    await graph.post(f"messages/{draft['id']}/attachments", {**ITEM, "item": None}, 400)
    await graph.post(f"messages/{draft['id']}/send", status=202)
    [inner] = message_from_bytes(sandbox.sent(SUPPORT)[0].raw, policy=policy.default).iter_attachments()
    assert inner.get_content_type() == "message/rfc822"


@pytest.mark.parametrize(("action", "to"), [("reply", [BOB]), ("replyAll", [BOB, "eve@customer.example"])])
async def test_an_answer_in_one_request(
    sandbox: Sandbox, graph: GraphClient, action: str, to: list[str]
) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail(to=f"{SUPPORT}, eve@customer.example"))
    answer = await graph.http.post(f"messages/{mail}/{action}", json={"comment": "Done."})
    assert (answer.status_code, answer.content) == (202, b"")
    [sent] = sandbox.sent(SUPPORT)
    assert list(sent.recipients) == to
    read = message_from_bytes(sent.raw, policy=policy.default)
    assert (read["Subject"], read["In-Reply-To"]) == ("RE: Printer on fire", "<1@customer.example>")
    assert (await graph.json("mailFolders/drafts"))["totalItemCount"] == 0


async def test_a_forward_needs_somebody(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    refused = await graph.post(f"messages/{mail}/forward", {"comment": "FYI"}, 400)
    assert refused["error"]["code"] == "ErrorInvalidRecipients"
    assert (await graph.json("mailFolders/drafts"))["totalItemCount"] == 0
    await graph.post(f"messages/{mail}/forward", {"toRecipients": [recipient(BOB)]}, 202)
    assert sandbox.sent(SUPPORT)[0].recipients == (BOB,)


async def test_an_answer_as_mime_goes_to_the_author(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    raw = base64.b64encode(b"Subject: Mine\r\n\r\nHello\r\n")
    answer = await graph.http.post(f"messages/{mail}/createReply", content=raw, headers=MIME)
    assert answer.status_code == 201
    shown = answer.json()
    assert [person["emailAddress"]["address"] for person in shown["toRecipients"]] == [BOB]
    answer = await graph.http.post(f"messages/{mail}/reply", content=raw, headers=MIME)
    assert answer.status_code == 202
    assert b"In-Reply-To: <1@customer.example>" in sandbox.sent(SUPPORT)[0].raw
    bad = await graph.http.post(f"messages/{mail}/reply", content=b"%%%", headers=MIME)
    assert bad.json()["error"]["code"] == "ErrorMimeContentInvalidBase64String"


async def test_a_conversation_grows_by_five_bytes_an_answer(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    draft = await graph.post(f"messages/{mail}/createReply", {"comment": "x"})
    await graph.post(f"messages/{draft['id']}/send", status=202)
    later = sandbox.deliver(
        SUPPORT, make_mail(number=2, extra=f"In-Reply-To: {draft['internetMessageId']}\r\n")
    )
    first, [sent], third = (
        await graph.json(f"messages/{mail}"),
        (await graph.json("mailFolders/sentitems/messages"))["value"],
        await graph.json(f"messages/{later}"),
    )
    places = [base64.b64decode(each["conversationIndex"]) for each in (first, sent, third)]
    assert [len(place) for place in places] == [22, 27, 32]
    assert places[1].startswith(places[0])
    assert len({each["conversationId"] for each in (first, sent, third)}) == 1


async def test_a_shared_mailbox_keeps_its_own_copies(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.add_mailbox("sales@helpdesk.example", "Sales")
    other = f"{sandbox.base_url}/users/sales@helpdesk.example"
    mail = {"message": {"subject": "From sales", "toRecipients": [recipient(BOB)]}}
    await graph.post(f"{other}/sendMail", mail, 202)
    [copy] = (await graph.json(f"{other}/mailFolders/sentitems/messages"))["value"]
    assert copy["from"]["emailAddress"]["address"] == "sales@helpdesk.example"
    assert (await graph.json("mailFolders/sentitems"))["totalItemCount"] == 0
    mail_id = copy["id"]
    assert (await graph.json(f"messages/{mail_id}", 404))["error"]["code"] == "ErrorItemNotFound"


async def test_a_page_is_made_safe_unless_it_is_wanted_raw(sandbox: Sandbox, graph: GraphClient) -> None:
    raw = (
        f"From: {BOB}\r\nTo: {SUPPORT}\r\nSubject: x\r\nContent-Type: text/html\r\n\r\n"
        '<html><body onload="run()"><p>Hi &amp; bye</p><script>run()</script>'
        '<a href="javascript:run()">x</a><div id="divRplyFwdMsg">old words</div></body></html>'
    ).encode()
    mail = sandbox.deliver(SUPPORT, raw)
    shown = (await graph.json(f"messages/{mail}"))["body"]["content"]
    assert "run()" not in shown
    assert "<p>Hi &amp; bye</p>" in shown
    answer = await graph.http.get(f"messages/{mail}", headers={"Prefer": "outlook.allow-unsafe-html"})
    assert "<script>run()</script>" in answer.json()["body"]["content"]
    assert answer.headers["preference-applied"] == "outlook.allow-unsafe-html"
    unique = await graph.json(f"messages/{mail}?$select=uniqueBody")
    assert "Hi &amp; bye" in unique["uniqueBody"]["content"]
    assert "old words" not in unique["uniqueBody"]["content"]


async def test_folders_move_with_all_in_them(graph: GraphClient) -> None:
    made = await graph.post("mailFolders", {"displayName": "Billing"})
    child = await graph.post(f"mailFolders/{made['id']}/childFolders", {"displayName": "2026"})
    moved = await graph.post(f"mailFolders/{made['id']}/move", {"destinationId": "archive"})
    assert moved["childFolderCount"] == 1
    assert (await graph.json(f"mailFolders/{child['id']}"))["parentFolderId"] == made["id"]
    await graph.post(f"mailFolders/{made['id']}/move", {"destinationId": child["id"]}, 400)
    renamed = await graph.http.patch(f"mailFolders/{made['id']}", json={"displayName": "BILLING"})
    assert renamed.json()["displayName"] == "BILLING"
    assert (await graph.http.patch("mailFolders/inbox", json={"displayName": "x"})).status_code == 400
    assert (await graph.http.delete(f"mailFolders/{made['id']}")).status_code == 204
    await graph.json(f"mailFolders/{child['id']}", 404)


async def test_unknown_ids_are_told_beside_those_that_are_translated(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    gone = sandbox.deliver(SUPPORT, make_mail(number=2))
    await graph.post(f"messages/{gone}/permanentDelete", status=204)
    asked = {"inputIds": [mail, gone], "sourceIdType": "restImmutableEntryId", "targetIdType": "restId"}
    first, second = (await graph.post("translateExchangeIds", asked, 200))["value"]
    assert (await graph.json(f"messages/{first['targetId']}", headers=IMMUTABLE))["id"] == mail
    assert second["errorDetails"]["code"] == "ErrorItemNotFound"
