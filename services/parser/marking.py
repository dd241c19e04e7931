"""What each line of a mail is, before anything is decided: text, quote, intro, separator, ..."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from services.parser.headerblocks import (
    MAX_TITLE,
    WRAPPED_FROM,
    HeaderBlock,
    header_block,
    is_one_line_quote,
)
from services.parser.kinds import Kind, has_colon, kind_of, row_kind
from services.parser.lines import Line
from services.parser.vocabulary import MAX_JOINED, Vocabulary, folded, folded_colon, has_date, has_moment

MAX_INTRO_LINES = 5
"""Lines that one wrapped intro may cover; the bound keeps matching linear."""

MAX_INTRO_TRIES = 2_000
"""Lines that are taken for the end of an intro; no real thread has as many."""

MAX_OWN_LINES = 2_000
"""Lines that a user's filters are tried on: with what a pattern may cost, this bounds the time of a mail."""

MAX_BELOW = 10
"""Lines below the row of a forward that may tell what stands right above it."""

MAX_GAP = 3
"""Empty lines between an intro and the quote it introduces."""

LABELS, MAX_ONE_LINE_TRIES = 3, 200
"""Labels of a header on one line, and lines that are tried as one."""

MAX_LEFT_OVER = 20
"""Characters that a line is left with which was wrapped once more."""

MAX_MOMENT = 40
"""Characters of a line that says when a mail was written, and nothing else."""

MAX_WRAPPED = 100
"""Characters of a line that a client has wrapped."""

_GOES_ON = re.compile(r"(?<=:)[ \u00a0]{2,}\S")
"""Yahoo's phones write the old mail on the line of its intro."""


_BETWEEN_QUOTES = re.compile(f"{Kind.QUOTE}(?={Kind.TEXT}{Kind.QUOTE})")
_ROWS = frozenset((Kind.RULE, Kind.SEPARATOR))
_MAY_HEAD = (Kind.TEXT, Kind.QUOTE, Kind.REST, Kind.INTRO)


@dataclass(frozen=True)
class Marks:
    kinds: list[Kind]
    blocks: dict[int, HeaderBlock] = field(default_factory=dict)
    """First line -> header block, of those that speak for a mail."""


def mark(lines: Sequence[Line], words: Vocabulary) -> Marks:
    return _marked(lines, [kind_of(line, words) for line in lines], len(lines), words)


def mark_to_forward(lines: Sequence[Line], words: Vocabulary) -> Marks:
    """The marks of the lines to the first row that heads a forward: what the original says below changes
    none of them."""
    kinds = []
    for line in lines:
        kinds.append(kind_of(line, words))
        if kinds[-1] is Kind.FORWARD:
            break
    end = len(kinds)
    kinds += (kind_of(line, words) for line in lines[end : end + MAX_BELOW])
    return _marked(lines[: len(kinds)], kinds, end, words)


def _marked(lines: Sequence[Line], kinds: list[Kind], end: int, words: Vocabulary) -> Marks:
    """The marks of lines whose words are looked at by themselves already, in their context up to `end`."""
    _mark_wrapped_quotes(lines, kinds)
    # Whatever introduces older mail has a colon, or at least an address; most lines have none.
    addressed = [at for at, line in enumerate(lines[:end]) if "@" in line.words]
    telling = sorted({*addressed, *(at for at, line in enumerate(lines[:end]) if has_colon(line.words))})
    _mark_own(lines, kinds, words)
    _mark_one_line(lines, kinds, addressed, words)
    _mark_table(lines, kinds, addressed, words)
    _mark_intros(lines, kinds, telling, words)
    _mark_quoted_forward(lines, kinds, words)
    return Marks(kinds, _mark_blocks(lines, kinds, telling, words))


def _mark_quoted_forward(lines: Sequence[Line], kinds: list[Kind], words: Vocabulary) -> None:
    """Apple Mail and others quote the row of a forward too: as the first quoted line of a mail that ends
    with this quote, it heads a forward as well."""
    first = next((at for at, kind in enumerate(kinds) if kind is Kind.QUOTE and lines[at].words), None)
    if first is None or row_kind(lines[first].words, words) is not Kind.FORWARD:
        return
    above = next((kind for kind in reversed(kinds[:first]) if kind is not Kind.EMPTY), Kind.EMPTY)
    below = set(kinds[first:])
    if above is not Kind.INTRO and below <= {Kind.QUOTE, Kind.EMPTY}:
        kinds[first] = Kind.QUOTED_FORWARD


def _mark_wrapped_quotes(lines: Sequence[Line], kinds: list[Kind]) -> None:
    """A quoted line too long for some program goes on below without its mark, in the middle of a sentence."""
    for match in _BETWEEN_QUOTES.finditer("".join(kinds)):
        at = match.end()
        above, text = lines[at - 1].words, lines[at].text
        is_rest = len(text) <= MAX_LEFT_OVER and text[:1].islower()
        if is_rest and len(above) >= WRAPPED_FROM and above[-1].isalnum():
            kinds[at] = Kind.QUOTE


def _mark_one_line(
    lines: Sequence[Line], kinds: list[Kind], addressed: Sequence[int], words: Vocabulary
) -> None:
    tries = 0
    for at in addressed:
        if kinds[at] is not Kind.TEXT or lines[at].words.count(":") < LABELS:
            continue
        tries += 1
        if tries > MAX_ONE_LINE_TRIES:
            return
        if is_one_line_quote(lines[at].words, words):
            kinds[at] = Kind.SEPARATOR


