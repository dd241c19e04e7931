"""Where a ticket is in the list that one came from, and what is beside it."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select

from services.desk.queries.filtering import Filters, each_of
from services.desk.queries.ordering import Order, Place, order_of, token_of
from services.desk.queries.reading import Reading
from services.desk.queries.search import Found
from services.desk.queries.tickets import WALKED, chosen_by
from shared.storage.tickets import tickets

COUNTED = 1_000
"""Behind so many, the place is not told."""


@dataclass(frozen=True)
class Beside:
    """Another ticket of the list, and its place there."""

    number: int
    at: str


@dataclass(frozen=True)
class Neighbours:
    position: int | None
    """From 1; None far behind."""
    before: Beside | None
    after: Beside | None


async def neighbours(
    reading: Reading, filters: Filters, user: UUID, found: Found, *, number: int, at: str
) -> Neighbours | None:
    """Look beside the place `at`, which the ticket had when it was opened: it may have left the list since.
    None when it is no place of this order."""
    order = order_of(filters.sort)
    place = order.place_of(at)
    if place is None:
        return None
    listing = _Listing(reading, filters, user, found, order, number)
    return Neighbours(
        await listing.position(place),
        await listing.next_to(place, back=True),
        await listing.next_to(place, back=False),
    )


@dataclass(frozen=True)
class _Listing:
    reading: Reading
    filters: Filters
    user: UUID
    found: Found
    order: Order
    number: int

    async def next_to(self, place: Place, *, back: bool) -> Beside | None:
        each = (*self.found.each, *each_of(self.reading, self.filters))
        chosen = chosen_by(self.reading, self.order, self.filters, self.user, self.found)
        chosen = chosen.where(self.order.behind(place, back=back), tickets.c.number != self.number)
        walk = self.order.ordered(chosen, back=back).limit(WALKED if each else 1).subquery("walk")
        query = select(walk).where(*(asked(walk) for asked in each))
        rows = await self.reading.db.execute(self.order.ordered(query, walk.c, back=back).limit(1))
        row = rows.mappings().one_or_none()
        return Beside(row["number"], token_of(self.order.place_in(row))) if row else None

    async def position(self, place: Place) -> int | None:
        each = (*self.found.each, *each_of(self.reading, self.filters))
        if each:
            return None
        chosen = chosen_by(self.reading, self.order, self.filters, self.user, self.found)
        chosen = chosen.where(self.order.behind(place, back=True), tickets.c.number != self.number)
        before = self.order.ordered(chosen, back=True).limit(COUNTED).subquery("before")
        counted = await self.reading.db.execute(select(func.count()).select_from(before))
        count = int(counted.scalar_one())
        return count + 1 if count < COUNTED else None
