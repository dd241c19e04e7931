"""A mail that Exchange cannot turn into MIME, put together from its parts: header fields, body and each file
as it is."""

from email import message_from_bytes
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.shapes import AttachmentRead, AttachmentsRead, HeaderRead, PartsRead, read

MARK = "X-Postroom-Rebuilt"
_PARTS = "internetMessageHeaders,subject,body,from,receivedDateTime,internetMessageId"
_UNFOLDED = SMTP.clone(refold_source="none")
_AS_IT_IS = "outlook.allow-unsafe-html"
"""What makes HTML safe is our own sanitiser, which must see what came."""
_OF_THE_BODY = ("content-", "mime-version")
_LINK = "#microsoft.graph.referenceAttachment"
_MAIL = "#microsoft.graph.itemAttachment"


async def rebuilt(client: GraphClient, provider_id: str) -> bytes:
    """Return the mail as RFC 5322 bytes of our own making, marked as such."""
    path = f"messages/{quoted(provider_id)}"
    parts = read(PartsRead, await client.get(path, {"$select": _PARTS}, prefer=_AS_IT_IS))
    mail = EmailMessage(policy=_UNFOLDED)
    mail.set_content(parts.body.content, subtype="html" if parts.body.content_type == "html" else "plain")
    page = await client.get(f"{path}/attachments", {"$select": "id,name,contentType,isInline"})
    while True:
        listed = read(AttachmentsRead, page)
        for one in listed.value:
            await _add(client, mail, f"{path}/attachments/{quoted(one.id)}", one)
        if listed.next_link is None:
            return _head(parts) + mail.as_bytes()
        page = await client.follow(listed.next_link)


async def _add(client: GraphClient, mail: EmailMessage, path: str, one: AttachmentRead) -> None:
    if one.odata_type == _LINK:
        text = f"{one.name}: a link that cannot be fetched; it is in the mailbox."
        mail.add_attachment(text, filename=f"{one.name}.txt")
        return
    content = (await client.get(f"{path}/$value")).content
    if one.odata_type == _MAIL:
        inner = message_from_bytes(content, policy=_UNFOLDED)
        mail.add_attachment(inner, filename=f"{one.name or 'mail'}.eml")
        return
    main, _, sub = (one.content_type or "").partition("/")
    known = (main, sub) if main and sub and main not in {"text", "message", "multipart"} else ()
    shown = (
        read(AttachmentRead, await client.get(path, {"$select": "id,contentId"})) if one.is_inline else one
    )
    mail.add_attachment(
        content,
        *(known or ("application", "octet-stream")),
        filename=one.name or "file",
        disposition="inline" if one.is_inline else "attachment",
        cid=f"<{shown.content_id}>" if shown.content_id else None,
    )


def _head(parts: PartsRead) -> bytes:
    """The mail's own fields; those of a mail that has none to show are made of what Graph knows."""
    own = [field for field in parts.internet_message_headers if not _of_the_body(field.name)]
    if not own:
        known = {"Subject": parts.subject, "Message-ID": parts.internet_message_id, "From": parts.sender}
        own = [HeaderRead(name=name, value=value) for name, value in known.items() if value]
    lines = [*(_line(field.name, field.value) for field in own), f"{MARK}: yes"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii", "replace")


def _line(name: str, value: str) -> str:
    """A field of one line: what would begin another one is no part of a value."""
    plain = " ".join(value.split())
    return f"{name}: {plain if plain.isascii() else Header(plain, 'utf-8', maxlinelen=900).encode()}"


def _of_the_body(name: str) -> bool:
    return name.lower().startswith(_OF_THE_BODY)
