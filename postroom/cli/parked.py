"""`postroom parked list`, `replay`, `drop`: messages that were given up, of every tenant and of none."""

import json as jsonlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console

from postroom.cli.opening import run_in_house
from shared.contracts.errors import Permanent
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.parked import ParkedMessage, parked_messages, take
from shared.messaging.rabbit import RabbitTransport
from shared.runtime import House, Transport

console = Console(soft_wrap=True, highlight=False)
Which = Annotated[list[UUID] | None, typer.Argument(help="as the list shows them")]
All = Annotated[bool, typer.Option("--all", help="every parked message")]
AS_MANY_AS_THERE_ARE = 1_000_000


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="Messages that were given up.")
    commands.command("list")(show)
    commands.command("replay")(replay)
    commands.command("drop")(drop)
    app.add_typer(commands, name="parked")


def show(json: Annotated[bool, typer.Option("--json", help="an object a line")] = False) -> None:  # noqa: FBT002 - an option of the command
    """List what is parked, newest first, with the reason; never a message's body."""

    async def work(house: House) -> None:
        for message in await _parked(house):
            facts = _facts(message)
            text = jsonlib.dumps(facts) if json else "  ".join(facts.values())
            console.print(text, markup=False)

    run_in_house(work)


def replay(which: Which = None, everything: All = False) -> None:  # noqa: FBT002 - an option of the command
    """Put parked messages back into the queue that gave them up."""

    async def work(house: House) -> None:
        async with _transport(house) as transport:
            for parked in await _chosen(house, which, everything=everything):
                # first back, then out: a crash between repeats a message, which its inbox removes
                async with house.engine("desk").begin() as db:
                    message = _taken(await take(db, parked), parked)
                    await transport.replay(message)
                console.print(f"{parked} replayed")

    run_in_house(work)


def drop(which: Which = None, everything: All = False) -> None:  # noqa: FBT002 - an option of the command
    """Remove parked messages. They cannot come back."""

    async def work(house: House) -> None:
        for parked in await _chosen(house, which, everything=everything):
            async with house.engine("desk").begin() as db:
                _taken(await take(db, parked), parked)
            console.print(f"{parked} dropped")

    run_in_house(work)


async def _parked(house: House) -> list[ParkedMessage]:
    async with house.engine("desk").begin() as db:
        return await parked_messages(db, AS_MANY_AS_THERE_ARE)


async def _chosen(house: House, which: list[UUID] | None, *, everything: bool) -> list[UUID]:
    if everything is bool(which):
        raise typer.BadParameter("name messages, or say --all")
    return which or [message.id for message in await _parked(house)]


def _taken(message: ParkedMessage | None, parked: UUID) -> ParkedMessage:
    if message is None:
        raise Permanent(f"{parked} is not parked, or somebody was faster", code="not_parked")
    return message


@asynccontextmanager
async def _transport(house: House) -> AsyncIterator[Transport]:
    if house.settings.transport == "embedded" or house.settings.broker_url is None:
        # the tables are the queues: whatever runs takes it from there
        yield EmbeddedTransport(house.engine("desk"), house.clock)
        return
    transport = RabbitTransport(house.settings.broker_url)
    await transport.start([])
    try:
        yield transport
    finally:
        await transport.stop()


def _facts(message: ParkedMessage) -> dict[str, str]:
    return {
        "id": str(message.id),
        "parked_at": f"{message.parked_at:%Y-%m-%dT%H:%M:%SZ}",
        "tenant": message.tenant or "-",
        "queue": message.queue,
        "contract": message.contract or "-",
        "attempts": str(message.attempts),
        "error": message.error,
    }
