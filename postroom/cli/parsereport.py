"""What a person is told of a parsed mail, in words: the same in the terminal and on a page."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from services.parser.explaining import Explained, Ruled, SeenForm
from shared.contracts.documents import CalendarEvent, CalendarTime, Document
from shared.contracts.mail import Address, MailFile

RULES = {
    "none": "nothing in it is quoted",
    "marker": "our own marker, which stands in mail that we sent",
    "intro": "a line that introduces a quote",
    "quotes": "quote marks without an introduction",
    "leading": "a quote above the answer",
    "inline": "answers between the quotes: nothing is cut",
    "separator": "a row such as Original Message",
    "header_block": "the header of an older mail, repeated as text",
    "container": "an element in which a mail program wraps what it quotes, or a filter of your own",
    "forward": "a forward: what was forwarded is its content, and stays",
    "nothing_left": "to cut would leave nothing, so nothing is cut",
}
SIGNED = {
    "container": "an element in which a mail program puts a signature",
    "dashes": "a line of two dashes",
    "sign_off": "a closing formula, and short lines below it",
    "mobile": "a line that a phone or a mail program adds",
    "disclaimer": "legal words, and short lines right above them",
}
SCHEMES = {"smime": "S/MIME", "pgp": "PGP"}
PROTECTED = {"signed": "Signed, not checked", "encrypted": "Encrypted, cannot be read here"}
EVENT_HEADS = ("method", "what", "from", "to", "organizer", "attendees")
MOST_WORDS = 20_000
"""Characters of a text that are shown."""
MOST_NAMED = 20
"""Addresses or references that are shown."""

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)

Row = tuple[str, ...]


@dataclass(frozen=True)
class Section:
    title: str
    rows: tuple[Row, ...]
    heads: Row = ()
    """Of a table; none when its rows are names and values."""
    below: str = ""


@dataclass(frozen=True)
class Report:
    sections: tuple[Section, ...]
    texts: tuple[tuple[str, str], ...]
    """Title and words of each part that has any."""
    lines: tuple[Section, ...]


def report_of(found: Explained) -> Report:
    document = found.document
    sections = (
        _section("Envelope", _envelope(document)),
        _section("Kind", tuple(_kind(found))),
        *(_parts(form) for form in found.forms),
        _section("Calendar", [_event(event) for event in document.calendar], EVENT_HEADS),
        _files(document.files),
        _section("Notes", [(note.code, note.detail) for note in document.notes]),
    )
    body = document.body
    texts = (
        ("Comment of the forwarder", document.comment_text),
        ("Reply", body.reply_text),
        ("Quoted", body.quoted_text),
        ("Signature", body.signature_text),
    )
    return Report(
        tuple(section for section in sections if section.rows),
        tuple((title, _shortened(text)) for title, text in texts if text),
        tuple(_lines(form) for form in found.forms if form.lines),
    )


def plain(text: str) -> str:
    """A text that neither steers a terminal nor turns its direction: what would is shown as a sign."""
    return _UNPRINTABLE.sub("\ufffd", text)


def _section(title: str, rows: Sequence[Row], heads: Row = (), below: str = "") -> Section:
    return Section(title, tuple(tuple(map(plain, row)) for row in rows), heads, below)


def _envelope(document: Document) -> list[Row]:
    rows = [
        ("From", _named((document.sender,))),
        ("To", _named(document.to)),
        ("Cc", _named(document.cc)),
        ("Reply-To", _named(document.reply_to)),
        ("Delivered to", _listed(document.delivered_to)),
        ("Subject", document.subject),
        ("Date", document.date.isoformat() if document.date else ""),
        ("Message-ID", document.message_id),
        ("In-Reply-To", _listed(document.in_reply_to)),
        ("References", _listed(document.references)),
        ("Language", document.language or ""),
        ("Sender check", document.sender_check.value),
    ]
    return [row for row in rows if row[1]]


def _kind(found: Explained) -> Iterator[Row]:
    document = found.document
    automatic, bounce, forwarded = document.automatic, document.bounce, document.forwarded
    yield "Automatic", f"{automatic.kind.value}: {automatic.evidence}" if automatic else "no sign of it"
    if bounce is not None:
        lasting = "for good" if bounce.permanent else "for now"
        facts = (
            _listed(bounce.recipients) or bounce.recipient,
            bounce.status,
            bounce.message_id,
            bounce.diagnostic,
        )
        yield "Bounced", f"{lasting}: {', '.join(one for one in facts if one)}"
    if (report := document.abuse_report) is not None:
        about = (report.recipient, report.message_id, report.subject)
        yield "Abuse report", f"{report.kind}: {', '.join(one for one in about if one)}"
    if forwarded is None:
        yield "Forward", f"no: {found.forward}"
    else:
        yield "Forward", f"{forwarded.how}, confidence {forwarded.confidence:.2f}: {found.forward}"
        yield "Forwarded by", _named((forwarded.by,))
    if document.original_sender is not None:
        yield "Original sender", _named((document.original_sender,))
        yield "Original date", document.original_date.isoformat() if document.original_date else "unknown"
    if (protection := document.protection) is not None:
        yield PROTECTED[protection.state], SCHEMES[protection.scheme]
    if document.only_thanks:
        yield "Thanks", "its own words are thanks and nothing else"


def _parts(form: SeenForm) -> Section:
    rows = [
        (part.part, str(part.lines), part.rule, f"{part.confidence:.2f}", _why(part)) for part in form.parts
    ]
    return _section(f"Parts of the {_name(form)}", rows, ("part", "lines", "rule", "confidence", "why"))


def _why(part: Ruled) -> str:
    return (SIGNED if part.part == "signature" else RULES).get(part.rule, "")


def _event(event: CalendarEvent) -> Row:
    people = [f"{_named((one.who,))} {one.answer}".strip() for one in event.attendees]
    what = ", ".join(filter(None, (event.summary, event.place, event.comment, event.status)))
    organizer = _named((event.organizer,)) if event.organizer else ""
    return event.method, what, _clock(event.start), _clock(event.end), organizer, _listed(people)


def _clock(time: CalendarTime | None) -> str:
    return f"{time.local} {time.zone or ''}".strip() if time else ""


def _files(files: Sequence[MailFile]) -> Section:
    rows = [
        (
            file.name,
            file.media_type,
            f"{file.size} bytes",
            _decided(file),
            file.reason,
        )
        for file in files
    ]
    return _section("Files", rows, ("name", "type", "size", "decision", "why"))


def _decided(file: MailFile) -> str:
    said = (file.decision.value, "inline" if file.inline else "", "" if file.listed else file.role)
    return ", ".join(filter(None, said))


def _lines(form: SeenForm) -> Section:
    rows = [
        (str(line.number), str(line.depth), line.kind, line.container, line.part, line.text)
        for line in form.lines
    ]
    below = f"{form.more} more lines" if form.more else ""
    heads = ("line", "depth", "kind", "container", "part", "words")
    return _section(f"Lines of the {_name(form)}", rows, heads, below)


def _name(form: SeenForm) -> str:
    return "HTML" if form.name == "html" else "text"


def _shortened(text: str) -> str:
    cut = f"\n… {len(text) - MOST_WORDS} more characters" if len(text) > MOST_WORDS else ""
    return plain(text[:MOST_WORDS]) + cut


def _named(people: Sequence[Address]) -> str:
    return _listed([f"{one.name} <{one.address}>".strip() for one in people if one.name or one.address])


def _listed(texts: Sequence[str]) -> str:
    more = f", and {len(texts) - MOST_NAMED} more" if len(texts) > MOST_NAMED else ""
    return ", ".join(texts[:MOST_NAMED]) + more
