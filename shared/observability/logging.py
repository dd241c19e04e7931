"""Structured logs: one line per fact, JSON for machines or columns for people, on standard error."""

import logging
import sys
from types import TracebackType

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.observability.traces import trace_of


def set_up_logging(level: str, style: str) -> None:
    """Configure the process once, for our lines and those of libraries: no exception tells its text."""
    render: Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if style == "console"
        else structlog.processors.JSONRenderer()
    )
    facts: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _traced,
    ]
    structlog.configure(
        processors=[*facts, render],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.add_logger_name, *facts],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, _first_line, render],
        )
    )
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    sys.excepthook = _ended
    # these name addresses and links of requests
    for noisy in ("httpx", "httpcore", "msal", "aio_pika", "aiormq", "pebble"):
        logging.getLogger(noisy).setLevel(logging.ERROR)


def _ended(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Say why the process ends."""
    if isinstance(error, KeyboardInterrupt):
        sys.__excepthook__(kind, error, trace)
    else:
        structlog.get_logger().critical("process.failed", exc_info=error)


def _traced(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Tell of an exception what it is and where."""
    said = event.pop("exc_info", None)
    match sys.exc_info() if said is True else said:
        case BaseException() as error:
            event["exception"] = trace_of(error)
        case (_, BaseException() as error, _):
            event["exception"] = trace_of(error)
    return event


def _first_line(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """What libraries write below it is an exception as it says itself: asyncio of a task that failed."""
    event["event"] = str(event["event"]).partition("\n")[0]
    return event
