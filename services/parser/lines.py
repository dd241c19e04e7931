"""A text as lines that know how deep they are quoted: the one form that text and HTML are split in."""

import re
from typing import Literal, NamedTuple

from services.parser.vocabulary import MAX_JOINED

MAX_LINES = 20_000
"""Lines that are looked at; those below belong to whatever the last of these belongs to."""

Hint = Literal["", "intro", "quote", "rest", "forward", "marker", "rule", "signature"]
"""What the HTML around a line says of it: it introduces a quote, is quoted, everything from it on is
quoted, it heads a forwarded mail, it is our own marker, it is a drawn line, it is in a signature."""

INDENT = "    "
_PREFIX = re.compile(r"(?:[ \t]{0,3}>){1,60}[ \t]?")
_MARK = re.compile(r"^[ \t]{0,3}>[ ]?")


class Line(NamedTuple):
    """One of very many, hence a tuple: it takes a third of the time to make."""

    text: str
    """As written, with quote marks."""
    words: str
    """The start of the line without its quote marks: all that is ever matched."""
    depth: int = 0
    hint: Hint = ""
    container: str = ""
    """The HTML container that gave the hint."""

    @classmethod
    def of(cls, text: str, depth: int | None = None, hint: Hint = "", container: str = "") -> "Line":
        """The line of a text; without `depth` its quote marks say how deep it is quoted."""
        if text[:2] == "> " and text[2:3].isalnum():
            end, marks = 2, 1
        else:
            match = _PREFIX.match(text) if ">" in text[:4] else None
            end, marks = (match.end(), match.group().count(">")) if match else (0, 0)
        words = text[end : end + MAX_JOINED].strip()
        return cls(text, words, marks if depth is None else depth, hint, container)


def text_lines(text: str) -> list[Line]:
    """The lines of a plain text mail; joined with line feeds they are the text again. Of a very long
    text the last of them is all the rest."""
    return [
        Line.of(line) if ">" in line[:4] else Line(line, line[:MAX_JOINED].strip())
        for line in text.split("\n", MAX_LINES)
    ]


def unified(text: str) -> str:
    """Line feeds only, and no null characters, which no database keeps."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")


def joined(lines: list[Line]) -> str:
    return "\n".join(line.text for line in lines)


def dequoted(lines: list[Line]) -> list[Line]:
    """One level of `>` removed, as a forward quoted as a whole needs it."""
    return [Line.of(_MARK.sub("", line.text), max(0, line.depth - 1)) for line in lines]


def unindented(lines: list[Line]) -> list[Line]:
    """Without the four blanks that Outlook 2019 puts before every line of what it forwards."""
    filled = [line for line in lines if line.text.strip()]
    if not filled or not all(line.text.startswith(INDENT) for line in filled):
        return lines
    return [line._replace(text=line.text.removeprefix(INDENT)) for line in lines]
