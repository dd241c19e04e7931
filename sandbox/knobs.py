"""What goes wrong, how often and by whose dice: seeded knobs per mailbox, and one-shot faults."""

import random
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]
Spoiling = Literal["drop", "hang", "trickle", "html", "garbled"]
"""What a network does to an answer."""
Operation = Literal[
    "user", "folders", "list", "delta", "get", "value", "patch", "move", "delete", "draft", "attachment",
    "upload", "send", "subscription", "token", "any",
]  # fmt: skip


class Knobs(BaseModel):
    """The weather of one mailbox. All calm by default."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    seed: int = 0
    """Where the dice begin; the same seed repeats the same chances."""
    throttle: Probability = 0
    """429 before anything is done."""
    retry_after: int | None = 1
    """Seconds in the Retry-After of a 429; none leaves the header out."""
    realistic_limits: bool = False
    """429 beyond what Exchange Online allows one app in one mailbox; it is counted in any case."""
    max_concurrent: int | None = None
    """429 for requests beyond this many in flight; Exchange Online allows 4."""
    gone: Probability = 0
    """410 for a delta request that presents a token."""
    fail_before: Probability = 0
    """503 before anything is done."""
    fail_after: Probability = 0
    """503 although the mail was accepted."""
    drop_after: Probability = 0
    """The connection breaks although the mail was accepted."""
    ndr: Probability | tuple[str, ...] = 0
    """Non-delivery reports: how often, or for which recipients (patterns as of a shell)."""
    latency_ms: tuple[int, int] = (0, 0)
    """Milliseconds that every answer takes, at least and at most."""
    auth_denied: bool = False
    """403: an access policy keeps the app out."""
    disabled: bool = False
    """404 MailboxNotEnabledForRESTAPI."""
    duplicate_delta: Probability = 0
    """How often an item stands in its page twice."""
    empty_pages: Probability = 0
    """How often a delta page is empty and has a nextLink."""
    endless_pages: bool = False
    """The last delta page has a nextLink too, and so on for ever."""
    late_delta: Probability = 0
    """How often an item is left out of a round, to come in the next."""
    replay_delta: Probability = 0
    """How often the next round shows the items of this one again."""
    filtered_delta_cap: Annotated[int, Field(ge=1)] = 5_000
    """How many of the messages that are there a delta with a $filter tells of; it never tells the rest."""
    foreign_links: Probability = 0
    """How often a nextLink, deltaLink or uploadUrl leads to another host."""
    vanish: tuple[str, ...] = ()
    """Subjects (patterns) of mail that somebody deletes between delta and download."""
    lost_ranges: Probability = 0
    """How often an upload session loses a range that it was sent."""
    no_mime: tuple[str, ...] = ()
    """Subjects (patterns) of mail that Exchange cannot turn into MIME."""
    rewrite_message_id: bool = False
    """Sent mail gets a Message-ID of Exchange's making."""
    drop_headers: tuple[str, ...] = ()
    """Header fields that are lost when a mail is sent."""
    claims_challenge: str | None = None
    """401 insufficient_claims for tokens that were not asked for with this claim (a value for `nbf`); clients
    that do not declare the capability CP1 never see it."""
    send_as: tuple[str, ...] = ()
    """Addresses other than its own that the mailbox may send from; patterns."""
    notification_lost: Probability = 0
    """How often a change is told to nobody."""
    notification_missed: Probability = 0
    """How often there is an event `missed` in its place."""
    notification_delay_ms: tuple[int, int] = (0, 0)
    """Milliseconds after which a change is told, at least and at most."""
    notification_twice: Probability = 0
    """How often a change is told twice."""
    notification_forged: Probability = 0
    """How often a stranger tells it too, with a clientState of their own."""
    lifecycle_lost: Probability = 0
    """How often an event of a subscription's life is told to nobody."""
    subscription_removed: Probability = 0
    """How often a change ends the subscription instead, which is told."""
    subscription_vanishes: Probability = 0
    """The same, told to nobody."""


