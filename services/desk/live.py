"""Tell open pages that something changed: they look again, with the rights and language of their reader."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from shared.waiting import woken

COALESCE_SECONDS = 0.3
"""Changes that come so soon behind each other are told as one."""
BEAT_SECONDS = 20
"""A stream says so often that it is there, for proxies that end what is silent."""
LONGEST_SECONDS = 900
"""After that time the page connects anew: who has signed out since hears nothing more."""
BEAT = ": here\n\n"


@dataclass(eq=False)
class Follower:
    """One open page."""

    ticket: UUID | None
    """The ticket that it shows."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    seen: set[str] = field(default_factory=set)

    def tell(self, ticket: str) -> None:
        if self.ticket is not None and ticket == str(self.ticket):
            self.seen.add("ticket-changed")
        self.seen.add("list-changed")
        self.woken.set()

    def taken(self) -> list[str]:
        """Return what happened since the last time, and begin anew."""
        self.woken.clear()
        told, self.seen = sorted(self.seen), set()
        return told


@dataclass
class Live:
    """The open pages of this process, by tenant. Give `hear` to a listener on LIVE_CHANNEL."""

    pages: dict[str, set[Follower]] = field(default_factory=dict)
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @contextmanager
    def following(self, tenant: str, ticket: UUID | None) -> Iterator[Follower]:
        follower = Follower(ticket)
        self.pages.setdefault(tenant, set()).add(follower)
        try:
            yield follower
        finally:
            self.pages[tenant].discard(follower)
            if not self.pages[tenant]:
                del self.pages[tenant]

    def hear(self, payload: str) -> None:
        tenant, _, ticket = payload.partition(" ")
        for follower in self.pages.get(tenant, ()):
            follower.tell(ticket)

    def close(self) -> None:
        """End every stream: the process stops, and pages connect to another one."""
        self.over.set()
        for pages in self.pages.values():
            for follower in pages:
                follower.woken.set()

    async def stream(self, follower: Follower, *, again: bool) -> AsyncGenerator[str]:
        """Write server-sent events (HTML standard, 9.2): names of what happened, and nothing of what it was.

        again: the page was away, and whatever happened meanwhile is one `resync`.
        """
        number, now = 0, asyncio.get_running_loop().time
        until = now() + LONGEST_SECONDS
        yield event("resync" if again else "hello", number)
        while now() < until:
            if not await woken(follower.woken, BEAT_SECONDS):
                yield BEAT
            if self.over.is_set():
                return
            if follower.woken.is_set():
                await asyncio.sleep(COALESCE_SECONDS)
                for name in follower.taken():
                    number += 1
                    yield event(name, number)


def event(name: str, number: int) -> str:
    return f"event: {name}\nid: {number}\ndata: {number}\n\n"
