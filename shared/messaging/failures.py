"""What becomes of a message whose handler raised. The only place that catches broadly."""

import traceback
from collections.abc import Awaitable
from dataclasses import dataclass
from datetime import timedelta

from pydantic import ValidationError
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError

from shared.contracts.errors import Permanent, Transient
from shared.messaging.topology import rung

LOST_TO_ANOTHER = {"40001", "40P01", "55P03"}
"""SQLSTATEs of serialization failure, deadlock and lock not available: the same again will do."""


class AlreadyHandled(Exception):  # noqa: N818 - the inbox's answer, not a fault
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


async def outcome_of(work: Awaitable[object], attempts: int) -> Outcome:
    """Await a handler and say what to do with its message; `attempts` were made before this one."""
    try:
        await work
    except AlreadyHandled:
        return Done()
    except Exception as error:  # noqa: BLE001 - a bug must park one message, not stop the service
        return verdict(error, attempts)
    return Done()


def verdict(error: Exception, attempts: int) -> Outcome:
    """Map what a handler raised: try later, or park."""
    match error:
        case Transient():
            found = later_or_park(f"{error.code or 'transient'}: {error.reason}", attempts, error.retry_after)
        case Permanent():
            found = Park(f"{error.code or 'permanent'}: {error.reason}")
        case ValidationError():
            found = Park(f"malformed: {problems(error)}")
        case OSError() | OperationalError() | InterfaceError():
            found = later_or_park(f"unreachable: {where(error)}", attempts)
        case DBAPIError() if getattr(error.orig, "sqlstate", None) in LOST_TO_ANOTHER:
            found = later_or_park(f"lost to another: {where(error)}", attempts)
        case _:
            found = Park(where(error))
    return found


def later_or_park(error: str, attempts: int, wanted: timedelta | None = None) -> Outcome:
    after = rung(attempts, wanted)
    return Park(f"gave up after {attempts + 1} attempts: {error}") if after is None else Later(after, error)


def where(error: BaseException) -> str:
    """Name an exception by type and place only: its text may hold words of a mail."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" at {frames[-1].filename.rpartition('/')[2]}:{frames[-1].lineno}" if frames else ""
    state = getattr(getattr(error, "orig", None), "sqlstate", None)
    return f"{type(error).__name__}{f' {state}' if state else ''}{place}"


def problems(error: ValidationError) -> str:
    """Name what was wrong with a message, without its values."""
    return "; ".join(
        f"{'.'.join(str(part) for part in problem['loc']) or 'body'} {problem['type']}"
        for problem in error.errors(include_input=False, include_url=False, include_context=False)
    )
