"""Which lines of a mail repeat older mail: one decision over the whole sequence of marked lines."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.parser.marking import MAX_GAP, Kind

_HEADS = (Kind.SEPARATOR, Kind.HEADER)
_ABOVE = (Kind.EMPTY, Kind.INTRO, Kind.HEADER, Kind.SEPARATOR, Kind.RULE, Kind.QUOTE)


@dataclass(frozen=True)
class Cut:
    """Lines `start` to `end` (exclusive) are the quoted part."""

    start: int
    end: int
    rule: str
    confidence: float


@dataclass(frozen=True)
class Whole:
    """Nothing is cut, and why."""

    rule: str = "none"
    confidence: float = 1.0


def decide(kinds: Sequence[Kind], *, tail: int, forward: bool) -> Cut | Whole:
    """Where the quoted part is. `tail` is how many lines at the end are a signature, which does not
    count as an answer below a quote; `forward` says the subject calls the mail a forward."""
    heads = Kind.FORWARD if forward else Kind.QUOTE
    kinds = [heads if kind is Kind.QUOTED_FORWARD else kind for kind in kinds]
    if Kind.MARKER in kinds:
        return _checked(_at_marker(kinds, kinds.index(Kind.MARKER), tail), kinds)
    answered = not forward and _is_answered(kinds[: len(kinds) - tail])
    start, rule, confidence = _rest(kinds, forward=forward, heads=() if answered else _HEADS)
    if rule == "forward":
        return Whole("forward", confidence)
    run = _quoted_run(kinds[:start], tail if start == len(kinds) else 0)
    if isinstance(run, Whole):
        return _checked(Cut(start, len(kinds), rule, confidence), kinds) if start < len(kinds) else run
    if start == len(kinds):
        return _checked(run, kinds)
    if run.end == start:
        return _checked(Cut(run.start, len(kinds), rule, confidence), kinds)
    return _checked(Cut(start, len(kinds), rule, confidence), kinds)


def _checked(cut: Cut | Whole, kinds: Sequence[Kind]) -> Cut | Whole:
    """When nothing would be left, nothing is cut."""
    if isinstance(cut, Cut):
        left = (*kinds[: cut.start], *kinds[cut.end :])
        if Kind.TEXT not in left:
            return Whole("nothing_left", 0.5)
    return cut


def _rest(kinds: Sequence[Kind], *, forward: bool, heads: Sequence[Kind]) -> tuple[int, str, float]:
    """The first line after which all is quoted."""
    for position, kind in enumerate(kinds):
        if kind is Kind.FORWARD:
            return position, "forward", 0.9
        if kind is Kind.REST:
            return (position, "forward", 0.8) if forward else (position, "container", 0.95)
        if kind in heads:
            rule = "separator" if kind is Kind.SEPARATOR else "header_block"
            return (position, "forward", 0.8) if forward else (_upwards(kinds, position), rule, 0.9)
        begins = kind is Kind.INTRO and (position == 0 or kinds[position - 1] is not Kind.INTRO)
        if begins and not _introduces(kinds, position):
            if forward:
                return position, "forward", 0.6
            return position, "intro", 0.75
    return len(kinds), "none", 1.0


def _upwards(kinds: Sequence[Kind], position: int) -> int:
    """Drawn lines and intros right above a block belong to it."""
    start = position
    while position > 0 and kinds[position - 1] in (Kind.EMPTY, Kind.RULE, Kind.INTRO):
        position -= 1
        start = position if kinds[position] is not Kind.EMPTY else start
    return start


def _is_answered(kinds: Sequence[Kind]) -> bool:
    """Whether the first block heads a quote with marks that somebody writes between or below."""
    position = next((at for at, kind in enumerate(kinds) if kind in _HEADS), len(kinds))
    while position < len(kinds) and kinds[position] in _HEADS:
        position += 1
    return _introduces(kinds, position) and Kind.TEXT in kinds[position:]


def _introduces(kinds: Sequence[Kind], position: int) -> bool:
    """Whether a quote begins right below the intro at `position`."""
    while position < len(kinds) and kinds[position] is Kind.INTRO:
        position += 1
    below = kinds[position : position + MAX_GAP + 1]
    first = next((kind for kind in below if kind is not Kind.EMPTY), Kind.EMPTY)
    return first is Kind.QUOTE


def _quoted_run(kinds: Sequence[Kind], tail: int) -> Cut | Whole:
    """The run of quote lines at the end, or the only one at the beginning; between answers none is cut."""
    first = next((at for at, kind in enumerate(kinds) if kind is Kind.QUOTE), None)
    if first is None:
        return Whole()
    last = len(kinds) - 1 - next(at for at, kind in enumerate(reversed(kinds)) if kind is Kind.QUOTE)
    below = kinds[last + 1 : len(kinds) - tail]
    if Kind.TEXT not in below:
        start = last
        while start > 0 and kinds[start - 1] in (Kind.QUOTE, Kind.EMPTY):
            start -= 1
        start = _with_intro(kinds, _first_quote(kinds, start))
        named = kinds[start] is Kind.INTRO
        inline = Kind.QUOTE in kinds[:start]
        return Cut(
            start, len(kinds), "intro" if named else "quotes", 0.7 if inline else 0.95 if named else 0.8
        )
    if Kind.TEXT in kinds[:first] or Kind.TEXT in kinds[first : last + 1]:
        return Whole("inline", 0.7)
    return Cut(_with_intro(kinds, first), last + 1, "leading", 0.8)


def _first_quote(kinds: Sequence[Kind], start: int) -> int:
    while kinds[start] is Kind.EMPTY:
        start += 1
    return start


def _with_intro(kinds: Sequence[Kind], start: int) -> int:
    position, gap = start, 0
    while position > 0 and kinds[position - 1] is Kind.EMPTY and gap < MAX_GAP:
        position, gap = position - 1, gap + 1
    if position == 0 or kinds[position - 1] is not Kind.INTRO:
        return start
    while position > 0 and kinds[position - 1] is Kind.INTRO:
        position -= 1
    return position


def _at_marker(kinds: Sequence[Kind], marker: int, tail: int) -> Cut | Whole:
    start = marker
    while start > 0 and kinds[start - 1] in _ABOVE:
        start -= 1
    while start < marker and kinds[start] is Kind.EMPTY:
        start += 1
    below = kinds[marker : len(kinds) - tail]
    answered = Kind.TEXT in below and Kind.QUOTE in kinds[marker : marker + MAX_GAP]
    if not answered:
        return Cut(start, len(kinds), "marker", 1.0)
    last = len(kinds) - 1 - next(at for at, kind in enumerate(reversed(kinds)) if kind is Kind.QUOTE)
    if Kind.TEXT in kinds[marker:last]:
        return Whole("inline", 0.7)
    return Cut(start, last + 1, "marker", 1.0)
