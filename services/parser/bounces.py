"""Delivery status notifications: the standard form (RFC 3464) and the prose of servers without it."""

import re
from dataclasses import dataclass

from services.parser.addresses import address
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
_FAILED = ("failed", "delayed")


@dataclass(frozen=True)
class Found:
    bounce: Bounce
    evidence: str


def bounce_of(root: Part, envelope: Envelope, text: str, words: Vocabulary) -> Found | None:
    status = next((part for part in root.walk() if part.media_type == "message/delivery-status"), None)
    original = _original_id(root)
    if status is not None:
        bounce = _standard(status, original)
        return Found(bounce, "delivery status report") if bounce else None
    if not _is_from_daemon(root.headers, envelope) or not _says_so(root.headers, envelope, words):
        return None
    return Found(_prose(root.headers, envelope, text, original), "non-delivery report in prose")


def _standard(status: Part, original: str | None) -> Bounce | None:
    """The first recipient that failed, or was delayed; None when the report is of a success."""
    content = status.content
    position = 0
    for _ in range(MAX_RECIPIENTS):
        if position >= len(content):
            return None
        block, position = read_headers(content, position, len(content))
        action = block.first("action").lower().partition(" ")[0]
        if action not in _FAILED:
            continue
        found = _STATUS.search(block.first("status"))
        return Bounce(
            message_id=original,
            recipient=_typed(block.first("final-recipient") or block.first("original-recipient")),
            status=found.group() if found else None,
            diagnostic=block.first("diagnostic-code").partition(";")[2].strip()[:500] or None,
            permanent=action == "failed" and (found is None or found.group(1) == "5"),
        )
    return None


def _typed(text: str) -> str | None:
    """`rfc822; a@b` as a plain address."""
    one = address(text.rpartition(";")[2])
    return one.address or None if one else None


def _original_id(root: Part) -> str | None:
    for part in root.walk():
        if part.media_type in (
            "message/rfc822",
            "message/global",
            "text/rfc822-headers",
            "message/rfc822-headers",
        ):
            inner, _ = split(part.content.lstrip(b"\r\n"))
            if ids := message_ids(inner.headers.first("message-id")):
                return ids[0]
    return None


def _is_from_daemon(headers: Headers, envelope: Envelope) -> bool:
    local = envelope.sender.address.rpartition("@")[0] or envelope.sender.name.lower().replace(" ", "-")
    return bool(_DAEMON.fullmatch(local)) or headers.first("return-path").strip() == "<>"


def _says_so(headers: Headers, envelope: Envelope, words: Vocabulary) -> bool:
    subject = folded(envelope.subject)
    return "x-failed-recipients" in headers or subject.startswith(words.bounce)


def _prose(headers: Headers, envelope: Envelope, text: str, original: str | None) -> Bounce:
    text = text[:MAX_PROSE]
    status, smtp, written = _STATUS.search(text), _SMTP.search(text), _PROSE_ID.search(text)
    failed = address(headers.first("x-failed-recipients").partition(",")[0])
    mine = {envelope.sender.address, *(one.address for one in envelope.to)}
    named = (match.group(1).lower() for match in _ADDRESS.finditer(text))
    recipient = failed.address if failed else next((one for one in named if one not in mine), None)
    code = status.group(1) if status else smtp.group(1)[0] if smtp else "5"
    code_at = status or smtp
    return Bounce(
        message_id=original or (written.group(1) if written else next(iter(envelope.references[-1:]), None)),
        recipient=recipient or None,
        status=status.group() if status else None,
        diagnostic=_line_at(text, code_at.start()) if code_at else None,
        permanent=code == "5",
    )


def _line_at(text: str, position: int) -> str:
    start, end = text.rfind("\n", 0, position) + 1, text.find("\n", position)
    return text[start : end if end >= 0 else len(text)].strip()[:500]
