"""Where a signature begins, in the lines a person wrote."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from services.parser.lines import Line
from services.parser.vocabulary import Vocabulary, folded

MAX_DASHED = 30
"""Lines that may follow `-- `; more than that is text."""
MAX_CARD, MAX_CARD_WIDTH = 5, 50
"""Lines, and characters of each, below a row that may also divide a text."""
MAX_NAMES = 3
"""Lines between a closing formula and the signature of the program."""
MAX_GREETED = 2
"""Lines at the end of which one may hold a formula and a name."""
MAX_DISCLAIMER = 12
MAX_SIGNED_OFF = 10
MAX_SIGNED_WIDTH = 80
MAX_MOBILE_WIDTH = 90


_LINK = re.compile(r"\[([^\]]{0,80})\]\([^)]{0,200}\)")
_ASKING = ("?", "\uff1f", "\u061f")
_PUNCTUATION = " ,.:!-\u2013\u2014\u3001\u3002\u060c"


@dataclass(frozen=True)
class Signature:
    """Where it starts: at the number of lines when there is none, or nothing above it."""

    start: int
    rule: str = "none"
    confidence: float = 1.0


def signature_of(lines: Sequence[Line], words: Vocabulary) -> Signature:
    filled = _last_filled(lines)
    legal = _disclaimer(lines, filled, words)
    above = filled if legal is None else [at for at in filled if at < legal]
    finders = (
        ("container", 0.95, _contained),
        ("dashes", 0.95, _dashes),
        ("sign_off", 0.8, _sign_off),
        ("mobile", 0.9, _mobile),
    )
    for rule, confidence, find in finders:
        start = find(lines, above, words)
        if start is None or not _says_something(lines[:start]):
            continue
        if rule == "dashes" or not _goes_on([at for at in above if at > start], lines, words):
            return Signature(_with_sign_off(lines, above, start, words), rule, confidence)
    if legal is not None and _says_something(lines[:legal]):
        return Signature(_with_card(lines, above, legal), "disclaimer", 0.8)
    return Signature(len(lines))


def without_mobile(lines: Sequence[Line], words: Vocabulary) -> Sequence[Line]:
    """The lines above `Sent from my ...`, which says nothing."""
    filled = _last_filled(lines)
    start = _mobile(lines, filled, words)
    return lines if start is None else lines[:start]


def _says_something(lines: Sequence[Line]) -> bool:
    return any(map(_is_filled, lines))


def _is_filled(line: Line) -> bool:
    return bool(line.words) and line.hint != "rule"


def _last_filled(lines: Sequence[Line]) -> list[int]:
    """The last lines that say something, as many as any rule looks at."""
    upwards = (at for at in range(len(lines) - 1, -1, -1) if _is_filled(lines[at]))
    return list(islice(upwards, MAX_DASHED + 1))[::-1]


def _goes_on(below: Sequence[int], lines: Sequence[Line], words: Vocabulary) -> bool:
    """Whether somebody signed and then wrote on: a question, or what is headed P.S."""
    texts = [folded(lines[at].words) for at in below]
    return any(text.endswith(_ASKING) or text.startswith(words.postscripts) for text in texts)


def _with_sign_off(lines: Sequence[Line], filled: Sequence[int], start: int, words: Vocabulary) -> int:
    """Many end with a formula and their name before the signature that the program adds."""
    above = [at for at in filled if at < start]
    formula = _sign_off(lines, above[-MAX_NAMES - 1 :], words)
    return start if formula is None or not _says_something(lines[:formula]) else formula


def _with_card(lines: Sequence[Line], filled: Sequence[int], start: int) -> int:
    """The short lines right above a disclaimer belong to it, but not all that was written."""
    above = set(filled)
    while (
        start - 1 in above
        and _says_something(lines[: start - 1])
        and len(lines[start - 1].words) <= MAX_CARD_WIDTH
    ):
        start -= 1
    return start


def _disclaimer(lines: Sequence[Line], filled: Sequence[int], words: Vocabulary) -> int | None:
    """What lawyers have every mail end with."""
    texts = {at: folded(lines[at].words) for at in filled[-MAX_DISCLAIMER:] if not lines[at].depth}
    together = "\n".join(texts.values())
    said = [phrase for phrase in words.disclaimers if phrase in together]
    return next((at for at, text in texts.items() if any(phrase in text for phrase in said)), None)


def _contained(lines: Sequence[Line], filled: Sequence[int], _words: Vocabulary) -> int | None:
    """The lines at the end that the HTML calls a signature."""
    start = None
    for at in reversed(filled[-MAX_DASHED - 1 :]):
        if lines[at].hint != "signature":
            return start
        start = at
    return None


def _dashes(lines: Sequence[Line], filled: Sequence[int], _words: Vocabulary) -> int | None:
    for at in reversed(filled[-MAX_DASHED - 1 :]):
        row, below = lines[at].text.rstrip("\u00a0 \t\r"), filled[filled.index(at) + 1 :]
        if lines[at].depth or not below:
            continue
        if row in ("--", "\u2014"):
            return at
        if row in ("---", "__") and len(below) <= MAX_CARD and _are_short(lines, below):
            return at
    return None


def _are_short(lines: Sequence[Line], numbers: Sequence[int]) -> bool:
    return all(len(lines[at].words) <= MAX_CARD_WIDTH for at in numbers)


def _sign_off(lines: Sequence[Line], filled: Sequence[int], words: Vocabulary) -> int | None:
    """A closing formula near the end, with nothing but short lines below it."""
    for at in reversed(filled[-MAX_SIGNED_OFF:]):
        if lines[at].depth or len(lines[at].words) > MAX_SIGNED_WIDTH:
            return None
        if folded(lines[at].words).strip(_PUNCTUATION) in words.signoffs:
            return at
        if at in filled[-MAX_GREETED:] and _greets(lines[at].words, words):
            return at
    return None


def _greets(text: str, words: Vocabulary) -> bool:
    """`Viele Grüße Eva Stein`: a formula and a name on one line."""
    parts = text.replace(",", ", ").split()
    for named in range(1, min(MAX_NAMES, len(parts) - 1) + 1):
        names = parts[-named:]
        formula = folded(" ".join(parts[:-named])).strip(_PUNCTUATION)
        if formula in words.signoffs and all(
            name[:1].isupper() and name.rstrip(".").isalpha() for name in names
        ):
            return True
    return False


def _mobile(lines: Sequence[Line], filled: Sequence[int], words: Vocabulary) -> int | None:
    """`Sent from my ...` as one of the last two lines; a long line is a sentence, not a signature."""
    for at in reversed(filled[-2:]):
        text = _LINK.sub(r"\1", folded(lines[at].words)).strip("<>[] ")
        short = len(text) <= MAX_MOBILE_WIDTH and "," not in text and not text.endswith((".", "?"))
        is_known = (short and text.startswith(words.mobile)) or text.rstrip(".") in words.mobile_whole
        if not lines[at].depth and is_known:
            return at
    return None
