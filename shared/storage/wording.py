"""Words as search knows them: how text is cut and folded, and the lexemes that are kept and asked for.

Both sides use this module, ticketing when it keeps a post's words and the desk when it looks for them, so
that what is written and what is typed are folded alike. Every lexeme begins with a key of its tenant: an
index over all tenants is then in effect one for each.
"""

import hashlib
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

from sqlalchemy import Column, Text, Uuid, cast, func, literal_column, select
from sqlalchemy import table as lightweight
from sqlalchemy.dialects.postgresql import ARRAY, TSVECTOR
from sqlalchemy.ext.asyncio import AsyncConnection

Place = Literal["any", "subject", "from", "to", "file", "sender", "recipient", "stem"]

MARKS: Mapping[Place, str] = {
    "any": "w",
    "subject": "s",
    "from": "f",
    "to": "t",
    "file": "n",
    "sender": "a",
    "recipient": "b",
    "stem": "~",
}
"""What a lexeme is a word of. `sender` and `recipient` are whole addresses and domains."""

LONGEST_TEXT = 100_000
"""Characters of one post that are read for its words."""
LONGEST_WORD = 48
"""Bytes of a word; the rest of a longer one is cut off, here and in what is typed."""
LARGEST_VECTOR = 500_000
"""Bytes of one post's lexemes; the server refuses a megabyte."""
LAST_POSITION = 16_383
GAP = 10
"""Positions between two texts of a post, so that no phrase spans them."""

LETTERS = {
    "\N{LATIN SMALL LETTER O WITH STROKE}": "o",
    "\N{LATIN SMALL LETTER L WITH STROKE}": "l",
    "\N{LATIN SMALL LETTER D WITH STROKE}": "d",
    "\N{LATIN SMALL LETTER AE}": "ae",
    "\N{LATIN SMALL LIGATURE OE}": "oe",
    "\N{LATIN SMALL LETTER DOTLESS I}": "i",
    "\N{LATIN SMALL LETTER THORN}": "th",
    "\N{LATIN SMALL LETTER ETH}": "d",
    "\N{CYRILLIC SMALL LETTER IO}": "\N{CYRILLIC SMALL LETTER IE}",
}
"""Letters that Unicode does not take apart."""

search = lightweight(
    "search",
    Column("id", Uuid),
    Column("tenant", Text),
    Column("ticket", Uuid),
    Column("words", TSVECTOR),
    schema="ticketing",
)
"""The words of the tenant's posts. A view that holds the tenant's rows only, as the policy of the table
does: under a policy the server would not use an index of words (`docs/decisions/0023`)."""

tagged = lightweight(
    "tagged", Column("id", Uuid), Column("tenant", Text), Column("tags", ARRAY(Text)), schema="ticketing"
)
"""The tags of the tenant's tickets, a view for the same reason."""


@dataclass(frozen=True)
class Part:
    """One text of a post, and what it is."""

    place: Place
    text: str


def words_of(text: str) -> list[str]:
    """Cut a text into folded words, in order. Scripts without spaces give each pair of neighbours."""
    words: list[str] = []
    for run in _runs(fold(text[:LONGEST_TEXT])):
        if _unspaced(run[0]):
            words += [*(a + b for a, b in pairwise(run)), run[-1]]
        else:
            words.append(_cut(run))
    return words


def fold(text: str) -> str:
    """Write a text without case, accents, widths and vowel points."""
    return "".join(_letter(letter) for letter in unicodedata.normalize("NFKC", text).casefold())


def pairs_of_neighbours(word: str) -> bool:
    """Whether a word is of a script without spaces, where one letter is a beginning of a pair."""
    return bool(word) and _unspaced(word[0])


@lru_cache(maxsize=1024)
def key_of(tenant: str) -> str:
    """Return what every lexeme of a tenant begins with."""
    return hashlib.blake2b(tenant.encode(), digest_size=4).hexdigest()


def lexeme(tenant: str, place: Place, word: str) -> str:
    return f"{key_of(tenant)}{MARKS[place]}{word}"


def quoted(lexeme: str) -> str:
    """Write a lexeme as the text form of a tsvector or tsquery does."""
    return "'" + lexeme.replace("\\", "\\\\").replace("'", "''") + "'"


