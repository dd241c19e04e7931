"""Who wrote to whom, when, about what: the envelope of a mail."""

import hashlib
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from itertools import accumulate

from services.parser.addresses import address, addresses
from services.parser.dates import written_date
from services.parser.headerdates import follows_rules, parse_date, zone_in
from services.parser.headers import Headers, decode_words
from services.parser.mime import Part
from services.parser.vocabulary import vocabulary
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
_NO_SPACE = dict.fromkeys(map(ord, " \t\r\n\f\v\u00a0\u200b\ufeff"))


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
    written = headers.first("date")
    zone = zone_in(written)
    date = parse_date(written)
    if date is None and not follows_rules(written):
        # Some programs write the months of their own language.
        date = written_date(written, vocabulary().months, zone)
    sender = _sender(headers)
    notes = [
        ("no_message_id", not ids),
        ("no_sender", not sender.address),
        ("bad_date", date is None and bool(written)),
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
        zone=zone,
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