def _mark_table(
    lines: Sequence[Line], kinds: list[Kind], addressed: Sequence[int], words: Vocabulary
) -> None:
    """Notes writes the head of the older mail as a table: who, when, and below labels without colons."""
    for at in addressed:
        if kinds[at] is not Kind.TEXT or not lines[at].words.endswith(">") or at + 2 >= len(lines):
            continue
        when, below = (
            lines[at + 1].words,
            next((one.words for one in lines[at + 2 : at + 4] if one.words), ""),
        )
        if len(when) <= MAX_MOMENT and has_moment(when) and "to" in words.labels.get(folded(below), ()):
            kinds[at] = Kind.SEPARATOR


def _mark_own(lines: Sequence[Line], kinds: list[Kind], words: Vocabulary) -> None:
    """The first line that a user's filters fit."""
    if not (words.own_lines or words.own_intros or words.own_patterns):
        return
    for at, line in enumerate(lines[:MAX_OWN_LINES]):
        if words.quotes_from(line.words):
            kinds[at] = Kind.REST
            return


def _mark_intros(lines: Sequence[Line], kinds: list[Kind], telling: Sequence[int], words: Vocabulary) -> None:
    """Intros wrap over several lines, so they are looked for upwards from the line that ends one."""
    ends = words.intro_ends
    tries = 0
    for last in telling:
        if kinds[last] is not Kind.TEXT:
            continue
        tail = folded_colon(folded(_introducing(lines[last])))
        if not tail.endswith(ends):
            continue
        tries += 1
        if tries > MAX_INTRO_TRIES:
            return
        start = _intro_start(lines, kinds, last, words)
        if start is not None and (_is_sure(lines[start : last + 1]) or _quote_below(kinds, last)):
            kinds[start : last + 1] = [Kind.INTRO] * (last + 1 - start)


def _intro_start(lines: Sequence[Line], kinds: list[Kind], last: int, words: Vocabulary) -> int | None:
    """The nearest start of a template that has a first word; else of one that begins with date or name."""
    text, loose = _introducing(lines[last]), None
    for start in range(last, max(-1, last - MAX_INTRO_LINES), -1):
        text = f"{lines[start].words} {text}".strip() if start < last else text
        if kinds[start] is not Kind.TEXT or len(text) > MAX_JOINED // 2:
            break
        found = words.intros_in(text)
        if any(intro.is_anchored for intro in found):
            return start
        if found and loose is None:
            loose = start
    if loose is not None and _continues_a_date(lines, kinds, loose):
        return loose - 1
    return loose


def _is_sure(lines: Sequence[Line]) -> bool:
    """Names an address, or a day and a time; people say the rest, so that is an intro only above a quote."""
    text = " ".join(line.words for line in lines)
    return "@" in text or has_moment(text)


def _quote_below(kinds: Sequence[Kind], last: int) -> bool:
    below = kinds[last + 1 : last + 2 + MAX_GAP]
    first = next((kind for kind in below if kind is not Kind.EMPTY), Kind.EMPTY)
    return first in (Kind.QUOTE, Kind.REST, Kind.MARKER)


def _introducing(line: Line) -> str:
    match = _GOES_ON.search(line.words)
    return line.words[: match.start()] if match else line.words


def _continues_a_date(lines: Sequence[Line], kinds: list[Kind], start: int) -> bool:
    """`<a@b> wrote:` alone, with the date on the line above, where the client wrapped it."""
    if start == 0 or kinds[start - 1] is not Kind.TEXT or has_date(lines[start].words):
        return False
    above = lines[start - 1].words
    return len(above) <= MAX_WRAPPED and has_date(above) and not above.endswith((".", "!", "?"))


def _mark_blocks(
    lines: Sequence[Line], kinds: list[Kind], telling: Sequence[int], words: Vocabulary
) -> dict[int, HeaderBlock]:
    blocks: dict[int, HeaderBlock] = {}
    behind = 0
    for start in telling:
        if start < behind or kinds[start] not in _MAY_HEAD:
            continue
        block = header_block(lines, start, words)
        below_row = not _ROWS.isdisjoint(kinds[max(0, start - 2) : start])
        if block is not None and (block.speaks_for_a_mail or (below_row and block.names_people)):
            blocks[start] = block
            _mark_row_above(lines, kinds, start, words)
            if kinds[start] is Kind.TEXT:
                kinds[start] = Kind.HEADER
            if kinds[start] is not Kind.QUOTE:
                kinds[start + 1 : block.end] = [Kind.HEADER] * (block.end - start - 1)
        behind = block.end if block else behind
    return blocks


def _mark_row_above(lines: Sequence[Line], kinds: list[Kind], block: int, words: Vocabulary) -> None:
    """A drawn row right above a block of labels separates, whatever its words are; without dashes, as
    BlackBerry 10 wrote it, the words have to be those of a row."""
    row = next((at for at in range(block - 1, max(-1, block - 3), -1) if lines[at].words), -1)
    if row >= 0 and kinds[row] is Kind.TEXT:
        text = lines[row].words
        is_drawn = text.startswith("--") and text.endswith("--")
        if len(text) <= MAX_TITLE and (is_drawn or folded(text).rstrip(":.") in words.original):
            kinds[row] = Kind.SEPARATOR
