"""The block of `From: ... Sent: ... To: ... Subject: ...` that clients write above a quoted mail."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.parser.lines import Line
from services.parser.vocabulary import Vocabulary, folded

MAX_FOLDED = 12
"""Lines that one value may go on for."""
MAX_LABEL = 30


@dataclass(frozen=True)
class HeaderBlock:
    start: int
    end: int
    """The first line behind the block."""
    fields: dict[str, str]
    """Field (from, date, to, cc, subject, ...) -> value."""

    @property
    def speaks_for_a_mail(self) -> bool:
        """Three different labels in a row, a sender among them; a single `From:` is just text."""
        kinds = set(self.fields)
        return "from" in kinds and len(kinds) >= 3 and bool(kinds & {"date", "subject", "to"})  # noqa: PLR2004


def header_block(lines: Sequence[Line], start: int, words: Vocabulary) -> HeaderBlock | None:
    """The block that begins at line `start`, however short; None when that line has no known label."""
    fields: dict[str, str] = {}
    position, current, folds = start, "", 0
    depth = lines[start].depth
    while position < len(lines) and lines[position].depth == depth:
        text = lines[position].words
        label = _labelled(text, words)
        name = next((one for one in sorted(label[0]) if one not in fields), "") if label else ""
        if label and name:
            fields[name], current, folds = label[1], name, 0
        elif label or not _goes_on(text, current, folds):
            break
        elif text:
            fields[current] = f"{fields[current]} {text}".strip()[:4_000]
            folds += 1
        elif not _label_follows(lines, position, depth, words):
            break
        position += 1
    return HeaderBlock(start, position, fields) if fields else None


def has_label(line: Line, words: Vocabulary) -> bool:
    return _labelled(line.words, words) is not None


def _labelled(text: str, words: Vocabulary) -> tuple[frozenset[str], str] | None:
    head = text[: MAX_LABEL + 10].replace("：", ":")  # noqa: RUF001 - the colon of East Asia
    label, colon, _ = head.partition(":")
    if not colon or len(label) > MAX_LABEL:
        return None
    names = words.labels.get(folded(label).strip("> "))
    if names is None:
        return None
    return names, text[len(label) + 1 :].strip(" *_\t\u00a0")


def _goes_on(text: str, current: str, folds: int) -> bool:
    """Whether a line without label continues the value above it."""
    if not current:
        return False
    if not text:
        return True
    if current in ("to", "cc", "bcc"):
        return folds < MAX_FOLDED and ("@" in text or ";" in text)
    return current in ("subject", "from") and folds < 1


def _label_follows(lines: Sequence[Line], position: int, depth: int, words: Vocabulary) -> bool:
    """Some converters put an empty line between the labels."""
    after = position + 1
    return after < len(lines) and lines[after].depth == depth and has_label(lines[after], words)
