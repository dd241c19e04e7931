"""The list that a ticket was opened from: the place there, and what is beside it."""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from services.desk.desk import Desk
from services.desk.errors import NotHere
from services.desk.listing import Asked
from services.desk.pages.ticketlist import listing_of
from services.desk.queries.neighbours import Neighbours, neighbours
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.tickets import count_of
from services.desk.signin.auth import SignedIn

LONGEST = 2_000


@dataclass(frozen=True)
class Came:
    """From which list, as its address says it, and from which place there."""

    query: str = ""
    at: str = ""


def came_from(
    query: Annotated[str, Query(alias="from", max_length=LONGEST)] = "",
    at: Annotated[str, Query(max_length=LONGEST)] = "",
) -> Came:
    return Came(query, at)


CameFrom = Annotated[Came, Depends(came_from)]


@dataclass(frozen=True)
class Way:
    """What the head of a ticket shows of the list."""

    asked: Asked
    title: str = "Open"
    beside: Neighbours | None = None
    total: int | None = None

    def to(self, number: int, at: str) -> str:
        """The address of another ticket of the list, which keeps the list."""
        return f"/tickets/{number}?{urlencode({'from': self.asked.query(), 'at': at})}#latest"


async def beside(desk: Desk, reading: Reading, signed: SignedIn, number: int, came: Came | None) -> Way:
    """Find the list again; one that is not there any more is the usual one."""
    if came is None or not came.at:
        return Way(Asked.of(came.query if came else ""))
    try:
        listing = await listing_of(reading, signed, Asked.of(came.query))
    except NotHere:
        return Way(Asked())
    asked, user = listing.asked, signed.user.id
    filters = asked.filters(listing.defined, desk.clock())
    found = await find(reading, asked.searched(), user)
    there = await neighbours(reading, filters, user, found, number=number, at=came.at)
    total = await count_of(reading, filters, user, found, at_most=1_000)
    return Way(Asked.of(came.query), listing.title, there, total)
