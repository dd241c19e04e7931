"""One outgoing mail as MIME: bodies, files, and the header fields that keep a thread together."""

import re
from dataclasses import dataclass
from datetime import datetime
from email import policy
from email.header import Header
from email.message import EmailMessage
from email.utils import format_datetime
from html import escape
from uuid import UUID

from shared.contracts.errors import Permanent
from shared.contracts.mail import Address
from shared.contracts.marker import REPLY_MARKER

MAX_REFERENCES = 1500
"""Characters of the field's value."""
MAX_SUBJECT = 500
# 7bit: a relay without 8BITMIME must not break the mail.
_POLICY = policy.SMTP.clone(cte_type="7bit")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_CONTROL_IN_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@([A-Za-z0-9-]{1,63}\.)*[A-Za-z0-9-]{1,63}")
_MESSAGE_ID = re.compile(r"[!-;=?-~]{3,900}")
_CONTENT_TYPE = re.compile(r"([a-z0-9][a-z0-9.+-]{0,126})/([a-z0-9][a-z0-9.+_-]{0,126})")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+( [A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*")
_FOLD = "\r\n "
_BINARY = ("application", "octet-stream")


@dataclass(frozen=True)
class OutgoingFile:
    name: str
    content_type: str
    content: bytes
    content_id: str | None = None
    """Set for an image that the HTML shows by `cid:`."""


@dataclass(frozen=True)
class OutgoingMail:
    """Everything a mail is made of; the same one gives the same header fields and bodies each time."""

    id: UUID
    message_id: str
    sender: Address
    to: tuple[Address, ...]
    subject: str
    text: str
    at: datetime
    reference: str = ""
    """Of its ticket, as the tenant writes it; empty when it is on none."""
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    reply_to: str | None = None
    """Where answers go, when that is another address than the sender's."""
    html: str | None = None
    """Sanitised already."""
    files: tuple[OutgoingFile, ...] = ()
    thread: tuple[str, ...] = ()
    """Message-IDs of the ticket, oldest first; the last one is answered."""
    automatic: bool = False


@dataclass(frozen=True)
class Composed:
    mime: bytes
    """Without a Bcc field."""
    recipients: tuple[str, ...]
    """Everybody once, blind copies last."""
    blind: tuple[str, ...]

    @property
    def with_blind(self) -> bytes:
        """With the Bcc field, for the provider, which takes the recipients from the header."""
        if not self.blind:
            return self.mime
        blind = f",{_FOLD}".join(self.blind)
        return f"Bcc: {blind}\r\n".encode("ascii") + self.mime


def compose(mail: OutgoingMail) -> Composed:
    """Make the mail.

    Raises:
        Permanent: an address or the Message-ID cannot stand in a header, or nobody is addressed.
    """
    made = EmailMessage(policy=_POLICY)
    _write_bodies(made, mail)
    blind = tuple(dict.fromkeys(_spec(person) for person in mail.bcc))
    recipients = tuple(dict.fromkeys((*(_spec(person) for person in (*mail.to, *mail.cc)), *blind)))
    if not recipients:
        raise Permanent("the mail has no recipient", code="no_recipient")
    return Composed(_fields(mail) + made.as_bytes(), recipients, blind)


def can_stand_in_header(person: Address) -> bool:
    """Whether this is an address, and nothing that would end a header field or begin another one."""
    try:
        return bool(_spec(person))
    except Permanent:
        return False


def tagged(subject: str, reference: str) -> str:
    """The subject with the ticket's tag exactly once; without a reference as it is."""
    tag = f"[{reference}]"
    clean = " ".join(_CONTROL.sub(" ", subject).split())
    if not reference:
        return clean[:MAX_SUBJECT]
    first, found, rest = clean.partition(tag)
    without = " ".join(rest.replace(tag, " ").split()) if found else ""
    clean = f"{first}{tag} {without}".strip() if found else clean
    if found and len(clean) <= MAX_SUBJECT:
        return clean
    return f"{first[: MAX_SUBJECT - len(tag) - 1].strip()} {tag}".strip()


def references(thread: tuple[str, ...]) -> tuple[str, ...]:
    """The ids for References, oldest first. Too many are cut behind the first, so first and last stay."""
    ids = [
        known for known in dict.fromkeys(one.strip(" <>") for one in thread) if _MESSAGE_ID.fullmatch(known)
    ]
    length = sum(len(one) + 3 for one in ids) - 1
    while length > MAX_REFERENCES and len(ids) > 2:  # noqa: PLR2004 - the first and the last
        length -= len(ids.pop(1)) + 3
    return tuple(ids)


def _fields(mail: OutgoingMail) -> bytes:
    """Written by hand: the email package loses spaces between encoded words and folds long ids into some."""
    own = mail.message_id.strip(" <>")
    if not _MESSAGE_ID.fullmatch(own):
        raise Permanent("the Message-ID cannot stand in a header", code="bad_message_id")
    lines = [f"Message-ID: <{own}>"]
    if ids := references(mail.thread):
        lines += [f"In-Reply-To: <{ids[-1]}>", "References: " + _FOLD.join(f"<{one}>" for one in ids)]
    lines.append(f"From: {_mailbox(mail.sender)}")
    if mail.reply_to is not None:
        lines.append(f"Reply-To: {_mailbox(Address(address=mail.reply_to, name=mail.sender.name))}")
    for name, people in (("To", mail.to), ("Cc", mail.cc)):
        if people:
            lines.append(f"{name}: " + f",{_FOLD}".join(_mailbox(person) for person in people))
    lines += [f"Subject: {_words(tagged(mail.subject, mail.reference))}"]
    lines += [f"Date: {format_datetime(mail.at)}", f"X-Postroom-Mail: {mail.id}"]
    if mail.automatic:
        lines += ["Auto-Submitted: auto-generated", "X-Auto-Response-Suppress: All"]
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")


def _write_bodies(made: EmailMessage, mail: OutgoingMail) -> None:
    text = _CONTROL_IN_TEXT.sub("", mail.text)
    html = _CONTROL_IN_TEXT.sub("", mail.html) if mail.html is not None else _as_html(text)
    # the mark stands in the HTML form alone, unseen: a reader of plain text would have to look at it
    made.set_content(f"{text}\n", subtype="plain")
    page = f'<div id="{REPLY_MARKER}" class="{REPLY_MARKER}">\n{html}\n</div>\n'
    made.add_alternative(f"<!DOCTYPE html>\n<html><body>\n{page}</body></html>\n", subtype="html")
    shown = list(made.iter_parts())[1]
    assert isinstance(shown, EmailMessage)
    for file in mail.files:
        if file.content_id and f"cid:{file.content_id}" in html:
            kind, subtype = _content_type(file)
            shown.add_related(
                file.content,
                kind,
                subtype,
                disposition="inline",
                filename=_clean(file.name),
                cid=f"<{_clean_id(file.content_id)}>",
            )
    for file in mail.files:
        if not (file.content_id and f"cid:{file.content_id}" in html):
            kind, subtype = _content_type(file)
            made.add_attachment(file.content, kind, subtype, filename=_clean(file.name))


def _as_html(text: str) -> str:
    return escape(text).replace("\n", "<br>\n")


def _content_type(file: OutgoingFile) -> tuple[str, str]:
    """What the file says it is. A mail goes as plain bytes, which must not be encoded under its own type."""
    found = _CONTENT_TYPE.fullmatch(file.content_type.lower())
    return (found[1], found[2]) if found and found[1] not in ("message", "multipart") else _BINARY


def _mailbox(person: Address) -> str:
    name = _clean(person.name)
    if not name:
        return _spec(person)
    if name.isascii() and "=?" not in name:
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        name = name if _PLAIN_NAME.fullmatch(name) else f'"{quoted}"'
    else:
        name = _words(name)
    return f"{name} <{_spec(person)}>"


def _words(text: str) -> str:
    """Text as a field's value: in encoded words when it is not plain, folded when it is long."""
    plain = text.isascii() and "=?" not in text
    return Header(text, "us-ascii" if plain else "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _spec(person: Address) -> str:
    local, _, domain = person.address.strip().rpartition("@")
    try:
        spec = f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        spec = ""
    if not _ADDRESS.fullmatch(spec):
        raise Permanent("an address cannot stand in a header", code="bad_address")
    return spec


def _clean(name: str) -> str:
    return " ".join(_CONTROL.sub(" ", name).split())[:200]


def _clean_id(content_id: str) -> str:
    return re.sub(r"[^!-;=?-~]", "", content_id)
