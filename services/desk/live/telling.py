"""Tell open pages that something was changed: they look again, by the rights and language of their reader."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from uuid import UUID

from services.desk.live.presence import Presence
from shared.waiting import woken

COALESCE_SECONDS = 0.3
"""Changes that come so soon behind each other are told as one."""
BEAT_SECONDS = 20
"""A stream says so often that it is there, for proxies that end what is silent."""
LONGEST_SECONDS = 900
"""After that time the page connects anew: who has signed out since hears nothing more."""
BEAT = ": here\n\n"
KEPT = 10_000
"""Changes that are remembered, for a page that connects after it was made, or again."""


@dataclass(eq=False)
class Follower:
    """One open page."""

    ticket: UUID | None
    """The ticket that it shows."""
    mailbox: UUID | None = None
    """The mailbox of which it shows what is found."""
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    seen: set[str] = field(default_factory=set)

    def tell(self, what: str) -> None:
        kind, _, mailbox = what.rpartition(" ")
        if kind:
            self._tell_mailbox(mailbox)
        else:
            self._tell_ticket(what)

    def _tell_mailbox(self, mailbox: str) -> None:
        if mailbox == str(self.mailbox):
            self.seen.add("mailbox-changed")
            self.woken.set()

    def _tell_ticket(self, ticket: str) -> None:
        if self.ticket is not None and ticket == str(self.ticket):
            self.seen.add("ticket-changed")
        self.seen.add("list-changed")
        self.woken.set()

    def tell_presence(self, ticket: str) -> None:
        if ticket == str(self.ticket):
            self.seen.add("presence-changed")
            self.woken.set()

    def resync(self) -> None:
        """Nobody knows what happened since: look at everything."""
        self.seen.add("resync")
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
    changes: deque[tuple[float, str, str]] = field(default_factory=lambda: deque(maxlen=KEPT))
    """When it was heard, tenant and what was changed; the newest last."""
    known_since: float = field(default_factory=time.time)
    presence: Presence = field(init=False)
    """Who is on which ticket."""

    def __post_init__(self) -> None:
        self.presence = Presence(self._presence_changed)

    @contextmanager
    def following(
        self,
        tenant: str,
        ticket: UUID | None,
        *,
        mailbox: UUID | None = None,
        since: float | None = None,
    ) -> Iterator[Follower]:
        """Follow what happens from now on, and what has happened since (seconds since 1970, of the moment in
        which the page began to be made, or of the last event that it had)."""
        follower = Follower(ticket, mailbox)
        self.pages.setdefault(tenant, set()).add(follower)
        if since is not None:
            self._catch_up(follower, tenant, since)
        try:
            yield follower
        finally:
            self.pages[tenant].discard(follower)
            if not self.pages[tenant]:
                del self.pages[tenant]

    def hear(self, payload: str) -> None:
        tenant, _, what = payload.partition(" ")
        if len(self.changes) == KEPT:
            self.known_since = self.changes[0][0]
        self.changes.append((time.time(), tenant, what))
        for follower in self.pages.get(tenant, ()):
            follower.tell(what)

    def close(self) -> None:
        """End every stream: the process stops, and pages connect to another one."""
        self.over.set()
        for pages in self.pages.values():
            for follower in pages:
                follower.woken.set()

    async def stream(self, follower: Follower) -> AsyncGenerator[str]:
        """Write server-sent events (HTML standard, 9.2): names of what happened, and nothing of what it was.
        Their ids are moments, which a page that comes back names."""
        now = asyncio.get_running_loop().time
        until = now() + LONGEST_SECONDS
        yield event("hello")
        while now() < until:
            if not await woken(follower.woken, BEAT_SECONDS):
                yield BEAT
            if self.over.is_set():
                return
            if follower.woken.is_set():
                await asyncio.sleep(COALESCE_SECONDS)
                for name in follower.taken():
                    yield event(name)

    def _presence_changed(self, tenant: str, ticket: str) -> None:
        for follower in self.pages.get(tenant, ()):
            follower.tell_presence(ticket)

    def _catch_up(self, follower: Follower, tenant: str, since: float) -> None:
        if since <= self.known_since:
            follower.resync()
            return
        for at, whose, what in reversed(self.changes):
            if at < since:
                break
            if whose == tenant:
                follower.tell(what)


def event(name: str) -> str:
    moment = f"{time.time():.3f}"
    return f"event: {name}\nid: {moment}\ndata: {moment}\n\n"
