"""`postroom demo`: the whole product on this machine; or a folder of mail through it, with an account."""

import asyncio
import socket
import tempfile
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from postroom.demo.feeding import feed, install, set_options
from postroom.demo.showing import show
from postroom.demo.stage import staged
from shared.contracts.errors import Permanent
from shared.observability.logging import set_up_logging
from shared.runtime import stop_on_signals
from shared.settings import ProcessSettings

NOT_ACCOUNTED = 1


def add_to(app: typer.Typer) -> None:
    app.command("demo")(demo)


def demo(  # noqa: PLR0917 - typer reads the parameters as the command's options
    mail: Annotated[Path | None, typer.Option(help="feed DIR/*.eml in the order of their names")] = None,
    exit_when_idle: Annotated[bool, typer.Option(help="end when all is settled")] = False,  # noqa: FBT002
    json: Annotated[Path | None, typer.Option(help="write one JSON object a line for each file")] = None,
    setting: Annotated[list[str] | None, typer.Option("--set", help="NAME=VALUE, lists by comma")] = None,
    transport: Annotated[str, typer.Option(help="embedded, or rabbit: one process per service")] = "embedded",
    broker: Annotated[str | None, typer.Option(help="amqp:// URL, for rabbit")] = None,
    port: Annotated[int, typer.Option(help="of the desk")] = 8025,
) -> None:
    """Run everything here: servers, a Graph of its own, all services, the desk."""
    if transport not in {"embedded", "rabbit"}:
        raise typer.BadParameter("--transport is embedded or rabbit")
    if transport == "rabbit" and not broker:
        raise typer.BadParameter("--transport rabbit needs --broker amqp://USER:PASSWORD@HOST/VHOST")
    chosen = {
        "transport": transport,
        "broker_url": broker,
        "log_level": "error",
        "log_format": "console",
        "desk_port": _free_from(port),
    }
    settings = ProcessSettings.model_validate(ProcessSettings().model_dump(exclude_defaults=True) | chosen)
    set_up_logging(settings.log_level, settings.log_format)
    options = dict(_parted(one) for one in setting or [])
    if mail is None:
        asyncio.run(show(settings, options))
        return
    files = sorted(mail.glob("*.eml"))
    if not files:
        raise Permanent(f"there is no .eml file in {mail}", code="no_files")
    with tempfile.TemporaryDirectory(prefix="postroom-") as temporary:
        if "home" not in settings.model_fields_set:
            settings = settings.model_copy(update={"home": Path(temporary) / "home"})
        lost = asyncio.run(_feed(settings, options, files, json, stay=not exit_when_idle))
    raise typer.Exit(NOT_ACCOUNTED if lost else 0)


def _free_from(port: int) -> int:
    """Return this port, or the next one that no other program has."""
    for candidate in range(port, port + 20):
        try:
            socket.create_server(("127.0.0.1", candidate)).close()
        except OSError:
            continue
        return candidate
    raise Permanent(f"no free port from {port} on; choose another with --port", code="port_taken")


async def _feed(
    settings: ProcessSettings, options: dict[str, str], files: list[Path], json: Path | None, *, stay: bool
) -> int:
    """Feed the files, write their accounts, and return how many are not accounted for."""
    console = Console(stderr=True)
    async with staged(settings) as stage:
        await install(stage)
        await set_options(stage, options)
        with console.status("") as status:
            accounts = [account async for account in feed(stage, files, status.update)]
        lines = "".join(f"{account.model_dump_json()}\n" for account in accounts)
        if json is None:
            Console().out(lines, end="")
        else:
            await asyncio.to_thread(json.write_text, lines, encoding="utf-8")
        lost = [account.file for account in accounts if account.outcome is None]
        console.print(f"{len(accounts)} files, {len(accounts) - len(lost)} accounted for")
        if stay:
            await stop_on_signals().wait()
    return len(lost)


def _parted(text: str) -> tuple[str, str]:
    name, separator, value = text.partition("=")
    if not separator:
        raise typer.BadParameter(f"--set takes NAME=VALUE, not {text!r}")
    return name.strip(), value.strip()
