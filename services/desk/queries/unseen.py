"""Other tickets that a ticket tells of: named only to who may see them."""

import re
from collections.abc import Iterable

from pydantic import JsonValue
from sqlalchemy import select

from services.desk.languages import later
from services.desk.queries.reading import Reading
from shared.storage.tickets import tickets

UNSEEN = later("a ticket that you do not see")
"""In the place of a number."""
TELLING = frozenset({"links", "merged", "merged_into", "split", "split_from"})
"""What names another ticket in the history: by its number, or with what it is to this one (`relates #5`)."""
NUMBER = re.compile(r"#(\d+)$")


async def unseen(reading: Reading, numbers: Iterable[int | None]) -> frozenset[int]:
    """Return those of tickets that the reader does not see."""
    asked = frozenset(number for number in numbers if number is not None)
    if not reading.hidden or not asked:
        return frozenset()
    c = tickets.c
    known = select(c.number).where(reading.own(tickets), reading.seen(), c.number.in_(asked))
    return asked - frozenset(await reading.db.scalars(known))


def told_of(field: str, value: JsonValue) -> int | None:
    """Return the number of the other ticket that a value of the history tells of."""
    if field not in TELLING:
        return None
    if isinstance(value, str):
        found = NUMBER.search(value)
        return int(found[1]) if found else None
    return value if isinstance(value, int) else None


def veiled(field: str, value: JsonValue, hidden: frozenset[int]) -> JsonValue:
    """Return a value of the history without the number of a hidden ticket."""
    number = told_of(field, value)
    if number is None or number not in hidden:
        return value
    return NUMBER.sub(UNSEEN, value) if isinstance(value, str) else UNSEEN
