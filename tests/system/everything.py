"""`python -m tests.system.everything`: all worker services in this process, on the embedded transport."""

import asyncio

import structlog

from postroom.together import together
from shared.observability.logging import set_up_logging
from shared.runtime import stop_on_signals
from shared.settings import ProcessSettings

log = structlog.get_logger()


async def run() -> None:
    settings = ProcessSettings()
    set_up_logging(settings.log_level, settings.log_format)
    stop = stop_on_signals()
    async with together(settings):
        log.info("service.started", service="everything")
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(run())
