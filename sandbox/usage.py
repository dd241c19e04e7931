"""What one app asks of one mailbox, always counted, and Exchange Online's limits of it.

Source: Graph's page "Microsoft Graph service-specific throttling limits", Outlook service limits.
"""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field

AT_ONCE = 4
REQUESTS, REQUESTS_SECONDS = 10_000, 600
UPLOAD_BYTES, UPLOAD_SECONDS = 150_000_000, 300


@dataclass(frozen=True)
class Seen:
    """The most that was ever seen: at one moment, or within one window of a limit."""

    app: str
    requests: int = 0
    most_at_once: int = 0
    most_requests: int = 0
    """In ten minutes."""
    most_upload: int = 0
    """Bytes in five minutes."""
    by_operation: dict[str, int] = field(default_factory=dict)
    at_once_by_operation: dict[str, int] = field(default_factory=dict)

    def json(self) -> dict[str, object]:
        return asdict(self)


class Window:
    """A sum over the last seconds."""

    def __init__(self, seconds: float, clock: Callable[[], float]) -> None:
        self._seconds, self._clock = seconds, clock
        self._entries: deque[tuple[float, int]] = deque()
        self.sum = 0
        self.most = 0

    def add(self, amount: int) -> None:
        now = self._clock()
        while self._entries and self._entries[0][0] <= now - self._seconds:
            self.sum -= self._entries.popleft()[1]
        if amount:
            self._entries.append((now, amount))
        self.sum += amount
        self.most = max(self.most, self.sum)


class Usage:
    """Counts one app's requests to one mailbox; those that were refused count too."""

    def __init__(self, app: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._app = app
        self._requests = Window(REQUESTS_SECONDS, clock)
        self._upload = Window(UPLOAD_SECONDS, clock)
        self._now: Counter[str] = Counter()
        self._most: Counter[str] = Counter()
        self._total: Counter[str] = Counter()
        self._most_at_once = 0

    @contextmanager
    def request(self, operation: str, upload: int) -> Iterator[None]:
        """Count a request while it is served. `upload`: bytes of its body."""
        self._requests.add(1)
        self._upload.add(upload)
        self._total[operation] += 1
        self._now[operation] += 1
        self._most[operation] = max(self._most[operation], self._now[operation])
        self._most_at_once = max(self._most_at_once, self._now.total())
        try:
            yield
        finally:
            self._now[operation] -= 1

    def exceeded(self) -> str | None:
        """Name the limit that is exceeded now, as Exchange calls it."""
        if self._now.total() > AT_ONCE:
            return "MailboxConcurrency"
        if self._upload.sum > UPLOAD_BYTES:
            return "IncomingBytes"
        return "RequestsPerTenMinutes" if self._requests.sum > REQUESTS else None

    def seen(self) -> Seen:
        return Seen(
            self._app,
            requests=self._total.total(),
            by_operation=dict(self._total),
            most_at_once=self._most_at_once,
            most_requests=self._requests.most,
            most_upload=self._upload.most,
            at_once_by_operation=dict(self._most),
        )
