"""Which lines of a mail repeat older mail: one decision over the whole sequence of marked lines.

The sequence is a string, one letter a line (the values of `Kind`): to look for a kind, or for a run of some,
is to look for letters."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from services.parser.kinds import Kind
from services.parser.marking import MAX_GAP

_HEADS = Kind.SEPARATOR + Kind.HEADER
_ABOVE = Kind.EMPTY + Kind.INTRO + Kind.HEADER + Kind.SEPARATOR + Kind.RULE + Kind.QUOTE
_TELLING = re.compile(f"[{_HEADS}{Kind.FORWARD}{Kind.REST}{Kind.INTRO}]")
_HEAD_ROWS = re.compile(f"[{_HEADS}]+")
_INTRODUCING = re.compile(f"{Kind.INTRO}*{Kind.EMPTY}{{0,{MAX_GAP}}}{Kind.QUOTE}")


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


def decide(marked: Sequence[Kind], *, tail: int, forward: bool) -> Cut | Whole:
    """Where the quoted part is. `tail` is how many lines at the end are a signature, which does not
    count as an answer below a quote; `forward` says the subject calls the mail a forward."""
    kinds = "".join(marked).replace(Kind.QUOTED_FORWARD, Kind.FORWARD if forward else Kind.QUOTE)
    marker = kinds.find(Kind.MARKER)
    if marker >= 0:
        return _checked(_at_marker(kinds, marker, tail), kinds)
    start, rule, confidence = _rest(kinds, tail, forward=forward)
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


def _checked(cut: Cut | Whole, kinds: str) -> Cut | Whole:
    """When nothing would be left, nothing is cut."""
    if isinstance(cut, Cut) and Kind.TEXT not in kinds[: cut.start] + kinds[cut.end :]:
        return Whole("nothing_left", 0.5)
    return cut


def _rest(kinds: str, tail: int, *, forward: bool) -> tuple[int, str, float]:
    """The first line after which all is quoted."""
    heads = "" if not forward and _is_answered(kinds[: len(kinds) - tail]) else _HEADS
    for match in _TELLING.finditer(kinds):
        position, kind = match.start(), match.group()
        if kind == Kind.FORWARD:
            return position, "forward", 0.9
        if kind == Kind.REST:
            return (position, "forward", 0.8) if forward else (position, "container", 0.95)
        if kind in heads:
            rule = "separator" if kind == Kind.SEPARATOR else "header_block"
            return (position, "forward", 0.8) if forward else (_upwards(kinds, position), rule, 0.9)
        begins = kind == Kind.INTRO and kinds[position - 1 : position] != Kind.INTRO
        if begins and not _INTRODUCING.match(kinds, position):
            return (position, "forward", 0.6) if forward else (position, "intro", 0.75)
    return len(kinds), "none", 1.0


def _upwards(kinds: str, position: int) -> int:
    """Drawn lines and intros right above a block belong to it."""
    above = len(kinds[:position].rstrip(Kind.EMPTY + Kind.RULE + Kind.INTRO))
    return position - len(kinds[above:position].lstrip(Kind.EMPTY))


def _is_answered(kinds: str) -> bool:
    """Whether the first block heads a quote with marks that somebody writes between or below."""
    block = _HEAD_ROWS.search(kinds)
    end = block.end() if block else len(kinds)
    return bool(_INTRODUCING.match(kinds, end)) and Kind.TEXT in kinds[end:]


def _quoted_run(kinds: str, tail: int) -> Cut | Whole:
    """The run of quote lines at the end, or the only one at the beginning; between answers none is cut."""
    first, last = kinds.find(Kind.QUOTE), kinds.rfind(Kind.QUOTE)
    if first < 0:
        return Whole()
    if Kind.TEXT not in kinds[last + 1 : len(kinds) - tail]:
        run = len(kinds[:last].rstrip(Kind.QUOTE + Kind.EMPTY))
        start = _with_intro(kinds, kinds.index(Kind.QUOTE, run))
        named = kinds[start] == Kind.INTRO
        inline = Kind.QUOTE in kinds[:start]
        return Cut(
            start, len(kinds), "intro" if named else "quotes", 0.7 if inline else 0.95 if named else 0.8
        )
    if Kind.TEXT in kinds[: last + 1]:
        return Whole("inline", 0.7)
    return Cut(_with_intro(kinds, first), last + 1, "leading", 0.8)


def _with_intro(kinds: str, start: int) -> int:
    """Where the intro begins that stands above a quote; else where the quote does."""
    above = kinds[max(0, start - MAX_GAP) : start].rstrip(Kind.EMPTY)
    end = start - (min(start, MAX_GAP) - len(above))
    if kinds[end - 1 : end] != Kind.INTRO:
        return start
    return len(kinds[:end].rstrip(Kind.INTRO))


def _at_marker(kinds: str, marker: int, tail: int) -> Cut | Whole:
    above = len(kinds[:marker].rstrip(_ABOVE))
    start = marker - len(kinds[above:marker].lstrip(Kind.EMPTY))
    answered = (
        Kind.TEXT in kinds[marker : len(kinds) - tail] and Kind.QUOTE in kinds[marker : marker + MAX_GAP]
    )
    if not answered:
        return Cut(start, len(kinds), "marker", 1.0)
    last = kinds.rfind(Kind.QUOTE)
    if Kind.TEXT in kinds[marker:last]:
        return Whole("inline", 0.7)
    return Cut(start, last + 1, "marker", 1.0)
