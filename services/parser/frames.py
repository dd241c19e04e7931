"""Finds what the forwarder's client wrote around the original, in one form of a mail."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from services.parser.headerblocks import MAX_LABEL, header_block, one_line_block
from services.parser.kinds import Kind, row_kind
from services.parser.lines import MAX_LINES, Line
from services.parser.marking import MAX_INTRO_LINES, Marks, mark_to_forward
from services.parser.vocabulary import Vocabulary, folded, has_date, undirected

_MAX_GAP = 4
_ROW_EDGE = " \t-_=*~"
_ROWS = (Kind.FORWARD, Kind.SEPARATOR, Kind.RULE)
_COLONS = (":", "\uff1a")
_MOMENT = re.compile(r"\d{1,2}[:.h]\d{2}")
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?!\d)")
_DIGITS = re.compile(r"\d")


@dataclass(frozen=True)
class Frame:
    """Lines `start` to `end` (exclusive) are the frame, those up to `stop` the original."""

    start: int
    end: int
    stop: int
    fields: dict[str, str]
    confidence: float


def frame_in(lines: Sequence[Line], vocabulary: Vocabulary, *, named: bool) -> Frame | None:
    """The frame of a forward; `named` says that the subject calls the mail one."""
    seen = lines[:MAX_LINES]
    marks = mark_to_forward(seen, vocabulary)
    found = _found(seen, marks, vocabulary, named=named)
    if found is None or _strange_block(seen[: found.start]):
        return None
    end, confidence, fields, start = found.end, found.confidence, found.fields, found.start
    if end < len(seen) and row_kind(seen[end].words, vocabulary) is Kind.FORWARD:
        # Zoho draws its row below the labels once more.
        end += 1
    stop = len(lines) if len(lines) > len(seen) else _closed(seen, end, vocabulary)
    return Frame(start, end, stop, fields, confidence)


@dataclass(frozen=True)
class _Found:
    start: int
    end: int
    fields: dict[str, str]
    confidence: float


def _found(lines: Sequence[Line], marks: Marks, vocabulary: Vocabulary, *, named: bool) -> _Found | None:
    for position, kind in enumerate(marks.kinds):
        if kind is Kind.FORWARD or (kind is Kind.QUOTED_FORWARD and named):
            return _below_row(lines, position, marks, vocabulary)
        if position in marks.blocks and lines[position].depth == 0:
            block = marks.blocks[position]
            return _Found(_with_row(marks, position), block.end, block.fields, 0.9) if named else None
        if kind in (Kind.QUOTE, Kind.QUOTED_FORWARD) and lines[position].words:
            return _quoted_whole(marks, position) if named else None
        if kind is Kind.MARKER:
            return None
        if kind is Kind.INTRO and lines[position].hint != "intro":
            return _attribution(lines, position, vocabulary, 0.6) if named else None
    return None


def _below_row(lines: Sequence[Line], row: int, marks: Marks, vocabulary: Vocabulary) -> _Found | None:
    """The labels are read only from the block right below the row, whatever the text says further down."""
    if fields := one_line_block(lines[row].words, vocabulary):
        return _Found(row, row + 1, fields, 0.95) if _tells_enough(fields) else None
    for position in range(row + 1, min(row + 1 + _MAX_GAP, len(lines))):
        if fields := one_line_block(lines[position].words, vocabulary):
            return _Found(row, position + 1, fields, 0.95) if _tells_enough(fields) else None
        block = header_block(lines, position, vocabulary)
        if block is not None:
            return _Found(row, block.end, block.fields, 0.95) if _tells_enough(block.fields) else None
        # An HTML container may say it above the row that says it again; some draw a second row.
        if lines[position].words and marks.kinds[position] not in _ROWS:
            found = _attribution(lines, position, vocabulary, 0.9)
            return replace(found, start=row) if found else None
    return None


def _tells_enough(fields: dict[str, str]) -> bool:
    return "from" in fields and len(fields) > 1


def _quoted_whole(marks: Marks, position: int) -> _Found | None:
    """A forward quoted from its header block to the end of the mail."""
    block = marks.blocks.get(position)
    is_whole = set(marks.kinds[position:]) <= {Kind.QUOTE, Kind.EMPTY}
    return _Found(position, block.end, block.fields, 0.85) if block and is_whole else None


def _with_row(marks: Marks, position: int) -> int:
    above = position
    while above > 0 and marks.kinds[above - 1] in (Kind.EMPTY, Kind.RULE, Kind.SEPARATOR, Kind.REST):
        above -= 1
    return above


def _attribution(
    lines: Sequence[Line], position: int, vocabulary: Vocabulary, confidence: float
) -> _Found | None:
    """Some clients put just `On DATE, NAME <address> wrote:` above a forwarded mail."""
    intro, end = "", position
    while (
        end < min(position + MAX_INTRO_LINES, len(lines)) and lines[end].words and not intro.endswith(_COLONS)
    ):
        intro = undirected(f"{intro} {lines[end].words}").strip()
        end += 1
    before, bracket, after = intro.partition("<")
    if not bracket or "@" not in after or not has_date(before) or not intro.endswith(_COLONS):
        return None
    name = _name_behind_date(before, vocabulary)
    address = after.partition(">")[0]
    return _Found(position, end, {"from": f"{name} <{address}>", "date": before}, confidence)


def _name_behind_date(text: str, vocabulary: Vocabulary) -> str:
    """`On 5 March 2024, 16:05, "Marc Dupont"`, `Am 05.03.24 um 16:05 Uhr schrieb Marc Dupont`."""
    text = text.rstrip()
    if text.endswith('"'):
        return text[:-1].rpartition('"')[2].strip()
    words = text.split()
    last_digit = max((at for at, word in enumerate(words) if _DIGITS.search(word)), default=-1)
    words = words[last_digit + 1 :]
    while words and folded(words[0]).strip(".,") in vocabulary.intro_words:
        words.pop(0)
    return " ".join(words).strip(" ,;")


def _strange_block(lines: Sequence[Line]) -> bool:
    """Whether labels of a language that we do not know stand above: then they are the frame, and what we
    know further down was written by whoever was forwarded, who may claim to be anybody."""
    dated = addressed = False
    labels = 0
    for line in lines:
        label, colon, value = line.words.partition(":")
        if not colon or not value or len(label) > MAX_LABEL:
            dated, addressed, labels = False, False, 0
            continue
        labels += 1
        dated = dated or bool(_MOMENT.search(value) and _YEAR.search(value))
        addressed = addressed or "@" in value
        if labels >= 3 and dated and addressed:  # noqa: PLR2004 - as many as speak for a mail
            return True
    return False


def _closed(lines: Sequence[Line], end: int, vocabulary: Vocabulary) -> int:
    """Where the original ends: at a row that says so or that is drawn, or with the mail."""
    last = next((at for at in range(len(lines) - 1, end - 1, -1) if lines[at].words), len(lines))
    if last == len(lines):
        return last
    ends = folded(lines[last].words.strip(_ROW_EDGE)) in vocabulary.forward_end
    return last if ends or row_kind(lines[last].words, vocabulary) is Kind.RULE else len(lines)
