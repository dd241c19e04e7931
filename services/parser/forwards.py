"""Unwraps a forwarded mail: who wrote the original, when, about what; only for senders of trusted domains.

A quoted header block is text that anyone can type, so the sender's own domain must be on the tenant's
list, and the mail must be a forward by its frame, not merely mention one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from services.parser.addresses import written_address
from services.parser.bodies import Words, forms_of, read_words
from services.parser.cutting import Html, html_lines, unframed
from services.parser.dates import written_date
from services.parser.headerblocks import header_block
from services.parser.lines import MAX_LINES, Line, dequoted, joined
from services.parser.marking import Kind, Marks, mark
from services.parser.mime import Part, attached_mail
from services.parser.reading import Envelope, clean_subject, parse_date, read_envelope
from services.parser.subjects import read_subject
from services.parser.vocabulary import Vocabulary
from shared.contracts.mail import Address, Forwarded, ParsingPolicy

MAX_COMMENT = 20_000

_NAME_ONLY = 0.4
"""Confidence when Exchange wrote the sender's name without an address."""
_MAX_GAP = 4


@dataclass(frozen=True)
class Original:
    """The mail inside the forward; `root` is its own MIME tree when it was attached."""

    sender: Address
    subject: str
    date: datetime | None
    words: Words
    root: Part | None
    comment: str
    forwarded: Forwarded


@dataclass(frozen=True)
class Frame:
    """What the forwarder's client wrote around the original, in one form of the mail."""

    start: int
    end: int
    fields: dict[str, str]
    confidence: float


def unwrap(
    root: Part, envelope: Envelope, words: Words, policy: ParsingPolicy, vocabulary: Vocabulary
) -> Original | None:
    """The original of a forward by a trusted sender; None for everything else."""
    if not trusted(envelope.sender.domain, policy.mail_forwarding_domains):
        return None
    subject = read_subject(envelope.subject, vocabulary)
    if subject.is_reply and not subject.is_forward:
        return None
    answers = bool(envelope.in_reply_to) and not subject.is_forward
    found = None if answers else _attached(root, envelope, words, named=subject.is_forward)
    found = found or _inline(envelope, words, vocabulary, replies=answers)
    own = {one.strip().lower() for one in policy.own_addresses}
    return None if found is None or found.sender.address in own else found


def trusted(domain: str, listed: Sequence[str]) -> bool:
    """Exactly a listed domain; `*.partner.example` means its subdomains and nothing else."""
    domain = domain.strip().lower().rstrip(".")
    for entry in (one.strip().lower().lstrip("@") for one in listed):
        if domain and (domain == entry or (entry.startswith("*.") and domain.endswith(entry[1:]))):
            return True
    return False


def _attached(root: Part, envelope: Envelope, words: Words, *, named: bool) -> Original | None:
    mails = [part for part in root.leaves() if part.media_type in ("message/rfc822", "message/global")]
    if len(mails) != 1:
        return None
    inner, _ = attached_mail(mails[0])
    original = read_envelope(inner, mails[0].content)
    if not original.sender.address:
        return None
    return Original(
        sender=original.sender,
        subject=original.subject,
        date=original.date,
        words=read_words(forms_of(inner)),
        root=inner,
        comment=words.whole.strip()[:MAX_COMMENT],
        forwarded=Forwarded(by=envelope.sender, how="attached", confidence=0.98 if named else 0.85),
    )


