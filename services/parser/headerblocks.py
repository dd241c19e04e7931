"""The block of `From: ... Sent: ... To: ... Subject: ...` that clients write above a quoted mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from services.parser.lines import Line
from services.parser.vocabulary import MAX_JOINED, Vocabulary, folded, has_date, has_moment, undirected

MAX_FOLDED = 12
"""Lines that one value may go on for."""
MAX_LABEL = 30
MAX_TITLE = 80
"""Characters of the words in a row above a forwarded mail."""
WRAPPED_FROM, MAX_WRAPPED = 60, 100
"""Characters of a line that a client may have wrapped."""
_LISTS = ("to", "cc", "bcc")


@dataclass(frozen=True)
class HeaderBlock:
    start: int
    end: int
    """The first line behind the block."""
    fields: dict[str, str]
    """Field (from, date, to, cc, subject, ...) -> value."""

    @property
    def names_people(self) -> bool:
        """Three different labels in a row, a sender among them; a single `From:` is just text.

        A number is no sender: `No` is Latvian for From and stands in orders too."""
        named = any(map(str.isalpha, self.fields.get("from", "")))
        return named and len(self.fields) >= 3 and bool(self.fields.keys() & {"date", "subject", "to"})  # noqa: PLR2004

    @property
    def speaks_for_a_mail(self) -> bool:
        """It has a subject, an address, or a time of the day as well: who wants to travel writes from, to
        and a day below each other."""
        fields = self.fields
        is_mail = "subject" in fields or any("@" in fields.get(one, "") for one in ("from", "to"))
        return self.names_people and (is_mail or has_moment(fields.get("date", "")))


@dataclass(frozen=True)
class _Value:
    """The value being read: of which field, in which block, over how many more lines so far."""

    field: str
    block: Mapping[str, str]
    folds: int = 0


def header_block(lines: Sequence[Line], start: int, words: Vocabulary) -> HeaderBlock | None:
    """The block that begins at line `start`, however short; None when that line has no known label."""
    fields: dict[str, str] = {}
    position, value, is_spaced = start, _Value("", fields), False
    depth = lines[start].depth
    label_of = _labelled if _labelled(undirected(lines[start].words), words) else _bare
    while position < len(lines) and lines[position].depth == depth:
        text = undirected(lines[position].words)
        label = label_of(text, words)
        name = _unused(label[0], fields) if label else ""
        if label and name:
            fields[name], value = label[1], _Value(name, fields)
        elif label or not fields:
            break
        elif text:
            if not _continues(lines, position, value, words):
                break
            fields[value.field] = f"{fields[value.field]} {text}".strip()[:4_000]
            value = replace(value, folds=value.folds + 1)
        else:
            # Some converters put an empty line between all the labels; one further down ends the block.
            is_spaced = (is_spaced or len(fields) == 1) and _label_follows(lines, position, fields, words)
            if not is_spaced:
                break
        position += 1
    return HeaderBlock(start, position, fields) if fields else None


def one_line_block(text: str, words: Vocabulary) -> dict[str, str]:
    """The fields that Yahoo writes behind its row, all on one line:
    `----- Forwarded Message ----- From: a <a@b>To: c <c@d>Sent: todaySubject: e`."""
    if not text.startswith("---"):
        return {}
    title, dash, _ = text.lstrip("-")[:MAX_TITLE].partition("-")
    if not dash or folded(title) not in words.forward:
        return {}
    return _fields_in(text[text.index(title) + len(title) :].lstrip("- "), words)


def is_one_line_quote(text: str, words: Vocabulary) -> bool:
    """Whether it is the whole header of an older mail, as phones write it, with or without a row:
    `---- Original message ----From: a <a@b> Date: today 9:12 To: c Subject: e`."""
    if text.startswith("---"):
        title, dash, rest = text.lstrip("-")[:MAX_JOINED].partition("-")
        if not dash or folded(title) not in words.original:
            return False
        text = rest.lstrip("- ")
    label = _labelled(text, words)
    if label is None or "from" not in label[0]:
        return False
    fields = _fields_in(text, words)
    return has_date(fields.get("date", "")) and len(fields) > 2  # noqa: PLR2004 - as in a block


def _fields_in(rest: str, words: Vocabulary) -> dict[str, str]:
    fields: dict[str, str] = {}
    current, begin, colon = "", 0, rest.find(":")
    while colon >= 0 and current != "subject":
        start, name = _label_before(rest, colon, fields, words)
        if name:
            if current:
                fields[current] = rest[begin:start].strip()
            fields[name], current, begin = "", name, colon + 1
        colon = rest.find(":", colon + 1)
    if current:
        fields[current] = rest[begin:].strip()
    return fields


def _labelled(text: str, words: Vocabulary) -> tuple[frozenset[str], str] | None:
    head = text[: MAX_LABEL + 10].replace("：", ":")  # noqa: RUF001 - the colon of East Asia
    label, colon, _ = head.partition(":")
    if not colon or len(label) > MAX_LABEL:
        return None
    names = words.labels.get(folded(label).strip("> "))
    if names is None:
        return None
    return names, text[len(label) + 1 :].strip(" *_\t\u00a0")


def _bare(text: str, words: Vocabulary) -> tuple[frozenset[str], str] | None:
    """`From "Eva Stein" <eva@x.example>`, as eM Client writes it, without a colon."""
    label, _, value = text[:MAX_JOINED].partition(" ")
    names = words.labels.get(folded(label), frozenset())
    is_person = "@" in value and ">" in value
    says = "subject" in names or (has_date(value) if "date" in names else is_person)
    return (names, value.strip()) if names and says and value.strip() else None


def _unused(names: frozenset[str], fields: Mapping[str, str]) -> str:
    """The field that a label stands for here; only labels that matter to nobody come twice."""
    return next((one for one in sorted(names) if one not in fields or one == "other"), "")


def _label_before(text: str, colon: int, fields: Mapping[str, str], words: Vocabulary) -> tuple[int, str]:
    """Where the label that ends at `colon` begins, and its field; the longest label counts."""
    for start in range(max(0, colon - MAX_LABEL), colon):
        before, first = text[start - 1 : start], text[start]
        if before.isalpha() and not (before.islower() and first.isupper()):
            continue
        if name := _unused(words.labels.get(folded(text[start:colon]), frozenset()), fields):
            return start, name
    return colon, ""


def _continues(lines: Sequence[Line], position: int, value: _Value, words: Vocabulary) -> bool:
    """Whether a line without label continues the value above it."""
    text, above = lines[position].words, lines[position - 1]
    if text.startswith(("---", "===", "___", "***")):
        return False
    if value.field in _LISTS:
        is_list = "@" in text or ";" in text or above.words.endswith((",", ";"))
        return value.folds < MAX_FOLDED and is_list
    if value.field not in ("subject", "from") or value.folds:
        return False
    is_wrapped = WRAPPED_FROM <= len(above.text) <= MAX_WRAPPED
    is_indented = _margin(lines[position]) > _margin(above)
    return is_wrapped or is_indented or _label_follows(lines, position, value.block, words)


def _margin(line: Line) -> int:
    return len(line.text) - len(line.text.lstrip(" \t"))


def _label_follows(
    lines: Sequence[Line], position: int, fields: Mapping[str, str], words: Vocabulary
) -> bool:
    """Whether the line behind `position` has a label that the block has not had yet."""
    after = position + 1
    if after >= len(lines) or lines[after].depth != lines[position].depth:
        return False
    label = _labelled(undirected(lines[after].words), words)
    return label is not None and bool(_unused(label[0], fields))
