"""What becomes of a message whose handler raised. The only place that catches broadly."""

import traceback
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError

from shared.contracts.errors import Permanent, Transient
from shared.messaging.topology import LADDER, Ladder, rung
from shared.storage.faults import passing, sqlstate


class AlreadyHandled(Exception):
    """This queue has handled this message before."""


@dataclass(frozen=True)
class Done:
    """Handled, now or before."""


@dataclass(frozen=True)
class Later:
    after: timedelta
    error: str


@dataclass(frozen=True)
class Park:
    error: str


Outcome = Done | Later | Park


async def outcome_of(work: Awaitable[object], attempts: int, ladder: Ladder = LADDER) -> Outcome:
    """Await a handler and say what to do with its message; `attempts` were made before this one."""
    try:
        await work
    except AlreadyHandled:
        return Done()
    except Exception as error:  # noqa: BLE001 - a bug must park one message, not stop the service
        return verdict(error, attempts, ladder)
    return Done()


def verdict(error: Exception, attempts: int, ladder: Ladder = LADDER) -> Outcome:
    """Map what a handler raised: try later, or park."""
    match error:
        case Transient():
            reason = f"{error.code or 'transient'}: {error.reason}"
            return later_or_park(reason, rung(ladder, attempts, error.retry_after), attempts)
        case Permanent():
            return Park(f"{error.code or 'permanent'}: {error.reason}")
        case ValidationError():
            return Park(f"malformed: {problems(error)}")
    if (why := passing(error)) is None:
        return Park(where(error))
    return later_or_park(f"{why}: {where(error)}", rung(ladder, attempts), attempts)


def later_or_park(error: str, after: timedelta | None, attempts: int) -> Outcome:
    return Park(f"gave up after {attempts + 1} attempts: {error}") if after is None else Later(after, error)


def where(error: BaseException) -> str:
    """Name an exception by type and place only: its text may hold words of a mail."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    state = sqlstate(error)
    return f"{type(error).__name__}{f' {state}' if state else ''}{place}"


def problems(error: ValidationError) -> str:
    """Name what was wrong with a message, without its values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'body'} {problem['type']}"
        for problem in error.errors(include_input=False, include_url=False, include_context=False)
    )
