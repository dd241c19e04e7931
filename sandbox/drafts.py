"""Drafts: made from JSON or MIME or as an answer, changed until they are sent."""

import base64
import binascii
import re
from html import escape
from typing import Literal

from sandbox.attachments import add_file, files_of
from sandbox.bodies import as_html
from sandbox.composing import as_text, compose, with_header
from sandbox.errors import bad_request
from sandbox.folders import Folder, find_folder
from sandbox.identifiers import new_conversation_index, new_internet_message_id
from sandbox.items import Item, add_item, keep_properties, recount_files, rewrite
from sandbox.journal import record
from sandbox.mailboxes import Mailbox
from sandbox.mime import File, Kind, Reading, read
from sandbox.shapes import Body, Content, EmailAddress, FileIn, Header, Marks, MessageIn, Recipient
from sandbox.store import Store

AnswerKind = Literal["reply", "replyAll", "forward"]
_MOST_HEADERS = 5
_KINDS: dict[str, Kind] = {
    "fileAttachment": "file",
    "itemAttachment": "item",
    "referenceAttachment": "reference",
}


def draft_from_json(store: Store, mailbox: Mailbox, folder: Folder, written: MessageIn) -> Item:
    with store.transaction():
        reading = reading_of(mailbox, written, store.now())
        marks = Marks(is_read=True).model_copy(update=written.changes(Marks))
        item = add_item(store, folder, reading, None, marks=marks, is_draft=True)
        keep_properties(store, item, written.single_value_extended_properties)
        record(store, "drafted", item)
        return item


def draft_from_mime(store: Store, folder: Folder, raw: bytes) -> Item:
    with store.transaction():
        item = add_item(store, folder, read(raw), raw, marks=Marks(is_read=True), is_draft=True)
        record(store, "drafted", item)
        return item


def change_draft(store: Store, item: Item, written: MessageIn) -> Item:
    """The draft with the fields that were written; without any it stays byte for byte."""
    changes = written.changes(Content)
    if not changes:
        return item
    _refuse_foreign_headers(written)
    return rewrite(store, item, item.content.model_copy(update=changes))


def refuse_change_of_content(item: Item, written: MessageIn) -> None:
    """What was sent or received stays as it is."""
    assert not item.is_draft
    if written.changes(Content).keys() - {"importance"}:
        raise bad_request("Message is not draft.", "ErrorInvalidPropertySet")


def attach(store: Store, item: Item, file: File) -> str:
    """The id of the new attachment."""
    if not item.is_draft:
        raise bad_request("Attachments can only be added to a draft.", "ErrorInvalidOperation")
    with store.transaction():
        kept = add_file(store, item.immutable_id, file)
        recount_files(store, item)
    return kept.id


def answer(store: Store, mailbox: Mailbox, original: Item, kind: AnswerKind, comment: str) -> Item:
    """A draft that answers or passes on: addressed, threaded, with the original quoted."""
    drafts = find_folder(store, mailbox.id, "drafts")
    author = original.content.from_
    to = original.content.reply_to or ((author,) if author else ())
    cc: tuple[Recipient, ...] = ()
    if kind == "replyAll":
        to = _others(mailbox, (*to, *original.content.to_recipients))
        cc = _others(mailbox, original.content.cc_recipients)
    forwarded = kind == "forward"
    files = tuple(kept.file for kept in files_of(store, original.immutable_id)) if forwarded else ()
    content = Content(
        subject=_prefixed("FW: " if forwarded else "RE: ", original.content.subject),
        body=Body(content_type="html", content=_quoting(original.content, comment)),
        sender=_self(mailbox),
        from_=_self(mailbox),
        to_recipients=() if forwarded else to,
        cc_recipients=cc,
        internet_message_headers=_threading(original.content),
        conversation_id=original.content.conversation_id,
        conversation_index=new_conversation_index(store.now(), original.content.conversation_index),
        internet_message_id=new_internet_message_id(),
    )
    item = add_item(store, drafts, Reading(content, files), None, marks=Marks(is_read=True), is_draft=True)
    record(store, "drafted", item, kind)
    return item