class Fault(BaseModel):
    """The next requests of one kind fail in one way."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    match: Operation
    """The kind of request that it strikes."""
    status: Annotated[int, Field(ge=400, le=599)] | Spoiling = 503
    """What is answered. `drop` breaks the connection, `hang` after a silence; `trickle` answers bit by bit;
    `html` is a gateway's page with status 200; `garbled` is JSON that ends in the middle."""
    code: str | None = None
    """Graph's code; without it the usual one of the status."""
    message: str | None = None
    """Graph's text; without it the usual one of the code."""
    seconds: Annotated[float, Field(gt=0)] | None = None
    """How long a hanging or trickling answer takes; none is until the client gives up."""
    times: Annotated[int, Field(ge=1)] | None = 1
    """How many requests it strikes; none is every one."""
    probability: Probability = 1
    """How often it strikes; the others pass."""
    seed: int = 0
    """Where its dice begin."""
    skip: Annotated[int, Field(ge=0)] = 0
    """How many requests pass before the first one fails."""
    when: Literal["before", "after"] = "before"
    """Before anything is done, or although it was done."""
    retry_after: int | None = None
    """Seconds in its Retry-After; none leaves the header out."""
    challenge: str | None = None
    """A 401 asks for this claim, as `claims_challenge` does."""


@dataclass
class _Waiting:
    """A fault, and how far it has come."""

    fault: Fault
    left: int | None
    skip: int
    dice: "Dice"

    def strikes(self) -> bool:
        """Count one request of its kind."""
        if self.skip:
            self.skip -= 1
            return False
        if not self.dice.falls("fault", self.fault.probability):
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Dice:
    """Chance that repeats: each knob draws from its own sequence, made from the seed and its name."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._sequences: dict[str, random.Random] = {}

    def falls(self, knob: str, probability: float) -> bool:
        return probability > 0 and self._sequence(knob).random() < probability

    def between(self, knob: str, low: int, high: int) -> int:
        return low if low >= high else self._sequence(knob).randint(low, high)

    def _sequence(self, knob: str) -> random.Random:
        # Repeatability is the point here; nothing secret is drawn.
        return self._sequences.setdefault(knob, random.Random(f"{self._seed}/{knob}"))  # noqa: S311


class Weather:
    """The knobs, dice and faults of one mailbox while the server runs."""

    def __init__(self, knobs: Knobs) -> None:
        self.knobs = knobs
        self.dice = Dice(knobs.seed)
        self.in_flight = 0
        self.delayed: set[str] = set()
        """The items that delta has kept back once."""
        self._faults: list[_Waiting] = []

    def happens(self, knob: str) -> bool:
        """Throw the dice of a knob that is a probability."""
        return self.dice.falls(knob, getattr(self.knobs, knob))

    def bounces(self, address: str) -> bool:
        match self.knobs.ndr:
            case tuple(patterns):
                return any(fnmatch(address.lower(), pattern.lower()) for pattern in patterns)
            case probability:
                return self.dice.falls("ndr", probability)

    def link(self, url: str) -> str:
        """A link as the client gets it, which may lead to somebody else."""
        return (
            re.sub(r"//[^/]+", "//graph.elsewhere.example", url, count=1)
            if self.happens("foreign_links")
            else url
        )

    def add(self, fault: Fault) -> None:
        self._faults.append(_Waiting(fault, fault.times, fault.skip, Dice(fault.seed)))

    def fault(self, operation: str, when: str) -> Fault | None:
        """The fault that strikes now; each question counts as one request."""
        for waiting in self._faults:
            fault = waiting.fault
            if fault.match not in (operation, "any") or fault.when != when or not waiting.strikes():
                continue
            self._faults = [one for one in self._faults if one.left != 0]
            return fault
        return None

    @contextmanager
    def flight(self) -> Iterator[int]:
        """Count a request while it is served; yields how many there are."""
        self.in_flight += 1
        try:
            yield self.in_flight
        finally:
            self.in_flight -= 1
