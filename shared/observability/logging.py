"""Structured logs: one line per fact, JSON for machines or columns for people, on standard error."""

import logging
import sys

import structlog


def set_up_logging(level: str, style: str) -> None:
    """Configure the process once."""
    render: structlog.typing.Processor = (
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
        if style == "console"
        else structlog.processors.JSONRenderer()
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            render,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    # these name addresses and links of requests
    for noisy in ("httpx", "httpcore", "msal", "aio_pika", "aiormq", "pebble"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
