"""The words that mail programs write, one data file a language, compiled once to sets and templates.

A new language is a new file and a test; no code changes."""

import re
import tomllib
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache, cached_property, lru_cache
from importlib import resources
from typing import Any

from shared.contracts.filters import Filters
from shared.contracts.patterns import LONGEST_LINE

MAX_JOINED = 1_000
"""Characters of the longest (joined) line that is matched."""

_UNSEEN = re.compile(r"[\u061c\u200b-\u200f\u202a-\u202f\u2060\u2066-\u2069\ufeff]")
"""Marks that take no room or that of a space."""
_DIRECTIONS = re.compile(r"[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_DATE_LIKE = re.compile(r"\d{1,2}[:.h]\d{2}|(?:19|20)\d{2}|\d{1,2}[./-]\d{1,2}")
_TIME = re.compile(r"\d{1,2}[:.h]\d{2}")
_DAY = re.compile(r"(?:19|20)\d{2}|\d{1,2}[./-]\d{1,2}[./-]|[\u0660-\u0669]{4}")
_CLOCK = frozenset({"am", "pm", "a.m", "p.m", "uhr", "gmt", "utc", "cet", "cest", "\u0433"})
"""Words behind a time of day."""
_SLOT = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class Intro:
    """A template such as `On {when} wrote:`; literals are found in order, so matching is linear."""

    literals: tuple[str, ...]
    slots: tuple[str, ...]

    @property
    def is_anchored(self) -> bool:
        """Begins with a word of its own, so that it cannot swallow what stands above it."""
        return bool(self.literals[0])

    @property
    def word(self) -> str:
        """The longest word that stands by itself in every line of this template; empty when none does."""
        words = "\0".join(self.literals).split(" ")
        return max((word for word in words if "\0" not in word), key=len, default="")

    @classmethod
    def of(cls, template: str) -> "Intro":
        pieces = _SLOT.split(folded_colon(template))
        return cls(tuple(piece.casefold() for piece in pieces[::2]), tuple(pieces[1::2]))

    def matches(self, line: str) -> bool:
        """Whether a folded line is this intro from its first to its last character."""
        if not (line.startswith(self.literals[0]) and line.endswith(self.literals[-1])):
            return False
        first, *middle, last = self.literals
        if len(line) < len(first) + len(last):
            return False
        position, end = len(first), len(line) - len(last)
        for literal, slot in zip(middle, self.slots, strict=False):
            found = line.find(literal, position + 1, end)
            if found < 0 or not _fills(slot, line[position:found]):
                return False
            position = found + len(literal)
        return _fills(self.slots[-1], line[position:end])


def _fills(slot: str, text: str) -> bool:
    if slot == "who":
        return any(map(str.isalpha, text))
    return ("when" not in slot or bool(_DATE_LIKE.search(text))) and ("address" not in slot or "@" in text)


# Compared by identity: there is one, and it is a key of caches.
@dataclass(frozen=True, eq=False)
class Vocabulary:
    labels: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Folded header label -> the fields it may stand for (from, date, to, cc, subject, reply_to)."""
    reply_prefixes: frozenset[str] = frozenset()
    forward_prefixes: frozenset[str] = frozenset()
    original: frozenset[str] = frozenset()
    """Words of a separator row above a quoted mail."""
    forward: frozenset[str] = frozenset()
    """Words of a separator row above a forwarded mail."""
    forward_bare: frozenset[str] = frozenset()
    """Such words that need no row of dashes around them."""
    forward_by: tuple[str, ...] = ()
    """What such a row begins with when it names the forwarder, as Notes writes it."""
    forward_end: frozenset[str] = frozenset()
    """Words of a row below a forwarded mail."""
    intros: tuple[Intro, ...] = ()
    signoffs: frozenset[str] = frozenset()
    disclaimers: tuple[str, ...] = ()
    """Phrases of the legal words at the end of a mail."""
    postscripts: tuple[str, ...] = ()
    mobile: tuple[str, ...] = ()
    """What the line of a phone or a program begins with."""
    mobile_whole: frozenset[str] = frozenset()
    """Such lines that are sentences, and known only as a whole; without the stop at the end."""
    auto_reply: tuple[str, ...] = ()
    bounce: tuple[str, ...] = ()
    months: Mapping[str, int] = field(default_factory=dict)
    thanks: frozenset[str] = frozenset()
    courtesies: frozenset[str] = frozenset()
    """What is said beside thanks and asks for nothing."""
    own_lines: frozenset[str] = frozenset()
    """Folded lines of a user's filters; a mail is quoted from there on."""
    own_intros: tuple[Intro, ...] = ()
    own_patterns: tuple[re.Pattern[str], ...] = ()

    @cached_property
    def intro_ends(self) -> tuple[str, ...]:
        """What a line ends with that may be the last of an intro."""
        return tuple({intro.literals[-1][-1:] for intro in self.intros})

    @cached_property
    def intro_words(self) -> frozenset[str]:
        """The words that stand between date and name."""
        literals = (literal for intro in self.intros for literal in intro.literals)
        return _CLOCK | {word.strip(":,") for literal in literals for word in literal.split()}

    def quotes_from(self, line: str) -> bool:
        """Whether a user's filters say that a mail is quoted from this line on."""
        if not line or len(line) > LONGEST_LINE:
            return False
        text = folded_colon(folded(line))
        return (
            text in self.own_lines
            or any(intro.matches(text) for intro in self.own_intros)
            or any(pattern.search(line) for pattern in self.own_patterns)
        )

    def intros_in(self, line: str) -> list[Intro]:
        """The templates that a whole (joined) line fits."""
        line = folded_colon(folded(line))
        words = {"", *line.split(" ")} & self._intros.keys()
        return [intro for word in words for intro in self._intros[word] if intro.matches(line)]

    @cached_property
    def _intros(self) -> Mapping[str, list[Intro]]:
        """The templates by a word that a line must have to fit: most lines have none of them."""
        found: dict[str, list[Intro]] = {}
        for intro in self.intros:
            found.setdefault(intro.word, []).append(intro)
        return found


def has_date(text: str) -> bool:
    return bool(_DATE_LIKE.search(text[:MAX_JOINED]))


def has_moment(text: str) -> bool:
    """Whether it names a day, by its year or in numbers, and a time of the day."""
    text = text[:MAX_JOINED]
    return bool(_TIME.search(text) and _DAY.search(text))


def folded(text: str) -> str:
    """Lower case, whole letters, plain single spaces, no bold marks: the form in which words are compared."""
    text = text[:MAX_JOINED]
    if not text.isascii():
        text = unicodedata.normalize("NFC", _UNSEEN.sub(" ", text)).replace("：", ":")  # noqa: RUF001 - the colon of East Asia
    return " ".join(text.split()).strip(" *_").casefold()


def undirected(text: str) -> str:
    """Without the marks of the direction in which a text runs, which clients put around Hebrew and Arabic."""
    return text if text.isascii() else _DIRECTIONS.sub("", text)


def folded_colon(text: str) -> str:
    """French puts a space before the colon, others none."""
    return text[:-2] + ":" if text.endswith(" :") else text


@cache
def vocabulary() -> Vocabulary:
    """Every language together: a mail rarely says which it is in, and one thread mixes several."""
    files = resources.files("services.parser.vocabulary").iterdir()
    languages = sorted(f.name for f in files if f.name.endswith(".toml") and f.name != "containers.toml")
    folder = resources.files("services.parser.vocabulary")
    return compiled([tomllib.loads((folder / name).read_text("utf-8")) for name in languages])


@lru_cache(maxsize=16)
def vocabulary_with(filters: Filters) -> Vocabulary:
    """Every language, and what a user's filters add to it or put in its place."""
    known = vocabulary()
    if filters == Filters():
        return known
    templates = [text for text in filters.strings if _SLOT.search(text)]
    return replace(
        known,
        intros=() if filters.replace else known.intros,
        original=frozenset() if filters.replace else known.original,
        own_lines=frozenset(folded(text) for text in filters.strings if text not in templates),
        own_intros=tuple(Intro.of(text) for text in templates),
        own_patterns=tuple(re.compile(text, re.IGNORECASE) for text in filters.regexes),
    )


# Any: the shape of a data file is checked here, where it is read.
def compiled(tables: Iterable[Mapping[str, Any]]) -> Vocabulary:
    tables = list(tables)
    labels: dict[str, set[str]] = {}
    months: dict[str, int] = {}
    for table in tables:
        for name, words in table.get("labels", {}).items():
            for word in words:
                labels.setdefault(folded(word), set()).add(name)
        for number, names in enumerate(table.get("months", []), 1):
            months.update((folded(name), number) for name in names)

    def listed(section: str, name: str) -> list[str]:
        return [folded(one) for table in tables for one in table.get(section, {}).get(name, [])]

    templates = [text for table in tables for text in table.get("intros", {}).get("templates", [])]
    return Vocabulary(
        labels={label: frozenset(names) for label, names in labels.items()},
        reply_prefixes=frozenset(listed("subjects", "reply")),
        forward_prefixes=frozenset(listed("subjects", "forward")),
        original=frozenset(listed("separators", "original")),
        forward=frozenset(listed("separators", "forward")),
        forward_bare=frozenset(listed("separators", "forward_bare")),
        forward_by=tuple(f"{one} " for one in listed("separators", "forward_by")),
        forward_end=frozenset(listed("separators", "forward_end")),
        intros=tuple(Intro.of(text) for text in dict.fromkeys(templates)),
        signoffs=frozenset(listed("signatures", "signoffs")),
        disclaimers=tuple(listed("signatures", "disclaimers")),
        postscripts=tuple(listed("signatures", "postscripts")),
        mobile=tuple(listed("signatures", "mobile")),
        mobile_whole=frozenset(listed("signatures", "mobile_whole")),
        auto_reply=tuple(listed("automatic", "auto_reply")),
        bounce=tuple(listed("automatic", "bounce")),
        months=months,
        thanks=frozenset(listed("courtesy", "thanks")),
        courtesies=frozenset(listed("courtesy", "beside")),
    )
