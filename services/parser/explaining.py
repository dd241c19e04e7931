"""Why a mail is read as it is: what each line was taken for, and which rule made each part."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from services.parser.forwards import trusted
from services.parser.lines import Line
from services.parser.parsing import Reading, parsed, read
from services.parser.quotes import Split, split_lines
from shared.contracts.documents import Document
from shared.contracts.mail import ParsingPolicy, SenderCheck

MOST_LINES = 1_000
"""Lines that are explained; a person reads no more of them."""
MOST_TEXT = 200
"""Characters of a line that are shown."""

PartName = Literal["reply", "quoted", "signature"]


@dataclass(frozen=True)
class SeenLine:
    number: int
    """From 1."""
    depth: int
    kind: str
    """What it was taken for, in lower case; `unread` behind the lines that are looked at."""
    container: str
    """The HTML container that had a say."""
    part: PartName
    text: str


@dataclass(frozen=True)
class Ruled:
    part: PartName
    lines: int
    rule: str
    confidence: float


@dataclass(frozen=True)
class SeenForm:
    """The text or the HTML of a mail; each is split by itself."""

    name: Literal["text", "html"]
    parts: tuple[Ruled, ...]
    lines: tuple[SeenLine, ...]
    more: int
    """Lines below these."""


@dataclass(frozen=True)
class Explained:
    document: Document
    forms: tuple[SeenForm, ...]
    forward: str
    """Why the mail is taken for a forward, or is not."""


def explain(raw: bytes, policy: ParsingPolicy) -> Explained:
    """Parse a mail as `parse` does, and say why it is read so."""
    found = read(raw, policy)
    return Explained(parsed(found, policy).document, _forms(found), _forward(found, policy))


def _forms(found: Reading) -> tuple[SeenForm, ...]:
    words, forms = found.shown, []
    if words.text is not None or words.html is None:
        forms.append(_form("text", words.text_lines, found))
    if words.html is not None:
        forms.append(_form("html", words.html.lines, found))
    return tuple(forms)


def _form(name: Literal["text", "html"], lines: Sequence[Line], found: Reading) -> SeenForm:
    split = split_lines(lines, found.known, forward=found.stays_whole)
    seen = tuple(_line(at, line, split) for at, line in enumerate(lines[:MOST_LINES]))
    parts = (
        Ruled("reply", sum(map(len, split.reply)), split.rule, split.confidence),
        Ruled("quoted", len(split.quoted), split.rule, split.confidence),
        Ruled("signature", len(split.signature), split.signed.rule, split.signed.confidence),
    )
    return SeenForm(name, tuple(part for part in parts if part.lines), seen, max(0, len(lines) - MOST_LINES))


def _line(at: int, line: Line, split: Split) -> SeenLine:
    part: PartName = "quoted" if at in split.quoted else "signature" if at in split.signature else "reply"
    kind = split.kinds[at].name.lower() if at < len(split.kinds) else "unread"
    return SeenLine(at + 1, line.depth, kind, line.container, part, line.text[:MOST_TEXT])


def _forward(found: Reading, policy: ParsingPolicy) -> str:
    if found.original is not None:
        how = found.original.forwarded.how
        return "the original is an attached mail" if how == "attached" else "the original is below its frame"
    if found.automatic is not None:
        return "the mail is automatic"
    if found.sender_check is SenderCheck.FAILED:
        return "the sender is not who it says"
    domain = found.envelope.sender.domain
    if not trusted(domain, policy.mail_forwarding_domains):
        return f"{domain or 'a sender without domain'} is not a forwarding domain"
    return "no frame of a forward that names a sender, or the mail is a reply"
