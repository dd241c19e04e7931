"""A message that a client wrote as JSON, as MIME; and small edits of MIME that came as bytes."""

import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, formataddr
from html import unescape

from sandbox.errors import bad_request
from sandbox.mime import File
from sandbox.shapes import Body, Content, Recipient

_GENERATED = frozenset(
    [
        "from",
        "sender",
        "to",
        "cc",
        "bcc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "importance",
        "mime-version",
        "content-type",
        "content-transfer-encoding",
        "content-disposition",
        "content-id",
    ]
)


def compose(content: Content, files: Iterable[File], now: int) -> bytes:
    """The MIME of a composed message, Bcc included, as Exchange keeps it in Sent Items."""
    mail = EmailMessage(policy=policy.SMTP)
    try:
        _write_fields(mail, content, now)
        _write_bodies(mail, content.body, list(files))
        return mail.as_bytes()
    except (ValueError, LookupError) as error:
        raise bad_request(
            "The message can't be converted to MIME.", "ErrorMimeContentConversionFailed"
        ) from error


def as_text(body: Body) -> str:
    """What a reader without HTML sees."""
    if body.content_type == "text":
        return body.content
    without = re.sub(r"(?is)<(script|style|head)\b.*?</\1>", "", body.content)
    broken = re.sub(r"(?i)<br\s*/?>|</(p|div|tr|li|h[1-6])>", "\n", without)
    return unescape(re.sub(r"<[^<>]*>", "", broken)).strip()


def without_header(raw: bytes, name: str) -> bytes:
    """The same bytes without that field."""
    fields, rest = _split(raw)
    pattern = rb"(?im)^" + re.escape(name.encode()) + rb":[^\n]*\n(?:[ \t][^\n]*\n)*"
    return re.sub(pattern, b"", fields) + rest


def with_header(raw: bytes, name: str, value: str) -> bytes:
    """The same bytes with that field in front, and the one of that name gone."""
    return f"{name}: {value}\r\n".encode() + without_header(raw, name)


def _split(raw: bytes) -> tuple[bytes, bytes]:
    """The header fields with their last line break, and what follows."""
    end = re.search(rb"\r?\n(?=\r?\n)", raw)
    return (raw, b"") if end is None else (raw[: end.end()], raw[end.end() :])


def _write_fields(mail: EmailMessage, content: Content, now: int) -> None:
    for name, people in (
        ("From", (content.from_,)),
        ("Sender", (content.sender if content.sender != content.from_ else None,)),
        ("To", content.to_recipients),
        ("Cc", content.cc_recipients),
        ("Bcc", content.bcc_recipients),
        ("Reply-To", content.reply_to),
    ):
        written = _addresses(people)
        if written:
            mail[name] = written
    mail["Subject"] = " ".join(content.subject.splitlines())
    mail["Date"] = format_datetime(datetime.fromtimestamp(now if content.sent is None else content.sent, UTC))
    mail["Message-ID"] = content.internet_message_id
    if content.importance != "normal":
        mail["Importance"] = content.importance
    for header in content.internet_message_headers:
        if header.name.lower() not in _GENERATED:
            mail[header.name] = header.value


def _addresses(people: Iterable[Recipient | None]) -> str:
    known = [person.email_address for person in people if person and person.email_address.address]
    return ", ".join(formataddr((person.name or "", person.address or "")) for person in known)


def _write_bodies(mail: EmailMessage, body: Body, files: list[File]) -> None:
    mail.set_content(as_text(body))
    if body.content_type == "html":
        mail.add_alternative(body.content, subtype="html")
        page = mail.get_body(("html",))
        assert isinstance(page, EmailMessage)
        for file in files:
            if file.inline and file.content_id:
                _attach(page.add_related, file)
        files = [file for file in files if not (file.inline and file.content_id)]
    for file in files:
        _attach(mail.add_attachment, file)


def _attach(add: Callable[..., None], file: File) -> None:
    disposition = "inline" if file.inline else "attachment"
    names = {"filename": file.name or None, "disposition": disposition}
    cid = {"cid": f"<{file.content_id}>"} if file.content_id else {}
    if file.kind == "item":
        add(message_from_bytes(file.content, policy=policy.SMTP), **names, **cid)
        return
    maintype, _, subtype = file.content_type.partition("/")
    if maintype in ("", "multipart", "message") or not subtype:
        maintype, subtype = "application", "octet-stream"
    add(file.content, maintype=maintype, subtype=subtype, **names, **cid)