def vector(tenant: str, parts: Iterable[Part], stems: Mapping[str, str]) -> str:
    """Write the lexemes of a post as a tsvector; what is too much for one is left out, from the end."""
    found: dict[str, list[int]] = {}
    size, position = 0, 1
    for part in parts:
        for word in words_of(part.text):
            stem = stems.get(word)
            names = [lexeme(tenant, "any", word)]
            names += [lexeme(tenant, part.place, word)] if part.place != "any" else []
            size += sum(len(name.encode()) + 4 for name in names if name not in found)
            if size > LARGEST_VECTOR or position > LAST_POSITION:
                return _written(found)
            for name in names:
                found.setdefault(name, []).append(position)
            if stem and stem != word:
                found.setdefault(lexeme(tenant, "stem", stem), [])
            position += 1
        position += GAP
    return _written(found)


def with_addresses(vector: str, tenant: str, place: Place, addresses: Iterable[str]) -> str:
    """Add whole addresses and their domains, each also without its first labels."""
    names = {name for address in addresses for name in _names_of(address)}
    return " ".join((vector, *(quoted(lexeme(tenant, place, name)) for name in sorted(names)))).strip()


async def stems_of(
    db: AsyncConnection, words: Iterable[str], languages: Sequence[str]
) -> list[dict[str, str]]:
    """Return the stems of words in each of some languages, by the server's own dictionaries."""
    distinct = sorted(set(words))
    if not distinct or not languages:
        return [{} for _ in languages]
    each = func.unnest(cast(distinct, ARRAY(Text))).column_valued("word")
    lexized = [
        func.ts_lexize(literal_column(f"'{language}_stem'::regdictionary"), each) for language in languages
    ]
    rows = (await db.execute(select(each, *lexized))).all()
    return [
        {row[0]: row[number][0] for row in rows if row[number]} for number, _ in enumerate(languages, start=1)
    ]


def _names_of(address: str) -> list[str]:
    folded = fold(address.strip())
    labels = folded.rpartition("@")[2].split(".")
    domains = (".".join(labels[first:]) for first in range(max(1, len(labels) - 1)))
    return [name[:200] for name in (folded, *domains) if name]


def _written(found: Mapping[str, list[int]]) -> str:
    # the server keeps 255 positions of a lexeme
    places = ((name, ",".join(map(str, at[:255]))) for name, at in found.items())
    return " ".join(f"{quoted(name)}:{at}" if at else quoted(name) for name, at in places)


def _runs(text: str) -> Iterable[str]:
    """Yield the runs of letters, marks and digits; one ends where a script without spaces begins or ends."""
    run = ""
    for letter in text:
        if not _in_word(letter):
            if run:
                yield run
            run = ""
        elif run and _unspaced(run[-1]) != _unspaced(letter):
            yield run
            run = letter
        else:
            run += letter
    if run:
        yield run


def _cut(word: str) -> str:
    return word.encode()[:LONGEST_WORD].decode(errors="ignore") if len(word) > LONGEST_WORD // 4 else word


@lru_cache(maxsize=65_536)
def _letter(letter: str) -> str:
    if letter in LETTERS:
        return LETTERS[letter]
    if unicodedata.category(letter) == "Mn" and not _unspaced(letter):
        return ""
    taken_apart = unicodedata.normalize("NFD", letter)
    # Latin and Greek only: Cyrillic, kana and Hangul are other letters with their marks
    latin_or_greek = taken_apart[0] < "\u0400"
    return taken_apart[0] if latin_or_greek else letter


@lru_cache(maxsize=65_536)
def _in_word(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"


UNSPACED = (
    (0x0E00, 0x0EFF),  # Thai, Lao
    (0x1000, 0x109F),  # Burmese
    (0x1100, 0x11FF),  # Hangul, in parts
    (0x1780, 0x17FF),  # Khmer
    (0x3040, 0x30FF),  # kana
    (0x3400, 0x9FFF),  # Han
    (0xAC00, 0xD7FF),  # Hangul
    (0xF900, 0xFAFF),  # Han, for compatibility
    (0x20000, 0x3FFFF),  # Han, rare
)
"""Scripts that write no spaces, or that join endings to their words as Korean does."""


@lru_cache(maxsize=65_536)
def _unspaced(letter: str) -> bool:
    if letter < "\u0e00":
        return False
    code = ord(letter)
    return any(first <= code <= last for first, last in UNSPACED)
