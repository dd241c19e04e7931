"""Who wrote to whom, when, about what: the envelope of a mail."""

import email.utils
import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from itertools import accumulate

from services.parser.addresses import address, addresses
from services.parser.headers import Headers, decode_words
from services.parser.mime import Part
from services.parser.zones import HOURS_AHEAD
from shared.contracts.documents import Note
from shared.contracts.languages import language_tag
from shared.contracts.mail import Address, MailFile

MAX_SUBJECT = 1_000
MAX_ID = 995
"""Bytes of a message id; a line of a mail holds no longer one."""
MAX_REFERENCES = 10_000
"""Bytes of references kept: the first, and the newest of the others; they ride in a message."""
MAX_OTHERS = 3_000
"""Bytes kept of each other list that rides in a message."""

_ID = re.compile(r"<([^<>]{1,995})>")
_SPACE = re.compile(r"\s+")
_DELIVERED = ("x-gm-original-to", "delivered-to", "envelope-to", "x-original-to")
_ISO_DATE = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d{1,6})?([+-]\d\d:?\d\d|Z)?")
_DOTTED_DATE = re.compile(r"\b(\d{1,2})\.(\d{1,2})\.(\d{4})\b")
_LOOSE_OFFSET = re.compile(r"(?:\b(?:GMT|UTC)\s?)?([+-])(\d{1,2}):?(\d\d)\b(?=\s*(?:\(|$))")
_ZONE_NAME = re.compile(r"\b([A-Z]{3,4})\s*$")
_MONTHS = ["", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_NO_SPACE = dict.fromkeys(map(ord, " \t\r\n\f\v\u00a0\u200b\ufeff"))
_FIRST_YEAR, _LAST_YEAR = 1975, 2100


@dataclass(frozen=True)
class Envelope:
    message_id: str
    in_reply_to: tuple[str, ...]
    references: tuple[str, ...]
    sender: Address
    to: tuple[Address, ...]
    cc: tuple[Address, ...]
    reply_to: tuple[Address, ...]
    delivered_to: tuple[str, ...]
    subject: str
    date: datetime | None
    zone: tzinfo
    """In which the sender's clock runs; UTC when unknown."""
    language: str | None
    notes: tuple[Note, ...]


def read_envelope(root: Part, raw: bytes) -> Envelope:
    headers = root.headers
    ids = message_ids(headers.first("message-id"))
    date = parse_date(headers.first("date"))
    sender = _sender(headers)
    notes = [
        ("no_message_id", not ids),
        ("no_sender", not sender.address),
        ("bad_date", date is None and bool(headers.first("date"))),
    ]
    return Envelope(
        message_id=ids[0] if ids else f"sha256-{hashlib.sha256(raw).hexdigest()}@postroom.invalid",
        in_reply_to=_within(message_ids(headers.first("in-reply-to"))[:10], MAX_OTHERS),
        references=_shortened(message_ids(" ".join(headers.all("references")))),
        sender=sender,
        to=addresses(", ".join(headers.all("to"))),
        cc=addresses(", ".join(headers.all("cc"))),
        reply_to=addresses(", ".join(headers.all("reply-to")), max_bytes=MAX_OTHERS),
        delivered_to=_delivered_to(headers),
        subject=clean_subject(headers.first("subject")),
        date=date,
        zone=_zone(headers.first("date")),
        language=_language(headers),
        notes=tuple(Note(code=code) for code, holds in notes if holds),
    )


def message_ids(text: str) -> tuple[str, ...]:
    """The ids in a header, without angle brackets, in order, each once. Some programs, Python's among them,
    write a long one as encoded words, which none may be."""
    text = decode_words(text)
    found = [_SPACE.sub("", match) for match in _ID.findall(text)]
    if not found:
        found = [token.strip("<>,;\"'()") for token in text.split() if "@" in token]
    return tuple(dict.fromkeys(one for one in found if one and len(one.encode()) <= MAX_ID))


def clean_subject(text: str) -> str:
    return _SPACE.sub(" ", decode_words(text[: 8 * MAX_SUBJECT])).strip()[:MAX_SUBJECT]


def parse_date(text: str) -> datetime | None:
    """A moment in UTC, from RFC 5322 or ISO 8601; None when it makes no sense."""
    text = text[:200]
    try:
        if _ISO_DATE.fullmatch(text.strip()):
            return as_moment(datetime.fromisoformat(text.strip()))
        fields = email.utils.parsedate_tz(_usual(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if fields is None:
        return None
    try:
        zone = timezone(timedelta(seconds=fields[9] or 0))
        return as_moment(datetime(*fields[:6], tzinfo=zone))
    except (ValueError, TypeError, OverflowError):
        return None


def _usual(text: str) -> str:
    """A date of RFC 5322, 3.3, of one that a program wrote nearly so."""
    if (match := _DOTTED_DATE.search(text)) and 1 <= int(match.group(2)) <= 12:  # noqa: PLR2004 - months
        text = _DOTTED_DATE.sub(
            f"{match.group(1)} {_MONTHS[int(match.group(2))]} {match.group(3)}", text, count=1
        )
    text = _LOOSE_OFFSET.sub(lambda match: f" {match.group(1)}{match.group(2):0>2}{match.group(3)}", text)
    named = _ZONE_NAME.search(text)
    if named and named.group(1) in HOURS_AHEAD:
        minutes = round(HOURS_AHEAD[named.group(1)] * 60)
        offset = f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}{abs(minutes) % 60:02}"
        text = f"{text[: named.start()]}{offset}"
    return text


def _zone(text: str) -> tzinfo:
    match = re.search(r"([+-])(\d\d)(\d\d)\b(?!.*[+-]\d{4})", _usual(text[:200]))
    if match is None:
        return UTC
    offset = timedelta(hours=int(match.group(2)), minutes=int(match.group(3)))
    return timezone(offset if match.group(1) == "+" else -offset) if offset < timedelta(hours=15) else UTC


def as_moment(moment: datetime) -> datetime | None:
    """In UTC, when it lies in the age of mail."""
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def fingerprint(envelope: Envelope, text: str, files: Sequence[MailFile]) -> str:
    """Equal for two copies of one mail, whatever happened to their headers on the way."""
    date = envelope.date.isoformat() if envelope.date else ""
    contents = sorted(file.sha256 for file in files)
    folded = (envelope.sender.address, date, _folded(envelope.subject), _folded(text), *contents)
    return hashlib.sha256("\n".join(folded).encode("utf-8", "surrogatepass")).hexdigest()


def _folded(text: str) -> str:
    return text.casefold().translate(_NO_SPACE)


def _sender(headers: Headers) -> Address:
    """Of the first header that has an address; under the name that From gives, if only that is there."""
    name = ""
    for header in ("from", "sender", "reply-to", "return-path"):
        found = addresses(headers.first(header)[:20_000])
        if one := next((one for one in found if one.address), None):
            return Address(address=one.address, name=name or one.name)
        name = name or next((one.name for one in found), "")
    return Address(address="", name=name)


def _shortened(ids: tuple[str, ...]) -> tuple[str, ...]:
    newest = _within(ids[:0:-1], MAX_REFERENCES - 2 * MAX_ID)
    return (*ids[:1], *reversed(newest))


def _within(texts: Sequence[str], max_bytes: int) -> tuple[str, ...]:
    """The first of them, as many as fill so many bytes of JSON."""
    filled = accumulate(len(json.dumps(text, ensure_ascii=False).encode()) + 1 for text in texts)
    return tuple(text for text, so_far in zip(texts, filled, strict=True) if so_far <= max_bytes)


def _delivered_to(headers: Headers) -> tuple[str, ...]:
    found = (address(value) for name in _DELIVERED for value in headers.all(name)[:20])
    return _within(tuple(dict.fromkeys(one.address for one in found if one and one.address)), MAX_OTHERS)


def _language(headers: Headers) -> str | None:
    return language_tag(headers.first("content-language").partition(",")[0])
