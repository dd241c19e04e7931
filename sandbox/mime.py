"""MIME to what Graph shows of it. Never refuses: hostile mail must reach the product."""

import re
from base64 import b64decode
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.errors import MessageError
from email.header import decode_header, make_header
from email.message import Message
from email.parser import BytesHeaderParser
from email.utils import getaddresses, parsedate_to_datetime
from typing import Literal

from sandbox.shapes import Body, Content, EmailAddress, Header, Importance, Recipient

Kind = Literal["file", "item", "reference"]
_IMPORTANCE: dict[str, Importance] = {
    "high": "high",
    "low": "low",
    "1": "high",
    "2": "high",
    "4": "low",
    "5": "low",
}
_HEAD_END = re.compile(rb"\r?\n\r?\n")
_LONG_LINE = re.compile(rb"^(.{10000})[^\r\n]+", re.MULTILINE)
"""In a header: what is behind so many bytes is not shown; the library needs the square of their time."""
_AS_IT_CAME = policy.compat32.clone(linesep="\r\n", max_line_length=0, mangle_from_=False)


@dataclass(frozen=True)
class File:
    """One attachment."""

    kind: Kind
    name: str
    content_type: str
    content: bytes
    content_id: str | None = None
    inline: bool = False


@dataclass(frozen=True)
class Reading:
    content: Content
    files: tuple[File, ...]


def read(raw: bytes) -> Reading:
    mail = _parsed(raw)
    parts = list(_leaves(mail))
    shown = _shown(parts)
    files = tuple(_file(part, number) for number, part in enumerate(parts, 1) if part is not shown)
    return Reading(_content(mail, shown), tuple(file for file in files if file is not None))


def header(mail: Message, name: str) -> str:
    """The decoded value of a field, unfolded; empty when absent or unreadable."""
    return _decoded(mail.get(name, ""))


def recipients(mail: Message, name: str) -> tuple[Recipient, ...]:
    values = [str(value).replace("\r", " ").replace("\n", " ") for value in mail.get_all(name, [])]
    try:
        pairs = [(_decoded(found), address) for found, address in getaddresses(values) if address]
    except RecursionError:
        return ()
    return tuple(
        Recipient(email_address=EmailAddress(name=found or address, address=address))
        for found, address in pairs
    )


def _parsed(raw: bytes) -> Message:
    """A mail nested deeper than the library can follow shows its headers, and the rest as one part."""
    found = _HEAD_END.search(raw)
    end = found.start() if found else len(raw)
    raw = _LONG_LINE.sub(rb"\1", raw[:end]) + raw[end:]
    try:
        return message_from_bytes(raw)
    except RecursionError:
        return BytesHeaderParser().parsebytes(raw)


def _content(mail: Message, shown: Message | None) -> Content:
    author = next(iter(recipients(mail, "From")), None)
    message_id = header(mail, "Message-ID")
    importance = header(mail, "Importance") or header(mail, "X-Priority")[:1]
    return Content(
        subject=header(mail, "Subject"),
        body=_body(shown),
        sender=next(iter(recipients(mail, "Sender")), author),
        from_=author,
        to_recipients=recipients(mail, "To"),
        cc_recipients=recipients(mail, "Cc"),
        bcc_recipients=recipients(mail, "Bcc"),
        reply_to=recipients(mail, "Reply-To"),
        importance=_IMPORTANCE.get(importance.lower(), "normal"),
        internet_message_headers=tuple(
            Header(name=name, value=_decoded(value)) for name, value in mail.items()
        ),
        internet_message_id=message_id,
        conversation_index=_conversation_index(header(mail, "Thread-Index")),
        sent=_sent(header(mail, "Date")),
        is_delivery_receipt_requested=bool(mail.get("Return-Receipt-To")),
        is_read_receipt_requested=bool(mail.get("Disposition-Notification-To")),
    )


def _conversation_index(written: str) -> str:
    """What Outlook wrote, when it is whole."""
    try:
        return written if b64decode(written, validate=True) else ""
    except ValueError:
        return ""


def _decoded(value: object) -> str:
    text = "".join(str(value).splitlines())
    try:
        return str(make_header(decode_header(text))).strip()
    except (ValueError, LookupError, MessageError):
        return text.strip()


def _sent(value: str) -> int | None:
    try:
        moment = parsedate_to_datetime(value)
        return int((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    except (TypeError, ValueError, OverflowError, IndexError):
        return None


def _leaves(mail: Message) -> Iterator[Message]:
    """The parts in order, without a look into attached messages; no recursion, mail nests deeply."""
    waiting = [mail]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload()
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting.extend(child for child in reversed(inner) if isinstance(child, Message))
        else:
            yield part


def _shown(parts: list[Message]) -> Message | None:
    """The part that is the body: HTML before text."""
    bodies = [part for part in parts if not _attached(part)]
    for kind in ("text/html", "text/plain"):
        for part in bodies:
            if part.get_content_type() == kind:
                return part
    return None


def _attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(part.get_filename())


def _body(part: Message | None) -> Body:
    if part is None:
        return Body()
    kind: Literal["text", "html"] = "html" if part.get_content_type() == "text/html" else "text"
    return Body(content_type=kind, content=_text(part))


def _text(part: Message) -> str:
    content = _bytes(part)
    try:
        return content.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        return content.decode("latin-1")


def _file(part: Message, number: int) -> File | None:
    kind = part.get_content_type()
    if kind.startswith("text/") and kind in ("text/plain", "text/html") and not _attached(part):
        return None
    name = _decoded(part.get_filename() or "")
    content_id = header(part, "Content-ID").strip("<>") or None
    disposition = part.get_content_disposition()
    inline = disposition == "inline" or (content_id is not None and disposition is None)
    content = _bytes(part)
    if kind == "message/rfc822":
        subject = header(_parsed(content), "Subject")
        return File("item", name or subject or "message", kind, content, content_id, inline)
    return File("file", name or f"attachment-{number}", kind, content, content_id, inline)


def _bytes(part: Message) -> bytes:
    """The decoded content; that of an attached message or report is written out again."""
    inner = part.get_payload()
    if isinstance(inner, list):
        return b"\r\n".join(_written(child) for child in inner if isinstance(child, Message))
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _written(mail: Message) -> bytes:
    try:
        return mail.as_bytes(policy=_AS_IT_CAME)
    except (ValueError, LookupError, TypeError, AttributeError, MessageError, RecursionError):
        return b""


def sent_at(content: Content, fallback: int) -> datetime:
    return datetime.fromtimestamp(fallback if content.sent is None else content.sent, UTC)
