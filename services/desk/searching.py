"""What may be typed into the search box, read: words, phrases, numbers, addresses and filters.

The rules are told to people in `docs/search.md`.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from services.desk.languages import gettext
from shared.storage.wording import Place, pairs_of_neighbours, words_of

SHORTEST_PREFIX = 3
"""Letters that a word needs to be taken as a beginning: fewer begin too many words."""
MOST_TERMS = 20
LARGEST_NUMBER = 2**31 - 1

IN_THE_MAIL: Mapping[str, Place] = {"subject": "subject", "from": "from", "to": "to", "file": "file"}
OF_THE_TICKET = (
    "status",
    "assignee",
    "department",
    "tag",
    "mailbox",
    "organization",
    "before",
    "after",
    "is",
    "kind",
)
IS = ("open", "closed", "unassigned", "waiting")
KINDS = ("internal", "external")
FILTERS = (*IN_THE_MAIL, "has", *OF_THE_TICKET)

PART = re.compile(r'(-?)(?:([A-Za-z]+):)?(?:"([^"]*)"?|(\S+))')


@dataclass(frozen=True)
class Term:
    """Words that stand together in one place of a mail; of the last one perhaps only the beginning."""

    words: tuple[str, ...]
    place: Place = "any"
    begins: bool = False
    exact: bool = False
    """A phrase in quotes: no other form of its words will do."""
    negated: bool = False


@dataclass(frozen=True)
class Filter:
    """Something the ticket must be, or must not be."""

    name: str
    value: str
    negated: bool = False


@dataclass(frozen=True)
class Asked:
    """What was typed, read."""

    terms: tuple[Term, ...] = ()
    filters: tuple[Filter, ...] = ()
    perhaps_number: int | None = None
    """A number alone may be a word or a ticket's: both are found."""
    problems: tuple[str, ...] = ()
    """What cannot be looked for, in sentences; then nothing is."""
    notes: tuple[str, ...] = ()
    """What was understood otherwise than it may have been meant."""


@dataclass
class _Reading:
    terms: list[Term] = field(default_factory=list)
    filters: list[Filter] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    wordless: list[str] = field(default_factory=list)
    """What was typed and holds nothing that is looked for."""


def asked_for(typed: str) -> Asked:
    """Read what somebody typed."""
    read = _Reading()
    parts = list(PART.finditer(typed))
    for part in parts[:MOST_TERMS]:
        is_last = part.end() == len(typed.rstrip())
        _take(read, part, is_last=is_last)
    if len(parts) > MOST_TERMS:
        read.notes.append(gettext("Only the first %(count)s words were looked for.", count=MOST_TERMS))
    _tell_wordless(read)
    alone = typed.strip()
    number = int(alone) if _is_number(alone) else None
    return Asked(
        tuple(read.terms),
        tuple(read.filters),
        number,
        tuple(read.problems),
        tuple(read.notes),
    )


def _take(read: _Reading, part: re.Match[str], *, is_last: bool) -> None:
    minus, name, phrase, word = part.groups()
    name, negated, quoted = (name or "").lower(), bool(minus), phrase is not None
    value = phrase if quoted else word
    if not name and not quoted and value.startswith("#") and _is_number(value[1:]):
        read.filters.append(Filter("number", value[1:], negated))
    elif not name and not quoted and value.endswith(":") and value[:-1].lower() in FILTERS:
        read.problems.append(_needs_more(value[:-1].lower()))
    elif name in OF_THE_TICKET:
        _take_filter(read, Filter(name, value.strip(), negated))
    elif name == "has":
        _take_has(read, value, negated=negated)
    elif name in IN_THE_MAIL:
        _take_words(read, value, IN_THE_MAIL[name], negated=negated, quoted=quoted, begins=True, name=name)
    else:
        if (
            name
            and quoted is False
            and name not in {"http", "https", "mailto", "re", "fw", "fwd", "aw", "wg"}
        ):
            read.notes.append(gettext("“%(name)s:” is no filter, so its words were looked for.", name=name))
        text = f"{name} {value}" if name else value
        _take_words(read, text, "any", negated=negated, quoted=quoted, begins=is_last and not negated)