def _inline(envelope: Envelope, words: Words, vocabulary: Vocabulary, *, replies: bool) -> Original | None:
    subject = read_subject(envelope.subject, vocabulary)
    # A prefix that is a reply in one language and a forward in another: a reply names what it answers.
    named = subject.surely_forward or (subject.is_forward and not envelope.in_reply_to)
    lines = words.text_lines
    frame = _frame(lines, vocabulary, named=named)
    in_html = _frame(words.html.lines, vocabulary, named=named) if words.html else None
    best = frame or in_html
    if best is None or (replies and best.confidence < 0.9):  # noqa: PLR2004 - a separator row outweighs the ids
        return None
    sender = written_address(best.fields.get("from", ""))
    if sender is None:
        return None
    inner_subject = clean_subject(best.fields.get("subject", "")) or subject.plain
    confidence = best.confidence if sender.address else _NAME_ONLY
    head = lines[: frame.start] if frame else words.html.lines[: best.start] if words.html else []
    return Original(
        sender=sender,
        subject=inner_subject,
        date=_date(best.fields.get("date", ""), envelope, vocabulary),
        words=_behind(words, frame, in_html),
        root=None,
        comment=joined(list(head)).strip()[:MAX_COMMENT],
        forwarded=Forwarded(by=envelope.sender, how="inline", confidence=confidence),
    )


def _frame(lines: Sequence[Line], vocabulary: Vocabulary, *, named: bool) -> Frame | None:
    lines = lines[:MAX_LINES]
    marks = mark(lines, vocabulary)
    for position, kind in enumerate(marks.kinds):
        if kind is Kind.FORWARD:
            return _below_row(lines, position, vocabulary)
        if position in marks.blocks and lines[position].depth == 0:
            block = marks.blocks[position]
            start = _with_row(marks, position)
            return Frame(start, block.end, block.fields, 0.9) if named else None
        if kind is Kind.MARKER or kind is Kind.QUOTE:
            return None
        if kind is Kind.INTRO and lines[position].hint != "intro":
            return _attribution(lines, marks, position) if named else None
    return None


def _below_row(lines: Sequence[Line], row: int, vocabulary: Vocabulary) -> Frame | None:
    """The labels are read only from the block right below the row, whatever the text says further down."""
    for position in range(row, min(row + 1 + _MAX_GAP, len(lines))):
        block = header_block(lines, position, vocabulary)
        if block is not None:
            known = "from" in block.fields and len(block.fields) > 1
            return Frame(row, block.end, block.fields, 0.95) if known else None
        if lines[position].words and position > row:
            return None
    return None


def _with_row(marks: Marks, position: int) -> int:
    above = position
    while above > 0 and marks.kinds[above - 1] in (Kind.EMPTY, Kind.RULE, Kind.SEPARATOR, Kind.REST):
        above -= 1
    return above


def _attribution(lines: Sequence[Line], marks: Marks, position: int) -> Frame | None:
    """Some clients put just `On DATE, NAME <address> wrote:` above a forwarded mail."""
    end = position
    while end < len(lines) and marks.kinds[end] is Kind.INTRO:
        end += 1
    intro = " ".join(line.words for line in lines[position:end])
    before, bracket, after = intro.partition("<")
    if not bracket or "@" not in after:
        return None
    name = before.rpartition(",")[2].strip() if "," in before else ""
    return Frame(position, end, {"from": f"{name} <{after.partition('>')[0]}>", "date": before}, 0.6)


def _behind(words: Words, frame: Frame | None, in_html: Frame | None) -> Words:
    """The original's words: what is behind the frame, no longer quoted as a whole."""
    text = None
    if frame is not None and words.text is not None:
        lines = words.text_lines[frame.end :]
        filled = [line for line in lines if line.words]
        text = joined(dequoted(lines) if filled and all(line.depth for line in filled) else lines).strip("\n")
    html = words.html
    rest = _html_behind(html, in_html) if html is not None and in_html is not None else None
    if text is None and rest is None:
        text = joined(words.text_lines[frame.end if frame else 0 :])
    return Words(text, rest, words.notes)


def _html_behind(html: Html, frame: Frame) -> Html | None:
    part = range(frame.end, len(html.lines))
    if not html.can_cut(part):
        return None
    quoted = all(line.depth for line in html.lines[part.start :] if line.words)
    return html_lines(unframed(html.only(part), quoted=quoted))


def _date(text: str, envelope: Envelope, vocabulary: Vocabulary) -> datetime | None:
    """Clients leave the zone out; then it is most likely the forwarder's own."""
    return written_date(text, vocabulary.months, envelope.zone) or parse_date(text)
