"""Bytes of a mail in, facts out: the whole parser as one pure function that any bytes survive."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from services.parser.abusereports import abuse_report_of
from services.parser.attachments import Files, bounded, data_images, find_files, judge
from services.parser.automatic import examine
from services.parser.bodies import Words, body_of, forms_of, read_words
from services.parser.calendars import Calendars, answers_by_itself, read_calendars
from services.parser.courtesy import only_thanks
from services.parser.forwards import Original, unwrap
from services.parser.logos import CID, with_logos
from services.parser.mime import Part, split
from services.parser.protection import opened, protection_of
from services.parser.reading import Envelope, fingerprint, read_envelope
from services.parser.sendercheck import sender_check
from services.parser.subjects import read_subject
from services.parser.vocabulary import Vocabulary, vocabulary_with
from shared.contracts.documents import Body, Document, Note, Protection
from shared.contracts.mail import AbuseReport, Automatic, AutomaticKind, Bounce, ParsingPolicy, SenderCheck


@dataclass(frozen=True)
class Parsed:
    document: Document
    files: dict[str, bytes] = field(default_factory=dict, repr=False)
    """sha256 -> decoded bytes of every file that was kept or warned about."""


@dataclass(frozen=True)
class Reading:
    """What the rules found in a mail, before it is written down."""

    root: Part
    envelope: Envelope
    words: Words
    known: Vocabulary
    automatic: Automatic | None
    bounce: Bounce | None
    abuse_report: AbuseReport | None
    calendars: Calendars
    protection: Protection | None
    sender_check: SenderCheck
    original: Original | None
    notes: tuple[Note, ...]

    @property
    def shown(self) -> Words:
        """The words that are split: of a forwarded mail those of the original."""
        return self.original.words if self.original else self.words

    @property
    def stays_whole(self) -> bool:
        """It passes on another mail, by its subject or as a report on it, which is then not cut."""
        if self.bounce or self.abuse_report:
            return True
        subject = (self.original.envelope if self.original else self.envelope).subject
        return read_subject(subject, self.known).surely_forward


def parse(raw: bytes, policy: ParsingPolicy) -> Parsed:
    """The same bytes and policy always give the same answer."""
    return parsed(read(raw, policy), policy)


def read(raw: bytes, policy: ParsingPolicy) -> Reading:
    words_known = vocabulary_with(policy.filters)
    outside, notes = split(raw)
    mail = opened(outside)
    root = mail.root
    envelope = read_envelope(root, raw)
    words = read_words(forms_of(root))
    calendars = read_calendars(root)
    automatic, bounce = examine(root, envelope, words.whole, policy, words_known)
    if automatic is None and answers_by_itself(calendars.events, words.whole):
        automatic = Automatic(kind=AutomaticKind.OTHER, evidence="answer of a calendar")
    abuse_report = abuse_report_of(root) if automatic else None
    checked = sender_check(root.headers)
    believed = not automatic and checked is not SenderCheck.FAILED
    original = unwrap(root, envelope, words, policy, words_known) if believed else None
    if original and original.root:
        calendars = read_calendars(original.root)
    return Reading(
        root=root,
        envelope=envelope,
        words=words,
        known=words_known,
        automatic=automatic,
        bounce=bounce,
        abuse_report=abuse_report,
        calendars=calendars,
        protection=protection_of(mail, words.text or "", clear_signed=words.clear_signed),
        sender_check=checked,
        original=original,
        notes=(*notes, *mail.notes),
    )


def parsed(found: Reading, policy: ParsingPolicy) -> Parsed:
    envelope, words, shown = found.envelope, found.words, found.shown
    body = body_of(shown, found.known, forward=found.stays_whole)
    files, file_notes = _files(found, policy, body)
    document = _document(envelope, body, files, found.original).model_copy(
        update={
            "fingerprint": fingerprint(envelope, words.whole, files.files),
            "automatic": found.automatic,
            "bounce": found.bounce,
            "abuse_report": found.abuse_report,
            "calendar": found.calendars.events,
            "protection": found.protection,
            "sender_check": found.sender_check,
            "only_thanks": not any(file.listed for file in files.files)
            and only_thanks(body.reply_text, envelope.sender, found.known),
        }
    )
    notes = (*found.notes, *envelope.notes, *shown.notes, *file_notes)
    return Parsed(document.model_copy(update={"notes": _each_once(notes)}), dict(files.contents))


def _files(reading: Reading, policy: ParsingPolicy, body: Body) -> tuple[Files, Sequence[Note]]:
    """Of an attached original only its own files; an inline one brought those of the mail around it."""
    original = reading.original
    source = original.root if original and original.root else reading.root
    shown = original.words if original and original.root else reading.words
    found, notes = find_files(source, forms_of(source), reading.calendars.parts)
    if shown.html is not None:
        found += data_images(shown.html.tamed.images)
    told_apart, too_many = bounded(found)
    html = f"{body.reply_html or ''}{body.quoted_html or ''}"
    files = judge(told_apart, policy, set(CID.findall(html)))
    return replace(files, files=with_logos(files.files, body)), (*notes, *too_many)


def _document(envelope: Envelope, body: Body, files: Files, original: Original | None) -> Document:
    return Document(
        message_id=envelope.message_id,
        in_reply_to=envelope.in_reply_to,
        references=envelope.references,
        sender=envelope.sender,
        to=envelope.to,
        cc=envelope.cc,
        reply_to=envelope.reply_to,
        delivered_to=envelope.delivered_to,
        subject=(original.envelope if original else envelope).subject,
        date=(original.envelope.date if original else None) or envelope.date,
        fingerprint="",
        body=body,
        files=files.files,
        forwarded=original.forwarded if original else None,
        original_sender=original.sender if original else None,
        original_date=original.envelope.date if original else None,
        original_to=original.envelope.to if original else (),
        original_cc=original.envelope.cc if original else (),
        comment_text=original.comment if original else "",
        language=envelope.language,
    )


def _each_once(notes: Sequence[Note]) -> tuple[Note, ...]:
    return tuple({note.code: note for note in reversed(notes)}.values())[::-1]
