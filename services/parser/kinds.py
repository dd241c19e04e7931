"""What a line of a mail is by itself: text, quote, a row, ..."""

import re
from collections.abc import Mapping
from enum import StrEnum

from services.parser.headerblocks import one_line_block
from services.parser.lines import Hint, Line
from services.parser.vocabulary import MAX_JOINED, Vocabulary, folded, folded_colon
from shared.contracts.marker import REPLY_MARKER

_ROW_LINE = "-_=*~#"
_ROW = re.compile(f"[{_ROW_LINE}]{{3,}}")
_ROW_EDGE = " \t-_=*~>#"


class Kind(StrEnum):
    """Letters, so that the kinds of a mail's lines are a string that `deciding` searches."""

    EMPTY = "e"
    TEXT = "t"
    QUOTE = "q"
    INTRO = "i"
    SEPARATOR = "s"
    """A row such as `-----Original Message-----`."""
    FORWARD = "f"
    """A row such as `---------- Forwarded message ---------`."""
    QUOTED_FORWARD = "g"
    """Such a row that is quoted with all below it; it heads a forward when the subject says so."""
    HEADER = "h"
    RULE = "u"
    REST = "r"
    """From here on it is all quoted, says an HTML container or a user's filter."""
    MARKER = "m"


_HEARD: Mapping[Hint, Kind] = {"marker": Kind.MARKER, "rest": Kind.REST, "forward": Kind.FORWARD}
"""What a line is by its container, whatever it says."""


def kind_of(line: Line, words: Vocabulary) -> Kind:
    _, text, depth, hint, _ = line
    if REPLY_MARKER in text:
        return Kind.MARKER
    if hint in _HEARD:
        return _HEARD[hint]
    row = row_kind(text, words) if text and not depth else None
    if row is not None:
        return row
    if hint == "rule":
        return Kind.RULE
    if depth:
        return Kind.QUOTE
    if not text:
        return Kind.EMPTY
    return Kind.INTRO if hint == "intro" else Kind.TEXT


def has_colon(text: str) -> bool:
    return ":" in text or "\uff1a" in text


def row_kind(text: str, words: Vocabulary) -> Kind | None:
    """What a line is by its words alone: a row that draws, heads a forward or an older mail; else None."""
    if text[:1] not in _ROW_LINE and text[-1:] not in _ROW_LINE and not has_colon(text):
        return None
    if one_line_block(text, words):
        return Kind.FORWARD
    if len(text) > MAX_JOINED // 4 and text.strip(_ROW_EDGE):
        return None
    inner = folded(text.strip(_ROW_EDGE))
    drawn = bool(_ROW.match(text)) or bool(_ROW.match(text[-3:]))
    if not inner:
        return Kind.RULE if len(text) >= 10 and drawn else None  # noqa: PLR2004
    if folded_colon(inner) in words.forward_bare or (drawn and inner.rstrip(":") in words.forward):
        return Kind.FORWARD
    if drawn and inner.startswith(words.forward_by):
        return Kind.FORWARD
    return Kind.SEPARATOR if drawn and inner.rstrip(":.") in words.original else None
