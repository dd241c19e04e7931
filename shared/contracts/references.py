"""How the number of a ticket is written, and read again where somebody names it: one function for each."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

PLAIN = "#{number}"
"""How a number is written unless a tenant wants otherwise; read for ever."""
LONGEST_FORMAT = 40
WIDEST = 12
LARGEST_NUMBER = 2**31 - 1

_FIELD = re.compile(r"\{number(?::0([1-9]\d?))?\}|\{year\}")
_BETWEEN = re.compile(r"[A-Za-z0-9#_/.-]*")
_BEGINNING = re.compile(r"[A-Za-z0-9#{]")
_TAG = re.compile(r"\[([A-Za-z0-9#_/.-]{1,80})\]")
_PLAIN = re.compile(r"#(\d{1,9})")


@dataclass(frozen=True)
class Reference:
    """What a written reference says: a number, and in what year its ticket was opened when that is told."""

    number: int
    year: int | None = None


def checked_format(text: str) -> str:
    """Return a format that can be written and found again.

    Raises:
        ValueError: with what is wrong.
    """
    fields = list(_FIELD.finditer(text))
    kinds = [field[0][1:5] for field in fields]
    between = _FIELD.sub("", text)
    if len(text) > LONGEST_FORMAT:
        raise ValueError(f"it is longer than {LONGEST_FORMAT} characters")
    if kinds.count("numb") != 1 or kinds.count("year") > 1:
        raise ValueError(
            "it needs {number} once, such as HD-{number} or HD-{number:06}, and {year} at most once"
        )
    if any(int(field[1] or 0) > WIDEST for field in fields):
        raise ValueError(f"a number is filled up to at most {WIDEST} digits, such as {{number:0{WIDEST}}}")
    if not _BETWEEN.fullmatch(between):
        raise ValueError("beside {number} and {year} only letters, digits and - _ / # . survive in subjects")
    if not between:
        raise ValueError("a bare number is found by chance: put something before or behind it, such as HD-")
    if not _BEGINNING.match(text):
        raise ValueError("it begins with a letter, a digit, # or a number")
    if between != "#" or len(fields) > 1:
        _not_taken_for_plain(text)
    return text


def written(how: str, number: int, opened: datetime) -> str:
    """Write the reference of a ticket; its year is that of UTC."""
    return _written(how, number, opened.astimezone(UTC).year)


def _written(how: str, number: int, year: int) -> str:

    def value(field: re.Match[str]) -> str:
        return f"{year:04}" if field[0] == "{year}" else f"{number:0{int(field[1] or 0)}}"

    return _FIELD.sub(value, how)


def read(text: str, formats: Sequence[str]) -> list[Reference]:
    """Return what a text says as a reference by some formats; by none, an empty list."""
    plain = _PLAIN.fullmatch(text)
    if plain:
        return [Reference(int(plain[1]))]
    found = (_by_format(text, how) for how in formats)
    return list(dict.fromkeys(one for one in found if one is not None))


def named_in(subject: str, formats: Sequence[str]) -> list[Reference]:
    """Return what the first reference in brackets says. Two formats may read it otherwise."""
    return next((read(text, formats) for _, text in _tags(subject, formats)), [])


def without_references(subject: str, formats: Sequence[str]) -> str:
    """Return a subject without any reference in brackets."""
    for tag, _ in _tags(subject, formats):
        subject = subject.replace(tag, " ")
    return " ".join(subject.split())


def _tags(subject: str, formats: Sequence[str]) -> Iterator[tuple[str, str]]:
    return ((tag[0], tag[1]) for tag in _TAG.finditer(subject) if read(tag[1], formats))


def _by_format(text: str, how: str) -> Reference | None:
    """Read a text as exactly what the format writes."""
    pattern, end = "", 0
    for field in _FIELD.finditer(how):
        pattern += re.escape(how[end : field.start()])
        pattern += r"(?P<year>\d{4})" if field[0] == "{year}" else r"(?P<number>\d{1,12})"
        end = field.end()
    match = re.fullmatch(pattern + re.escape(how[end:]), text, re.ASCII)
    if match is None:
        return None
    parts = match.groupdict()
    number, year = int(parts["number"]), int(parts["year"]) if "year" in parts else None
    is_ours = 0 < number <= LARGEST_NUMBER and _written(how, number, year or 0) == text
    return Reference(number, year) if is_ours else None


def _not_taken_for_plain(text: str) -> None:
    if _PLAIN.fullmatch(_written(text, 7, 2026)):
        raise ValueError("what it writes would be read as another ticket's #number: use a letter or a hyphen")