def _tell_wordless(read: _Reading) -> None:
    """Where nothing else was typed, nothing can be looked for; a dash between words is no matter."""
    if read.wordless and not (read.terms or read.filters or read.problems):
        text = " ".join(read.wordless)
        read.problems.append(
            gettext(
                "“%(text)s” has no letter and no digit: only words and numbers are looked for.", text=text
            )
        )
        return
    for text in read.wordless:
        if not all(unicodedata.category(sign).startswith("P") for sign in text):
            read.notes.append(
                gettext("“%(text)s” has no letter and no digit, so it was left out.", text=text)
            )


def _take_words(
    read: _Reading, text: str, place: Place, *, negated: bool, quoted: bool, begins: bool, name: str = ""
) -> None:
    starred = text.endswith("*") and not quoted
    whole = _whole_address(text, place)
    if whole is not None and not quoted:
        side: Place = "sender" if place == "from" else "recipient"
        read.terms.append(Term((whole,), side, begins=True, exact=True, negated=negated))
        return
    words = tuple(words_of(text))
    if not words:
        if name:
            read.problems.append(_needs_more(name))
        else:
            read.wordless.append(text)
        return
    last = words[-1]
    # one letter of a script without spaces begins its pairs
    single = pairs_of_neighbours(last)
    # words before it narrow what it begins
    shortest = SHORTEST_PREFIX if len(words) == 1 else SHORTEST_PREFIX - 1
    long_enough = len(last) >= shortest and not single
    if starred and not long_enough and not single:
        read.notes.append(
            gettext("“%(word)s*” is too short a beginning, so the word itself was looked for.", word=last)
        )
    if single:
        words = words[:-1] if len(words) > 1 and pairs_of_neighbours(words[-2]) else words
    begins_word = not quoted and (starred or begins) and long_enough
    only_letter = single and len(words[-1]) == 1
    read.terms.append(Term(words, place, begins_word or only_letter, quoted, negated))


def _whole_address(text: str, place: Place) -> str | None:
    """Return what is an address or a domain, or the beginning of one, in `from:` and `to:`."""
    if place not in {"from", "to"} or not ("@" in text or "." in text):
        return None
    folded = text.strip().casefold().rstrip("*").lstrip("@")
    return folded if len(folded) >= SHORTEST_PREFIX else None


def _take_filter(read: _Reading, wanted: Filter) -> None:
    name, value = wanted.name, wanted.value
    lowered = value.lower()
    if not value:
        read.problems.append(_needs_more(name))
    elif name in {"before", "after"} and _day(value) is None:
        read.problems.append(
            gettext(
                "“%(name)s:%(value)s” is no day. Write it as %(name)s:2026-01-31.", name=name, value=value
            )
        )
    elif name == "is" and lowered not in IS:
        read.problems.append(_not_known("is", value, ", ".join(f"is:{one}" for one in IS)))
    elif name == "kind" and lowered not in KINDS:
        read.problems.append(_not_known("kind", value, ", ".join(f"kind:{one}" for one in KINDS)))
    else:
        read.filters.append(
            Filter(name, lowered if name not in {"tag", "organization"} else value, wanted.negated)
        )


def _take_has(read: _Reading, value: str, *, negated: bool) -> None:
    if value.lower() in {"file", "files", "attachment"}:
        read.terms.append(Term(("file",), "file", exact=True, negated=negated))
    else:
        read.problems.append(_not_known("has", value, "has:file"))


def day_of(value: str) -> date:
    """Read a day that was found to be one."""
    return date.fromisoformat(value)


def _day(value: str) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 10 and int(text) <= LARGEST_NUMBER  # noqa: PLR2004 - digits of the largest


EXAMPLES = {
    "from": "acme.example",
    "to": "help@acme.example",
    "subject": "invoice",
    "file": "invoice.pdf",
    "has": "file",
    "status": "open",
    "assignee": "me",
    "department": "sales",
    "tag": "vip",
    "mailbox": "help@acme.example",
    "organization": "Acme",
    "before": "2026-01-31",
    "after": "2026-01-31",
    "is": "open",
    "kind": "internal",
}


def _needs_more(name: str) -> str:
    example = f"{name}:{EXAMPLES[name]}"
    return gettext(
        "“%(name)s:” needs something right after it, such as %(example)s.", name=name, example=example
    )


def _not_known(name: str, value: str, known: str) -> str:
    given = f"{name}:{value}"
    return gettext("“%(given)s” is not known. There is %(known)s.", given=given, known=known)