def answer_from_mime(store: Store, mailbox: Mailbox, original: Item, raw: bytes) -> Item:
    """A draft of a client's own bytes that answers: to the author unless they say otherwise."""
    author = original.content.from_
    if author and author.email_address.address and not read(raw).content.to_recipients:
        raw = with_header(raw, "To", author.email_address.address)
    for header in _threading(original.content):
        raw = with_header(raw, header.name, header.value)
    return draft_from_mime(store, find_folder(store, mailbox.id, "drafts"), raw)


def reading_of(mailbox: Mailbox, written: MessageIn, now: int) -> Reading:
    """What a client wrote, with what Exchange adds."""
    _refuse_foreign_headers(written)
    made = Content(sender=_self(mailbox), from_=_self(mailbox), internet_message_id=new_internet_message_id())
    changes = written.changes(Content)
    if "from_" in changes and "sender" not in changes:
        changes["sender"] = changes["from_"]
    return Reading(
        made.model_copy(update=changes), tuple(file_of(mailbox, file, now) for file in written.attachments)
    )


def file_of(mailbox: Mailbox, written: FileIn, now: int) -> File:
    kind = _KINDS.get(written.odata_type.rpartition(".")[2])
    if kind is None:
        raise bad_request(f"Unknown attachment type '{written.odata_type}'.")
    content_type = written.content_type or "application/octet-stream"
    content = decoded(written.content_bytes)
    if kind == "item":
        if written.item is None:
            raise bad_request(
                "Required property 'Item' is missing on the attachment.", "ErrorInvalidArgument"
            )
        inner = reading_of(mailbox, written.item, now)
        content, content_type = compose(inner.content, inner.files, now), "message/rfc822"
    if kind == "reference":
        content = (written.source_url or "").encode()
    return File(kind, written.name, content_type, content, written.content_id, written.is_inline)


def decoded(text: str | bytes, code: str = "UnableToDeserializePostBody") -> bytes:
    """Base64, with line breaks allowed."""
    try:
        whole = text if isinstance(text, bytes) else text.encode()
        return base64.b64decode(b"".join(whole.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise bad_request("Invalid base64 string for MIME content.", code) from error


def _refuse_foreign_headers(written: MessageIn) -> None:
    headers = written.internet_message_headers
    if headers is not None and not 0 < len(headers) <= _MOST_HEADERS:
        message = f"The number of internet message headers should be between 1 and {_MOST_HEADERS}."
        raise bad_request(message, "InvalidInternetMessageHeaderCollection")
    for header in written.internet_message_headers or ():
        if not header.name.lower().startswith("x-"):
            message = f"The internet message header name '{header.name}' should start with 'x-' or 'X-'."
            raise bad_request(message, "InvalidInternetMessageHeader")
        if "\n" in header.value or "\r" in header.value:
            raise bad_request("A header value has no line breaks.", "InvalidInternetMessageHeader")


def _self(mailbox: Mailbox) -> Recipient:
    return Recipient(email_address=EmailAddress(name=mailbox.name, address=mailbox.address))


def _others(mailbox: Mailbox, people: tuple[Recipient, ...]) -> tuple[Recipient, ...]:
    known = {(person.email_address.address or "").lower(): person for person in reversed(people)}
    return tuple(person for address, person in reversed(known.items()) if address != mailbox.address.lower())


def _prefixed(prefix: str, subject: str) -> str:
    return subject if subject.lower().startswith(prefix.lower()) else prefix + subject


def _threading(original: Content) -> tuple[Header, ...]:
    known = next((h.value for h in original.internet_message_headers if h.name.lower() == "references"), "")
    references = f"{known} {original.internet_message_id}".strip()
    return (
        Header(name="In-Reply-To", value=original.internet_message_id),
        Header(name="References", value=" ".join(references.split())),
    )


def _quoting(original: Content, comment: str) -> str:
    page = as_html(original.body)
    inner = re.search(r"(?is)<body[^>]*>(.*)</body>", page)
    author = original.from_.email_address if original.from_ else EmailAddress()
    head = f"<b>From:</b> {escape(author.name or '')} &lt;{escape(author.address or '')}&gt;"
    subject = f"<b>Subject:</b> {escape(original.subject)}"
    said = escape(comment).replace("\n", "<br>")
    return (
        '<html><head>\r\n<meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>'
        f'{said}<hr tabindex="-1" style="display:inline-block; width:98%"><div id="divRplyFwdMsg">{head}<br>'
        f"{subject}</div>{inner[1] if inner else escape(as_text(original.body))}</body></html>"
    )
