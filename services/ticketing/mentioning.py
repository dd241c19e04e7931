"""Whom a note names with an @: by address, by name, or by first name where only one has it.

The one place that reads mentions. An address in the text is none, nor is anything on a quoted line."""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from unicodedata import normalize
from uuid import UUID

from sqlalchemy import select

from shared.contracts.notices import PeopleMentioned
from shared.contracts.tickets import Actor, TicketSnapshot
from shared.messaging.unit import Unit
from shared.storage.config import users

MOST = 50
"""Colleagues of one note."""
_AT = re.compile(r"(?<![\w.+%@/-])@(?=\w)")
_GOES_ON = re.compile(r"[\w@]|[.+-][\w@]|['\u2019]\w{2}")
"""Behind a name: it was only the beginning of another word. `'s` belongs to the sentence."""


@dataclass(frozen=True)
class Colleague:
    id: UUID
    name: str
    address: str


def mentioned(text: str, colleagues: Sequence[Colleague]) -> tuple[UUID, ...]:
    """Return who is named, in the order of the text, each once. The longest name that fits counts; one that
    several have names nobody."""
    known = _known(colleagues)
    lengths = sorted({len(name) for name in known}, reverse=True)
    spoken = " ".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    folded = _folded(spoken)
    found: dict[UUID, None] = {}
    for at in _AT.finditer(folded):
        named = _named(folded, at.end(), known, lengths)
        if len(named) == 1:
            found.update(dict.fromkeys(named))
    return tuple(found)[:MOST]


async def tell(unit: Unit, text: str, post: UUID, ticket: TicketSnapshot, actor: Actor) -> None:
    """Let it be known whom a note of a person names."""
    if "@" not in text:
        return
    there = (users.c.tenant == unit.tenant, users.c.archived_at.is_(None))
    rows = await unit.db.execute(select(users.c.id, users.c.name, users.c.address).where(*there))
    people = mentioned(text, [Colleague(**row) for row in rows.mappings()])
    if people:
        unit.emit(PeopleMentioned(tenant=unit.tenant, ticket=ticket, actor=actor, post=post, people=people))


def _known(colleagues: Sequence[Colleague]) -> dict[str, set[UUID]]:
    known: defaultdict[str, set[UUID]] = defaultdict(set)
    for one in colleagues:
        name = _folded(one.name)
        for word in (name, name.partition(" ")[0], _folded(one.address)):
            if word:
                known[word].add(one.id)
    return known


def _named(text: str, begin: int, known: dict[str, set[UUID]], lengths: Sequence[int]) -> set[UUID]:
    for length in lengths:
        end = begin + length
        word = text[begin:end]
        if word in known and not _GOES_ON.match(text, end):
            return known[word]
    return set()


def _folded(text: str) -> str:
    return " ".join(normalize("NFKC", text).casefold().split())
