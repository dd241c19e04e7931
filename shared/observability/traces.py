"""An exception as a log may tell it: what it is and where, never its text, which may hold words of a mail."""

import traceback
from collections.abc import Iterator


def trace_of(error: BaseException) -> str:
    """Name an exception and each that led to it, the last one first, with the places they came through."""
    return "\n".join(_lines(error, set()))


def _lines(error: BaseException, told: set[int]) -> Iterator[str]:
    told.add(id(error))
    yield type(error).__qualname__
    for frame in reversed(traceback.extract_tb(error.__traceback__)):
        yield f"  at {frame.filename}:{frame.lineno} in {frame.name}"
    for other in _led_by(error):
        if id(other) not in told:
            yield from _lines(other, told)


def _led_by(error: BaseException) -> Iterator[BaseException]:
    if isinstance(error, BaseExceptionGroup):
        yield from error.exceptions
    before = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if before is not None:
        yield before
