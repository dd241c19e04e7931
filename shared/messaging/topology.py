"""Names and shapes on the broker, by rule; and what a service hears and sweeps."""

import inspect
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from sqlalchemy import Table

# named here so that every process knows every contract, whatever else it imports
from shared.contracts import examining, folders, mail, notices, sending, tickets, trials, waking  # noqa: F401
from shared.contracts.base import CONTRACTS, Message
from shared.storage.due import Turns

EXCHANGE = "postroom"
PARKED = "postroom.parked"
Ladder = tuple[timedelta, ...]
LADDER: Ladder = (timedelta(seconds=10), timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
"""How long a message waits before its next attempt; after the last rung it is parked."""

DELIVERY_LIMIT = 20
"""Only the guard against a consumer that dies each time: our own attempt header is the truth, and a
graceful stop counts too on some brokers, so that a low limit would park healthy messages."""

BACKLOG = 48
"""A queue gets no more than so many messages: the backlog waits in PostgreSQL, fair by tenant. A tenant that
comes behind the flood of another has these before it, and no more."""

HANDED_ON = {mail.MailStored.name: mail.MailParsed.name}
"""A service without a database tells past the outbox: what waits behind it counts for what it gets."""

OUTBOX_CHANNEL = "postroom_outbox"
ANSWER_CHANNEL = "postroom_answer"
DUE_CHANNEL = "postroom_due"
"""Carries the name of a service whose sweeps have something to do now."""

LIVE_CHANNEL = "postroom_live"
"""Carries the tenant and the id of a ticket that was changed, or `mailbox` and the id of one that is
examined: pages that show it look again."""

PRESENCE_CHANNEL = "postroom_presence"
"""Carries who has which ticket open at the desk, and whether they write: it is stored nowhere."""

Handler = TypeVar("Handler", bound=Callable[..., Awaitable[None]])
Step = TypeVar("Step", bound=Callable[..., Awaitable[int]])
Work = TypeVar("Work", bound=Callable[..., Awaitable[None]])
Parts = dict[type, Any]
"""What handlers and sweeps may ask for, by type: built once by the service's app.py."""


def queue_name(service: str, contract: type[Message]) -> str:
    return f"{service}.{contract.name}"


def queues_of(contract: type[Message]) -> list[str]:
    """Return every queue that gets this contract."""
    return [queue_name(service, contract) for service in contract.heard_by]


def takers(contract: str) -> list[str]:
    """Return every queue that gets the contract of this name; none when nobody knows it."""
    known = CONTRACTS.get(contract)
    return queues_of(known) if known else []


def filled_by(contract: str) -> list[str]:
    """Return every queue that a message of this contract comes to before it is in PostgreSQL again."""
    further = HANDED_ON.get(contract)
    return takers(contract) + (takers(further) if further else [])


def all_queues() -> dict[str, type[Message]]:
    return {queue: contract for contract in CONTRACTS.values() for queue in queues_of(contract)}


def rung(ladder: Ladder, attempts: int, wanted: timedelta | None = None) -> timedelta | None:
    """Return the wait before the next attempt, when `attempts` failed before this one: the next rung, or
    the first after it that is not shorter than `wanted`. None when the ladder is used up."""
    if attempts >= len(ladder):
        return None
    if wanted is None:
        return ladder[attempts]
    return next((step for step in ladder[attempts:] if step >= wanted), ladder[-1])


@dataclass(frozen=True)
class Sweep:
    """Work that is due by time: `step` does one batch and says how many it did."""

    name: str
    step: Callable[..., Awaitable[int]]
    every: timedelta


@dataclass(frozen=True)
class DueWork:
    """Work on each due row of a table: `step` takes a claimed row and says in it what comes next."""

    name: str
    step: Callable[..., Awaitable[None]]
    table: Table
    every: timedelta
    """How often it is looked for when nobody woke it: what was for later becomes due without a call."""
    at_once: int
    states: tuple[str, ...] = ()
    turns: Turns | None = None


@dataclass
class Service:
    """What one service hears and sweeps. Declared once at import; holds no state."""

    name: str
    stateless: bool = False
    """No database: it emits through the transport, confirmed before the message is acknowledged."""
    handlers: dict[type[Message], Callable[..., Awaitable[None]]] = field(default_factory=dict)
    sweeps: list[Sweep] = field(default_factory=list)
    due: list[DueWork] = field(default_factory=list)

    def on(self, contract: type[Message]) -> Callable[[Handler], Handler]:
        """Let the decorated coroutine handle a contract: its first parameter is the message, the others
        are parts of the service, found by their types."""
        if self.name not in contract.heard_by:
            raise TypeError(f"{contract.__name__}.heard_by does not name {self.name}")

        def register(handler: Handler) -> Handler:
            self.handlers[contract] = handler
            return handler

        return register

    def every(self, pause: timedelta) -> Callable[[Step], Step]:
        """Let the decorated coroutine sweep due rows: again at once while it did some, else after `pause`."""

        def register(step: Step) -> Step:
            self.sweeps.append(Sweep(step.__name__, step, pause))
            return step

        return register

    def each_due(
        self,
        table: Table,
        *,
        every: timedelta,
        at_once: int,
        states: tuple[str, ...] = (),
        turns: Turns | None = None,
    ) -> Callable[[Work], Work]:
        """Let the decorated coroutine work on each due row of a table, some of them at once: its first
        parameter is the claimed row, the others are parts of the service."""

        def register(step: Work) -> Work:
            self.due.append(DueWork(step.__name__, step, table, every, at_once, states, turns))
            return step

        return register


def parts_for(function: Callable[..., object], parts: Parts, *, skip: int = 0) -> dict[str, Any]:
    """Choose the parts that a function asks for by the types of its parameters, after the first `skip`."""
    wanted = list(inspect.signature(function, eval_str=True).parameters.values())[skip:]
    missing = [p.name for p in wanted if p.annotation not in parts]
    if missing:
        raise TypeError(
            f"{function.__qualname__} asks for {', '.join(missing)}, which the app does not provide"
        )
    return {p.name: parts[p.annotation] for p in wanted}
