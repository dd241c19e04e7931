"""Unwraps a forwarded mail: who wrote the original, when, about what; only for senders of trusted domains.

A quoted header block is text that anyone can type, so the sender's own domain must be on the tenant's
list, and the mail must be a forward by its frame, not merely mention one. The same holds on every level of
a forward in a forward: the innermost sender whom a listed forwarder vouches for is the one that counts."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.parser.addresses import written_address, written_addresses
from services.parser.bodies import Words, forms_of, read_words
from services.parser.cutting import Html, html_lines, unframed
from services.parser.dates import written_date
from services.parser.frames import Frame, frame_in
from services.parser.headerdates import parse_date
from services.parser.lines import Line, dequoted, joined, unindented
from services.parser.mime import Part, attached_mail
from services.parser.protection import opened
from services.parser.reading import Envelope, clean_subject, read_envelope
from services.parser.signatures import without_mobile
from services.parser.subjects import read_subject
from services.parser.vocabulary import Vocabulary
from shared.contracts.mail import Address, Forwarded, ParsingPolicy

MAX_COMMENT = 20_000
MAX_LEVELS = 3
"""Forwards inside each other that are unwrapped; each costs one more look at the mail."""

_NAME_ONLY = 0.4
"""Confidence when Exchange wrote the sender's name without an address."""


@dataclass(frozen=True)
class Original:
    """The mail inside the forward."""

    envelope: Envelope
    """Who wrote it to whom, when, about what, as far as the forward tells."""
    words: Words
    root: Part | None
    """Its own MIME tree when it was attached."""
    comment: str
    forwarded: Forwarded

    @property
    def sender(self) -> Address:
        return self.envelope.sender

    def around(self, inner: "Original") -> "Original":
        """This forward and the one inside it as one: the inner original, and everybody who passed it on."""
        by = f"{self.sender.name} <{self.sender.address}>:".strip()
        comments = [self.comment, f"{by}\n{inner.comment}" if inner.comment else ""]
        return replace(
            inner,
            root=inner.root or self.root,
            comment="\n\n".join(filter(None, comments))[:MAX_COMMENT],
            forwarded=Forwarded(
                by=self.forwarded.by,
                through=(*self.forwarded.through, self.sender),
                how=self.forwarded.how if self.forwarded.how == inner.forwarded.how else "inline",
                confidence=round(self.forwarded.confidence * inner.forwarded.confidence, 2),
            ),
        )


def unwrap(
    root: Part, envelope: Envelope, words: Words, policy: ParsingPolicy, vocabulary: Vocabulary
) -> Original | None:
    """The original of a forward by a trusted sender, None for everything else. When that original is a
    forward too, what is in it counts only if its own sender is trusted, and so on inwards."""
    own = {one.strip().lower() for one in policy.own_addresses}
    found: Original | None = None
    for _ in range(MAX_LEVELS):
        if not trusted(envelope.sender.domain, policy.mail_forwarding_domains):
            break
        inner = _unwrapped(root, envelope, words, vocabulary)
        if inner is None or inner.sender.address in own:
            break
        found = found.around(inner) if found else inner
        root, envelope, words = inner.root or root, inner.envelope, inner.words
    return found


def _unwrapped(root: Part, envelope: Envelope, words: Words, vocabulary: Vocabulary) -> Original | None:
    """What one forwarder passed on. A mail attached to what was forwarded in the text came with that."""
    subject = read_subject(envelope.subject, vocabulary)
    if subject.is_reply and not subject.is_forward:
        return None
    answers = bool(envelope.in_reply_to) and not subject.is_forward
    inline = _inline(envelope, words, vocabulary, replies=answers)
    if answers or (inline is not None and inline.sender.address):
        return inline
    return _attached(root, envelope, words, named=subject.is_forward) or inline


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
    inner = opened(attached_mail(mails[0])[0]).root
    original = read_envelope(inner, mails[0].content)
    if not original.sender.address:
        return None
    return Original(
        envelope=original,
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
    frame = frame_in(lines, vocabulary, named=named)
    in_html = frame_in(words.html.lines, vocabulary, named=named) if words.html else None
    best = frame or in_html
    if best is None or (replies and best.confidence < 0.9):  # noqa: PLR2004 - a separator row outweighs the ids
        return None
    sender = written_address(best.fields.get("from", ""))
    if sender is None:
        return None
    head = lines[: frame.start] if frame else words.html.lines[: best.start] if words.html else []
    return Original(
        envelope=_written_envelope(best.fields, sender, subject.plain, envelope, vocabulary),
        words=_behind(words, lines, frame, in_html),
        root=None,
        comment=joined(list(without_mobile(head, vocabulary))).strip()[:MAX_COMMENT],
        forwarded=Forwarded(
            by=envelope.sender, how="inline", confidence=best.confidence if sender.address else _NAME_ONLY
        ),
    )


def _written_envelope(
    fields: dict[str, str], sender: Address, subject: str, around: Envelope, vocabulary: Vocabulary
) -> Envelope:
    """The envelope that a frame tells of. Clients leave the zone of the date out; then it is most likely
    the forwarder's own."""
    date = fields.get("date", "")
    return replace(
        around,
        message_id="",
        in_reply_to=(),
        references=(),
        sender=sender,
        to=written_addresses(fields.get("to", "")),
        cc=written_addresses(fields.get("cc", "")),
        reply_to=written_addresses(fields.get("reply_to", "")),
        delivered_to=(),
        subject=clean_subject(fields["subject"]) if "subject" in fields else subject,
        date=written_date(date, vocabulary.months, around.zone) or parse_date(date),
        notes=(),
    )


def _behind(words: Words, lines: list[Line], frame: Frame | None, in_html: Frame | None) -> Words:
    """The original's words: what is behind the frame, no longer quoted or indented as a whole."""
    original = lines[frame.end : frame.stop] if frame else lines
    text = None
    if frame is not None and words.text is not None:
        quoted = all(line.depth for line in original if line.words)
        text = joined(dequoted(original) if quoted else unindented(original)).strip("\n").lstrip("\ufeff")
    html = words.html
    rest = _html_behind(html, in_html) if html is not None and in_html is not None else None
    if text is None and rest is None:
        text = joined(original)
    return Words(text, rest, words.notes)


def _html_behind(html: Html, frame: Frame) -> Html | None:
    part = range(frame.end, frame.stop)
    if not html.can_cut(part):
        return None
    quoted = all(line.depth for line in html.lines[part.start : part.stop] if line.words)
    return html_lines(unframed(html, part, quoted=quoted))
