"""`postroom migrate`, `run`, `sandbox`: the schema, the services, a Graph of one's own."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from postroom.explaining import ExplainsMail
from postroom.privacy import PrivacyIn
from postroom.together import SERVICES, migrated, together
from sandbox.server import HOST
from sandbox.serving import MAILBOX, PORT, serve
from services.desk.serving import assemble as assemble_desk
from services.desk.serving import serve as serve_desk
from shared.contracts.errors import Permanent
from shared.observability.logging import set_up_logging
from shared.runtime import House, Transport, run_service, stop_on_signals
from shared.settings import ProcessSettings

DESK = "desk"


def add_to(app: typer.Typer) -> None:
    app.command("migrate")(migrate)
    app.command("run")(run)
    app.command("sandbox")(sandbox)


def migrate() -> None:
    """Bring the database's schema to this version, and make keys that are missing. Safe to repeat."""
    settings = ProcessSettings()
    set_up_logging(settings.log_level, settings.log_format)
    asyncio.run(migrated(settings))
    Console(stderr=True).print("the schema is current")


def run(
    services: Annotated[
        list[str] | None, typer.Argument(help="which; none: all of them in one process")
    ] = None,
) -> None:
    """Run services: by name over RabbitMQ, or all in one process without a broker."""
    settings = ProcessSettings()
    set_up_logging(settings.log_level, settings.log_format)
    unknown = set(services or ()) - {*SERVICES, DESK}
    if unknown:
        known = ", ".join((*SERVICES, DESK))
        raise Permanent(f"no service {', '.join(sorted(unknown))}; there are: {known}", code="no_service")
    if settings.transport == "embedded":
        if services:
            raise Permanent(
                "services run apart only over RabbitMQ: set POSTROOM_BROKER_URL, or name no service",
                code="no_broker",
            )
        asyncio.run(_all_here(settings))
        return
    asyncio.run(_over_rabbit(settings, services or [*SERVICES, DESK]))


def sandbox(  # noqa: PLR0917 - typer reads the parameters as the options
    state: Annotated[
        Path | None, typer.Option(help="folder that remembers; without it, all is forgotten")
    ] = None,
    port: Annotated[int, typer.Option()] = PORT,
    load: Annotated[
        Path | None, typer.Option(help="folder whose .eml files arrive in the first mailbox")
    ] = None,
    mailbox: Annotated[
        list[str] | None, typer.Option(help=f"address; may be repeated (default {MAILBOX})")
    ] = None,
    host: Annotated[str, typer.Option(help="0.0.0.0 for clients on other machines")] = HOST,
    name: Annotated[
        list[str] | None, typer.Option(help="a name they know it by; taken at the first start")
    ] = None,
    open_control: Annotated[  # noqa: FBT002 - an option of the command
        bool, typer.Option("--open-control", help="the control side answers other machines too")
    ] = False,
    plain_hooks: Annotated[  # noqa: FBT002 - as above
        bool, typer.Option("--plain-hooks", help="subscribers on other machines are told without TLS")
    ] = False,
) -> None:
    """Run a Microsoft Graph of your own for mail, for tests and for trying things out."""
    serve(
        state,
        port,
        load,
        mailbox or [MAILBOX],
        host=host,
        names=name or (),
        open_control=open_control,
        plain_hooks=plain_hooks,
    )


async def _with_privacy(house: House, transport: Transport, stop: asyncio.Event) -> None:
    await serve_desk(house, transport, stop, PrivacyIn(house), ExplainsMail(house.settings.parser_memory))


async def _all_here(settings: ProcessSettings) -> None:
    stop = stop_on_signals()
    async with together(settings) as running:
        explains = ExplainsMail(settings.parser_memory)
        await serve_desk(running.house, running.transport, stop, PrivacyIn(running.house), explains)


async def _over_rabbit(settings: ProcessSettings, names: list[str]) -> None:
    stop = stop_on_signals()
    try:
        async with asyncio.TaskGroup() as group:
            for name in names:
                if name == DESK:
                    group.create_task(run_service(name, assemble_desk, settings, stop, beside=_with_privacy))
                else:
                    group.create_task(run_service(name, SERVICES[name], settings, stop))
    except ExceptionGroup as failed:
        raise failed.exceptions[0] from None  # it ended the others, and says why by itself
