"""Ask an action what is to be done. One of others runs in a thread of its own, under a time limit: whatever
it does, the event goes on."""

from collections import Counter
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Any

from shared.contracts.errors import Permanent
from shared.plugins.actions import ActionType, Effect, Occasion

PATIENCE_SECONDS = 5.0
"""How long an action may take to decide; it has everything it needs."""
AT_ONCE = 8
"""Calls of one action that may be at work; one more is refused, since the others seem to hang."""

_at_work: Counter[str] = Counter()
_lock = Lock()


# Any: the model of the action's parameters
def ask(action: ActionType, occasion: Occasion, params: Any) -> tuple[Effect, ...]:
    """Return the effects that an action decided on.

    Raises:
        Permanent: it took too long, or answered with something else.
    """
    told = action.decide(occasion, params) if is_built_in(action) else _aside(action, occasion, params)
    if not isinstance(told, list | tuple) or not all(isinstance(one, Effect) for one in told):
        raise Permanent("its action answered with what is no effect", code="no_effect")
    return tuple(told)


def is_built_in(action: object) -> bool:
    return type(action).__module__.startswith("plugins.actions.")


# Any: as above
def _aside(action: ActionType, occasion: Occasion, params: Any) -> object:
    with _lock:
        if _at_work[action.key] >= AT_ONCE:
            raise Permanent("its action hangs: earlier calls have not come back", code="hangs")
        _at_work[action.key] += 1
    answer: Future[object] = Future()
    Thread(target=_work, args=(answer, action, occasion, params), daemon=True).start()
    try:
        return answer.result(PATIENCE_SECONDS)
    except TimeoutError as error:
        if not answer.done():
            raise Permanent(f"its action took longer than {PATIENCE_SECONDS:g} s", code="slow") from error
        raise


# Any: as above
def _work(answer: Future[object], action: ActionType, occasion: Occasion, params: Any) -> None:
    try:
        answer.set_result(action.decide(occasion, params))
    except Exception as error:  # noqa: BLE001 - whoever waits is told
        answer.set_exception(error)
    except BaseException as error:  # noqa: BLE001 - an exit of a plug-in is its own
        answer.set_exception(Permanent(f"its action raised {type(error).__name__}", code="raised"))
    finally:
        with _lock:
            _at_work[action.key] -= 1
