"""Slow down who guesses passwords: each failure makes the next attempt wait longer."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

FREE = 5
"""Failures that cost nothing: people mistype."""
LONGEST = timedelta(minutes=15)
REMEMBERED = timedelta(hours=1)
AT_MOST = 10_000
"""Entries kept; the oldest go first, so that a flood of names cannot fill the memory."""


@dataclass(frozen=True)
class Failures:
    count: int
    last: datetime

    @property
    def free_at(self) -> datetime:
        if self.count < FREE:
            return self.last
        return self.last + min(LONGEST, timedelta(seconds=2 ** min(self.count - FREE + 1, 12)))


@dataclass
class SignInAttempts:
    """Of this process; counted by address and by the client's network address."""

    failures: dict[str, Failures] = field(default_factory=dict)

    def wait(self, keys: tuple[str, ...], now: datetime) -> timedelta:
        """Return how long these keys must still wait; zero when they may try."""
        waits = [self.failures[key].free_at - now for key in keys if key in self.failures]
        return max([timedelta(), *waits])

    def failed(self, keys: tuple[str, ...], now: datetime) -> None:
        for key in keys:
            before = self.failures.pop(key, None)
            count = before.count if before and now - before.last < REMEMBERED else 0
            self.failures[key] = Failures(count + 1, now)
        while len(self.failures) > AT_MOST:
            del self.failures[next(iter(self.failures))]

    def succeeded(self, keys: tuple[str, ...]) -> None:
        for key in keys:
            self.failures.pop(key, None)
