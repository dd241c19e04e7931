"""Who has the page of a ticket open, and who writes a reply there, as far as this process has heard.

It may be lost, and is not stored: every process of the desk tells it by NOTIFY and hears it from the others.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Literal
from uuid import UUID

Doing = Literal["here", "writes", "rests", "gone"]
"""`here` is said again while the page is open, and leaves alone whether somebody writes."""

HERE_SECONDS = 50
"""So long somebody counts as there of whom nothing more is heard: two beats of a stream, and some."""
WRITES_SECONDS = 12
"""So long somebody counts as writing after the last key of which is heard."""


@dataclass
class Seen:
    """One open page."""

    user: UUID
    until: float
    writes_until: float = 0
    timer: asyncio.TimerHandle | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Present:
    user: UUID
    writes: bool


Place = tuple[str, str]
"""A tenant, and the id of one of its tickets."""


@dataclass
class Presence:
    """By ticket, the pages on which it is open. Give `hear` to a listener on PRESENCE_CHANNEL."""

    told: Callable[[str, str], None]
    """Is called with tenant and ticket when somebody came, left, began or ended to write."""
    clock: Callable[[], float] = time.monotonic
    places: dict[Place, dict[str, Seen]] = field(default_factory=dict)

    def on(self, tenant: str, ticket: UUID) -> list[Present]:
        """Who is there, each person once: those who write first, then who came first."""
        now, found = self.clock(), dict[UUID, bool]()
        for seen in self.places.get((tenant, str(ticket)), {}).values():
            if seen.until > now:
                found[seen.user] = found.get(seen.user, False) or seen.writes_until > now
        return sorted((Present(user, writes) for user, writes in found.items()), key=lambda p: not p.writes)

    def hear(self, payload: str) -> None:
        parts = payload.split(" ")
        if len(parts) != len(Told.__dataclass_fields__):
            return
        told = Told(*parts)
        place = (told.tenant, told.ticket)
        before = self._shown(place)
        self._take(place, told)
        if self._shown(place) != before:
            self.told(*place)

    def _take(self, place: Place, told: "Told") -> None:
        pages = self.places.setdefault(place, {})
        if (had := pages.pop(told.page, None)) and had.timer:
            had.timer.cancel()
        if told.doing != "gone":
            now = self.clock()
            writes = {"writes": now + WRITES_SECONDS, "rests": 0.0}
            kept = had.writes_until if had else 0.0
            seen = Seen(UUID(told.user), now + HERE_SECONDS, writes.get(told.doing, kept))
            pages[told.page] = seen
            self._look_again(place, told.page, seen)
        if not pages:
            del self.places[place]

    def _look_again(self, place: Place, page: str, seen: Seen) -> None:
        """Tell when somebody no longer writes, and when they count as gone."""
        now = self.clock()
        at = seen.writes_until if seen.writes_until > now else seen.until

        def over() -> None:
            if seen.until <= self.clock():
                self._take(place, Told(*place, str(seen.user), page, "gone"))
            else:
                self._look_again(place, page, seen)
            self.told(*place)

        seen.timer = asyncio.get_running_loop().call_later(at - now, over)

    def _shown(self, place: Place) -> list[Present]:
        return self.on(place[0], UUID(place[1]))


@dataclass(frozen=True)
class Told:
    """What one page says of itself. It travels as words between blanks."""

    tenant: str
    ticket: str
    user: str
    page: str
    doing: str

    def __str__(self) -> str:
        return f"{self.tenant} {self.ticket} {self.user} {self.page} {self.doing}"
