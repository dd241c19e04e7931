"""Delivery status notifications: the standard form (RFC 3464) and the prose of servers without it."""

import re
from dataclasses import dataclass

from services.parser.addresses import address, addresses
from services.parser.headers import Headers, read_headers
from services.parser.mime import Part, split
from services.parser.reading import Envelope, message_ids
from services.parser.vocabulary import Vocabulary, folded
from shared.contracts.mail import Bounce

MAX_PROSE = 20_000
"""Characters of a report in prose that are searched."""
MAX_RECIPIENTS = 50

_DAEMON = re.compile(
    r"(?:mailer-daemon|postmaster|mail-daemon|mailerdaemon|microsoftexchange[0-9a-f]{20,40})"
)
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_SMTP = re.compile(r"(?<!\d)([45]\d\d)[ -]")
_ADDRESS = re.compile(r"<?([a-zA-Z0-9._%+=-]{1,64}@[a-zA-Z0-9.-]{1,255}[a-zA-Z])>?")
_PROSE_ID = re.compile(r"^message-id:\s{0,5}<([^<>\s]{1,995})>", re.IGNORECASE | re.MULTILINE)
_XTEXT = re.compile(r"\+(2B|3D)")
"""The two of its codes that a mailbox needs; more of them could be the tag of one, as in `ann+AB@`."""
_UNICODE_POINT = re.compile(r"\\x\{(10|[0-9A-F]{2,5}|10[0-9A-F]{4})\}", re.IGNORECASE)

STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
"""RFC 3464, and RFC 6533 for addresses that are not ASCII."""
RETURNED_TYPES = (
    "message/rfc822",
    "message/global",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
"""In which a report returns the mail, or its header."""


@dataclass(frozen=True)
class Found:
    bounce: Bounce
    evidence: str


def bounce_of(root: Part, envelope: Envelope, text: str, words: Vocabulary) -> Found | None:
    status = next((part for part in root.walk() if part.media_type in STATUS_TYPES), None)
    returned = returned_mail(root)
    original = next(iter(message_ids(returned.first("message-id"))), None) if returned else None
    if status is not None:
        bounce = _standard(status, original)
        return Found(bounce, "delivery status report") if bounce else None
    if not _is_from_daemon(root.headers, envelope) or not _says_so(root.headers, envelope, words):
        return None
    return Found(_prose(root.headers, envelope, text, original), "non-delivery report in prose")


def returned_mail(root: Part) -> Headers | None:
    """The header of the mail that a report is about; None when it brings none with a Message-ID."""
    for part in root.walk():
        if part.media_type in RETURNED_TYPES:
            inner, _ = split(part.content.lstrip(b"\r\n"))
            if "message-id" in inner.headers:
                return inner.headers
    return None


def _standard(status: Part, original: str | None) -> Bounce | None:
    """The first recipient that failed, else the first that was delayed, and all that fared alike; None
    when the report is of a success."""
    blocks = _blocks(status.content)
    for wanted in ("failed", "delayed"):
        alike = [block for block in blocks if _action(block) == wanted]
        if not alike:
            continue
        found = _STATUS.search(alike[0].first("status"))
        recipients = tuple(dict.fromkeys(filter(None, map(_recipient, alike))))
        return Bounce(
            message_id=original,
            recipient=_recipient(alike[0]),
            recipients=recipients if len(recipients) > 1 else (),
            status=found.group() if found else None,
            diagnostic=_diagnostic(alike[0].first("diagnostic-code")),
            permanent=wanted == "failed" and (found is None or found.group(1) == "5"),
        )
    return None


def _blocks(content: bytes) -> list[Headers]:
    """The groups of fields of a report: one of the mail, then one of each recipient."""
    blocks: list[Headers] = []
    position = 0
    while position < len(content) and len(blocks) <= MAX_RECIPIENTS:
        if content[position] in b"\r\n":
            position += 1
            continue
        block, after = read_headers(content, position, len(content))
        if after == position:
            break
        blocks.append(block)
        position = after
    return blocks


def _action(block: Headers) -> str:
    return block.first("action").lower().partition(" ")[0].partition(";")[0]


def _recipient(block: Headers) -> str | None:
    """As the mail was sent to; servers behind it may have passed it on to another (RFC 3464, 2.3.1)."""
    return _typed(block.first("original-recipient")) or _typed(block.first("final-recipient"))


def _typed(text: str) -> str | None:
    """`rfc822; a@b` as a plain address, its encodings undone: xtext (RFC 3461), and that of RFC 6533."""
    kind, marked, written = text.partition(";")
    kind, written = (kind.strip().lower(), written) if marked else ("", text)
    if kind == "utf-8":
        written = _UNICODE_POINT.sub(lambda match: chr(int(match.group(1), 16)), written)
    elif kind == "rfc822":
        written = _XTEXT.sub(lambda match: chr(int(match.group(1), 16)), written)
    one = address("".join(char for char in written if char.isprintable()))
    return one.address or None if one else None


def _diagnostic(text: str) -> str | None:
    kind, marked, said = text.partition(";")
    return (said if marked and " " not in kind.strip() else text).strip()[:500] or None


def _is_from_daemon(headers: Headers, envelope: Envelope) -> bool:
    local = envelope.sender.address.rpartition("@")[0] or envelope.sender.name.lower().replace(" ", "-")
    return bool(_DAEMON.fullmatch(local)) or headers.first("return-path").strip() == "<>"


def _says_so(headers: Headers, envelope: Envelope, words: Vocabulary) -> bool:
    subject = folded(envelope.subject)
    return "x-failed-recipients" in headers or subject.startswith(words.bounce)


def _prose(headers: Headers, envelope: Envelope, text: str, original: str | None) -> Bounce:
    text = text[:MAX_PROSE]
    status, smtp, written = _STATUS.search(text), _SMTP.search(text), _PROSE_ID.search(text)
    failed = [one.address for one in addresses(headers.first("x-failed-recipients")) if one.address]
    mine = {envelope.sender.address, *(one.address for one in envelope.to)}
    named = (match.group(1).lower() for match in _ADDRESS.finditer(text))
    recipient = failed[0] if failed else next((one for one in named if one not in mine), None)
    code = status.group(1) if status else smtp.group(1)[0] if smtp else "5"
    code_at = status or smtp
    return Bounce(
        message_id=original or (written.group(1) if written else next(iter(envelope.references[-1:]), None)),
        recipient=recipient or None,
        recipients=tuple(failed[:MAX_RECIPIENTS]) if len(failed) > 1 else (),
        status=status.group() if status else None,
        diagnostic=_line_at(text, code_at.start()) if code_at else None,
        permanent=code == "5",
    )


def _line_at(text: str, position: int) -> str:
    start, end = text.rfind("\n", 0, position) + 1, text.find("\n", position)
    return text[start : end if end >= 0 else len(text)].strip()[:500]
