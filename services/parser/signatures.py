"""Where a signature begins, in the lines a person wrote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from services.parser.lines import Line
from services.parser.vocabulary import Vocabulary, folded

MAX_DASHED = 30
"""Lines that may follow `-- `; more than that is text."""
MAX_SIGNED_OFF = 10
MAX_SIGNED_WIDTH = 80
MAX_MOBILE_WIDTH = 90


_LINK = re.compile(r"\[([^\]]{0,80})\]\([^)]{0,200}\)")
_PUNCTUATION = " ,.:!-\u2013\u2014\u3001\u3002\u060c"


@dataclass(frozen=True)
class Signature:
    """Where it starts: at the number of lines when there is none, or nothing above it."""

    start: int
    rule: str = "none"
    confidence: float = 1.0


def signature_of(lines: Sequence[Line], words: Vocabulary) -> Signature:
    filled = _last_filled(lines)
    finders = (("dashes", 0.95, _dashes), ("sign_off", 0.8, _sign_off), ("mobile", 0.9, _mobile))
    for rule, confidence, find in finders:
        start = find(lines, filled, words)
        if start is not None and any(_is_filled(line) for line in lines[:start]):
            return Signature(start, rule, confidence)
    return Signature(len(lines))


def without_mobile(lines: Sequence[Line], words: Vocabulary) -> Sequence[Line]:
    """The lines above `Sent from my ...`, which says nothing."""
    filled = _last_filled(lines)
    start = _mobile(lines, filled, words)
    return lines if start is None else lines[:start]


def _is_filled(line: Line) -> bool:
    return bool(line.words) and line.hint != "rule"


def _last_filled(lines: Sequence[Line]) -> list[int]:
    """The last lines that say something, as many as any rule looks at."""
    upwards = (at for at in range(len(lines) - 1, -1, -1) if _is_filled(lines[at]))
    return list(islice(upwards, MAX_DASHED + 1))[::-1]


def _dashes(lines: Sequence[Line], filled: Sequence[int], _words: Vocabulary) -> int | None:
    for at in reversed(filled):
        if (
            lines[at].depth == 0
            and lines[at].text.rstrip("\u00a0 \t\r") in ("--", "\u2014")
            and at != filled[-1]
        ):
            return at
    return None


def _sign_off(lines: Sequence[Line], filled: Sequence[int], words: Vocabulary) -> int | None:
    """A closing formula near the end, with nothing but short lines below it."""
    for at in reversed(filled[-MAX_SIGNED_OFF:]):
        if lines[at].depth or len(lines[at].words) > MAX_SIGNED_WIDTH:
            return None
        if folded(lines[at].words).strip(_PUNCTUATION) in words.signoffs:
            return at
    return None


def _mobile(lines: Sequence[Line], filled: Sequence[int], words: Vocabulary) -> int | None:
    """`Sent from my ...` as one of the last two lines; a long line is a sentence, not a signature."""
    for at in reversed(filled[-2:]):
        text = _LINK.sub(r"\1", folded(lines[at].words)).strip("<>[] ")
        short = len(text) <= MAX_MOBILE_WIDTH and "," not in text and not text.endswith((".", "?"))
        is_known = (short and text.startswith(words.mobile)) or text.rstrip(".") in words.mobile_whole
        if not lines[at].depth and is_known:
            return at
    return None
