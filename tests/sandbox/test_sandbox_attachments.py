import base64
from email import message_from_bytes, policy
from email.message import EmailMessage
from urllib.parse import urlsplit

import httpx

from sandbox.server import Sandbox
from tests.sandbox.clients import BOB, SUPPORT, GraphClient, Json, make_mail, recipient, trusting

SIZE = 5 * 1024 * 1024
CHUNK = 2 * 1024 * 1024
CONTENT = bytes(range(256)) * (SIZE // 256)


def mixed_mail() -> bytes:
    """A page with a picture in it, a file and an attached mail."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = BOB, SUPPORT, "Files"
    mail.set_content("text")
    mail.add_alternative('<html><body><img src="cid:logo"></body></html>', subtype="html")
    page = mail.get_body(("html",))
    assert isinstance(page, EmailMessage)
    page.add_related(b"PNG", "image", "png", cid="<logo>", filename="logo.png", disposition="inline")
    mail.add_attachment(b"a,b", maintype="text", subtype="csv", filename="prüfung.csv")
    mail.add_attachment(message_from_bytes(make_mail("Inner"), policy=policy.SMTP))
    return mail.as_bytes()


async def draft_of(graph: GraphClient) -> Json:
    return await graph.post("messages", {"subject": "Big", "toRecipients": [recipient(BOB)]})


async def session_of(graph: GraphClient, draft: Json, size: int = SIZE, status: int = 201) -> Json:
    item = {"AttachmentItem": {"attachmentType": "file", "name": "big.bin", "size": size}}
    return await graph.post(f"messages/{draft['id']}/attachments/createUploadSession", item, status)


async def put(http: httpx.AsyncClient, url: str, start: int, end: int) -> httpx.Response:
    headers = {"Content-Range": f"bytes {start}-{end - 1}/{SIZE}"}
    return await http.put(url, content=CONTENT[start:end], headers=headers)


async def test_attachments_of_a_mail(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, mixed_mail())
    listed = (await graph.json(f"messages/{mail}/attachments"))["value"]
    shown = [(one["@odata.type"].rpartition(".")[2], one["name"], one["isInline"]) for one in listed]
    assert shown == [
        ("fileAttachment", "logo.png", True),
        ("fileAttachment", "prüfung.csv", False),
        ("itemAttachment", "Inner", False),
    ]
    assert listed[0]["contentId"] == "logo"
    assert base64.b64decode(listed[1]["contentBytes"]) == b"a,b"
    path = f"messages/{mail}/attachments/{listed[2]['id']}"
    assert (await graph.http.get(f"{path}/$value")).content == make_mail("Inner")
    inner = await graph.json(path, params={"$expand": "microsoft.graph.itemattachment/item"})
    assert inner["item"]["subject"] == "Inner"
    expanded = await graph.json(f"messages/{mail}", params={"$expand": "attachments"})
    assert len(expanded["attachments"]) == 3
    assert expanded["hasAttachments"] is True


async def test_inline_pictures_alone_are_no_attachments(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"] = BOB, SUPPORT
    mail.set_content('<img src="cid:logo">', subtype="html")
    mail.add_related(b"PNG", "image", "png", cid="<logo>", disposition="inline")
    identifier = sandbox.deliver(SUPPORT, mail.as_bytes())
    assert (await graph.json(f"messages/{identifier}"))["hasAttachments"] is False


async def test_files_are_added_to_and_taken_from_a_draft(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await draft_of(graph)
    path = f"messages/{draft['id']}/attachments"
    for name in ("a.txt", "b.txt"):
        file = {"@odata.type": "#microsoft.graph.fileAttachment", "name": name, "contentBytes": "YQ=="}
        added = await graph.post(path, file)
    assert (await graph.http.delete(f"{path}/{added['id']}")).status_code == 204
    await graph.post(f"messages/{draft['id']}/send", status=202)
    mail = message_from_bytes(sandbox.sent(SUPPORT)[0].raw, policy=policy.default)
    assert [part.get_filename() for part in mail.iter_attachments()] == ["a.txt"]


async def test_a_reference_has_no_bytes(graph: GraphClient) -> None:
    draft = await draft_of(graph)
    path = f"messages/{draft['id']}/attachments"
    added = await graph.post(path, {"@odata.type": "#microsoft.graph.referenceAttachment", "name": "link"})
    await graph.json(f"{path}/{added['id']}/$value", 405)


async def test_received_mail_takes_no_files(sandbox: Sandbox, graph: GraphClient) -> None:
    mail = sandbox.deliver(SUPPORT, make_mail())
    await graph.post(f"messages/{mail}/attachments", {"name": "a", "contentBytes": "YQ=="}, 400)
    await graph.post(f"messages/{mail}/attachments", {"name": "a", "contentBytes": "!"}, 400)


async def test_a_large_file_goes_up_in_ranges_without_a_token(sandbox: Sandbox, graph: GraphClient) -> None:
    draft = await draft_of(graph)
    url = (await session_of(graph, draft))["uploadUrl"]
    async with trusting(sandbox) as http:
        for start in range(0, SIZE, CHUNK):
            answer = await put(http, url, start, min(start + CHUNK, SIZE))
            if answer.status_code == 200:
                assert answer.json()["nextExpectedRanges"] == [f"{start + CHUNK}"]
    assert answer.status_code == 201
    identifier = urlsplit(answer.headers["location"]).path.rpartition("('")[2].removesuffix("')")
    stored = await graph.http.get(f"messages/{draft['id']}/attachments/{identifier}/$value")
    assert stored.content == CONTENT
    await graph.post(f"messages/{draft['id']}/send", status=202)
    [part] = message_from_bytes(sandbox.sent(SUPPORT)[0].raw, policy=policy.default).iter_attachments()
    assert part.get_content() == CONTENT


async def test_ranges_out_of_order_are_refused_and_the_session_goes_on(
    sandbox: Sandbox, graph: GraphClient
) -> None:
    url = (await session_of(graph, await draft_of(graph)))["uploadUrl"]
    async with trusting(sandbox) as http:
        assert (await put(http, url, CHUNK, 2 * CHUNK)).status_code == 416
        assert (await put(http, url, 0, CHUNK)).status_code == 200
        assert (await http.get(url)).json()["nextExpectedRanges"] == [f"{CHUNK}"]
        assert (await http.delete(url)).status_code == 204
        assert (await http.get(url)).status_code == 404


async def test_a_guessed_upload_url_finds_nothing(sandbox: Sandbox, graph: GraphClient) -> None:
    url = (await session_of(graph, await draft_of(graph)))["uploadUrl"]
    async with trusting(sandbox) as http:
        assert (await put(http, url + "x", 0, CHUNK)).status_code == 404


async def test_a_small_file_gets_no_session(graph: GraphClient) -> None:
    refusal = await session_of(graph, await draft_of(graph), size=1000, status=400)
    assert refusal["error"]["code"] == "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize"
