import base64
from email import message_from_bytes, policy
from email.message import EmailMessage

import httpx
import pytest

from sandbox.knobs import Knobs
from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, IMMUTABLE, SUPPORT, GraphClient, Json, make_mail, recipient

ANSWER = (
    f"From: {SUPPORT}\r\nTo: {BOB}\r\nBcc: audit@helpdesk.example\r\nSubject: Re: Fire\r\n"
    "Message-ID: <answer@helpdesk.example>\r\nIn-Reply-To: <1@customer.example>\r\n"
    "Date: Mon, 02 Nov 2026 09:00:00 +0000\r\nX-Postroom-Mail: 7\r\n\r\nOut.\r\n"
).encode()
MIME = {"Content-Type": "text/plain"}


def parsed(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def letter(**changes: object) -> Json:
    return {
        "subject": "Answer",
        "body": {"contentType": "HTML", "content": "<html><body><p>Out &amp; cold.</p></body></html>"},
        "toRecipients": [recipient(BOB)],
        **changes,
    }


async def post_mime(graph: GraphClient, path: str, raw: bytes) -> httpx.Response:
    return await graph.http.post(path, content=base64.encodebytes(raw), headers={**MIME, **IMMUTABLE})


async def test_a_draft_is_changed_sent_and_found_under_another_id(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    draft = await graph.post("messages", letter(), headers=IMMUTABLE)
    assert draft["isDraft"] is True
    await graph.http.patch(f"messages/{draft['id']}", json={"subject": "Changed"})
    await graph.post(f"messages/{draft['id']}/send", status=202)
    await graph.json(f"messages/{draft['id']}", 404)
    condition = f"internetMessageId eq '{draft['internetMessageId']}'"
    listed = await graph.json(
        "mailFolders/sentitems/messages", params={"$filter": condition}, headers=IMMUTABLE
    )
    [copy] = listed["value"]
    assert (copy["subject"], copy["isDraft"]) == ("Changed", False)
    assert copy["id"] != draft["id"]
    [sent] = sandbox.sent(SUPPORT)
    assert sent.recipients == (BOB,)
    assert sent.internet_message_id == draft["internetMessageId"]
    mail = parsed(sent.raw)
    text = mail.get_body(("plain",))
    assert mail["Subject"] == "Changed"
    assert text is not None
    assert text.get_content().strip() == "Out & cold."
    assert [event.kind for event in sandbox.log(SUPPORT)] == ["drafted", "sent"]


async def test_a_draft_is_sent_once(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await graph.post("messages", letter())
    await graph.post(f"messages/{draft['id']}/send", status=202)
    await graph.post(f"messages/{draft['id']}/send", status=404)
    assert len(sandbox.sent(SUPPORT)) == 1


async def test_a_mime_draft_leaves_byte_for_byte(sandbox: Sandbox, graph: GraphClient) -> None:
    answer = await post_mime(graph, "messages", ANSWER)
    assert answer.status_code == 201
    assert answer.json()["internetMessageId"] == "<answer@helpdesk.example>"
    await graph.http.patch(f"messages/{answer.json()['id']}", json={"isRead": False, "categories": ["x"]})
    await graph.post(f"messages/{answer.json()['id']}/send", status=202)
    [sent] = sandbox.sent(SUPPORT)
    assert sent.raw == ANSWER
    assert sent.recipients == (BOB, "audit@helpdesk.example")


async def test_mime_sent_directly_arrives_at_a_neighbour_without_bcc(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    sandbox.add_mailbox(BOB)
    answer = await post_mime(graph, "sendMail", ANSWER)
    assert (answer.status_code, answer.content) == (202, b"")
    listed = await graph.json(f"{sandbox.base_url}/users/{BOB}/mailFolders/inbox/messages")
    [arrived] = listed["value"]
    value = await graph.http.get(f"{sandbox.base_url}/users/{BOB}/messages/{arrived['id']}/$value")
    assert value.content == ANSWER.replace(b"Bcc: audit@helpdesk.example\r\n", b"")


async def test_mime_without_author_date_and_id_gets_them(sandbox: Sandbox, graph: GraphClient) -> None:
    await post_mime(graph, "sendMail", f"To: {BOB}\r\nSubject: x\r\n\r\nHello\r\n".encode())
    [sent] = sandbox.sent(SUPPORT)
    mail = parsed(sent.raw)
    assert mail["From"] == SUPPORT
    assert mail["Message-ID"] == sent.internet_message_id
    assert mail["Date"]
    assert sent.raw.endswith(b"\r\n\r\nHello\r\n")


@pytest.mark.parametrize("path", ["messages", "sendMail"])
async def test_bad_base64_is_refused(graph: GraphClient, path: str) -> None:
    answer = await graph.http.post(path, content=ANSWER, headers=MIME)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "ErrorMimeContentInvalidBase64String"


async def test_json_mail_goes_with_and_without_a_copy(sandbox: Sandbox, graph: GraphClient) -> None:
    for kept in (True, False):
        await graph.post("sendMail", {"message": letter(), "saveToSentItems": kept}, 202)
    assert len(sandbox.sent(SUPPORT)) == 2
    assert (await graph.json("mailFolders/sentitems"))["totalItemCount"] == 1


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        (letter(toRecipients=[]), 400, "ErrorInvalidRecipients"),
        (letter(toRecipients=[recipient("nobody")]), 400, "ErrorInvalidRecipients"),
        (
            letter(internetMessageHeaders=[{"name": "In-Reply-To", "value": "<1@x>"}]),
            400,
            "InvalidInternetMessageHeader",
        ),
        (letter(**{"from": recipient("boss@helpdesk.example")}), 403, "ErrorSendAsDenied"),
        (letter(subject=7), 400, "UnableToDeserializePostBody"),
    ],
)
async def test_mail_that_is_refused(
    sandbox: Sandbox, graph: GraphClient, message: Json, status: int, code: str
) -> None:
    assert (await graph.post("sendMail", {"message": message}, status))["error"]["code"] == code
    assert sandbox.sent(SUPPORT) == []


async def test_a_permitted_author_may_be_another(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(send_as=("*@helpdesk.example",)))
    message = letter(**{"from": recipient("boss@helpdesk.example")})
    await graph.post("sendMail", {"message": message}, 202)
    assert parsed(sandbox.sent(SUPPORT)[0].raw)["From"] == "boss@helpdesk.example"


async def test_a_request_over_four_megabytes_is_refused(graph: GraphClient) -> None:
    big = letter(body={"contentType": "text", "content": "x" * 4 * 1024 * 1024})
    await graph.post("sendMail", {"message": big}, 413)


async def test_own_headers_leave_and_are_found_again(sandbox: Sandbox, graph: GraphClient) -> None:
    own = [{"name": "X-Postroom-Mail", "value": "42"}]
    draft = await graph.post("messages", letter(internetMessageHeaders=own))
    await graph.post(f"messages/{draft['id']}/send", status=202)
    key = "String {00020386-0000-0000-C000-000000000046} Name x-postroom-mail"
    condition = f"singleValueExtendedProperties/Any(ep: ep/id eq '{key}' and ep/value eq '42')"
    assert (
        len((await graph.json("mailFolders/sentitems/messages", params={"$filter": condition}))["value"]) == 1
    )
    assert parsed(sandbox.sent(SUPPORT)[0].raw)["X-Postroom-Mail"] == "42"


async def test_a_rewritten_message_id_replaces_ours(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(rewrite_message_id=True, drop_headers=("X-Postroom-Mail",)))
    await post_mime(graph, "sendMail", ANSWER)
    [sent] = sandbox.sent(SUPPORT)
    assert sent.internet_message_id != "<answer@helpdesk.example>"
    assert b"<answer@helpdesk.example>" not in sent.raw
    assert b"X-Postroom-Mail" not in sent.raw
    [copy] = (await graph.json("mailFolders/sentitems/messages"))["value"]
    assert copy["internetMessageId"] == sent.internet_message_id


async def test_a_reply_is_addressed_threaded_and_quotes(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail(extra="References: <0@customer.example>\r\n"))
    draft = await graph.post(f"messages/{mail}/createReply", {"comment": "Out & cold."})
    assert draft["subject"] == "RE: Printer on fire"
    assert [person["emailAddress"]["address"] for person in draft["toRecipients"]] == [BOB]
    assert "<body>Out &amp; cold.<hr" in draft["body"]["content"]
    assert "It burns." in draft["body"]["content"]
    await graph.post(f"messages/{draft['id']}/send", status=202)
    sent = parsed(sandbox.sent(SUPPORT)[0].raw)
    assert sent["In-Reply-To"] == "<1@customer.example>"
    assert sent["References"] == "<0@customer.example> <1@customer.example>"


async def test_reply_to_all_leaves_the_mailbox_out(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(
        SUPPORT, make_mail(to=f"{SUPPORT}, eve@customer.example", extra="Cc: cc@x.example\r\n")
    )
    draft = await graph.post(f"messages/{mail}/createReplyAll")
    named = [
        [person["emailAddress"]["address"] for person in draft[field]]
        for field in ("toRecipients", "ccRecipients")
    ]
    assert named == [[BOB, "eve@customer.example"], ["cc@x.example"]]


async def test_a_forward_takes_the_attachments_along(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = BOB, SUPPORT, "Log"
    mail.set_content("See file")
    mail.add_attachment(b"\x00\x01", maintype="application", subtype="x-log", filename="a.log")
    original = sandbox.deliver(SUPPORT, mail.as_bytes(policy=policy.SMTP))
    forward = {"comment": "FYI", "toRecipients": [recipient("dev@helpdesk.example")]}
    draft = await graph.post(f"messages/{original}/createForward", forward)
    await graph.post(f"messages/{draft['id']}/send", status=202)
    [sent] = sandbox.sent(SUPPORT)
    [attached] = parsed(sent.raw).iter_attachments()
    assert attached.get_content() == b"\x00\x01"
    assert sent.recipients == ("dev@helpdesk.example",)


async def test_comment_and_body_together_are_refused(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    both = {"comment": "a", "message": {"body": {"contentType": "text", "content": "b"}}}
    await graph.post(f"messages/{mail}/createReply", both, 400)
