"""`postroom parse`: what the parser sees in a mail and why, without a server or a database."""

import asyncio
import errno
import shutil
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Annotated, Never

import typer

from postroom.cli.parsedpage import page_of
from postroom.cli.parsedtext import print_report
from postroom.cli.parsereport import report_of
from services.parser.explaining import Explained
from services.parser.worker import ParserPool, Reason, Unreadable
from shared.contracts.errors import Permanent
from shared.contracts.mail import ParsingPolicy
from shared.contracts.options import Options
from shared.plugins.configured import configured
from shared.settings import ProcessSettings

UNREADABLE, NO_INPUT = 65, 66
"""sysexits: the mail cannot be read; there is no such file."""

GAVE_UP: dict[Reason, str] = {
    "time": "it took too long",
    "memory": "it needs more memory than POSTROOM_PARSER_MEMORY allows",
    "crash": "it ended the process that read it",
    "error": "the parser broke on it",
}


def add_to(app: typer.Typer) -> None:
    app.command("parse")(parse)


def parse(
    file: Annotated[str, typer.Argument(help="a mail as it came, an .eml file; - reads standard input")],
    as_json: Annotated[bool, typer.Option("--json", help="the whole document")] = False,  # noqa: FBT002
    as_html: Annotated[bool, typer.Option("--html", help="a page of its own")] = False,  # noqa: FBT002
    forwards_of: Annotated[
        list[str] | None, typer.Option(help="a domain whose forwards are unwrapped; may be repeated")
    ] = None,
    own_address: Annotated[
        list[str] | None, typer.Option(help="an address of a mailbox of yours; may be repeated")
    ] = None,
) -> None:
    """Show what the parser sees in a mail and why; exits with 65 if it cannot be read, 66 with no file."""
    if as_json and as_html:
        raise Permanent("--json and --html are two answers; choose one", code="parse")
    try:
        policy = _policy(forwards_of or [], own_address or [])
        with _mail(file) as raw:
            found = asyncio.run(_explained(raw, raw.stat().st_size, policy))
    except OSError as error:
        _end(f"{file} cannot be read: {error.strerror}", NO_INPUT)
    except Unreadable as error:
        _end(f"{file} was given up: {GAVE_UP[error.reason]} ({error})", UNREADABLE)
    if as_json:
        typer.echo(found.document.model_dump_json(indent=2))
    elif as_html:
        typer.echo(page_of(report_of(found)))
    else:
        print_report(report_of(found))


def _policy(forwards_of: list[str], own: list[str]) -> ParsingPolicy:
    """What a tenant has that chose nothing, with the filters of the configuration file."""
    options = Options()
    return ParsingPolicy(
        mail_forwarding_domains=tuple(forwards_of),
        allowed_mime_types=options.allowed_mime_types,
        max_file_size=options.max_file_size,
        own_addresses=tuple(own),
        filters=configured().filters,
    )


@contextmanager
def _mail(file: str) -> Iterator[Path]:
    """The file to read; what comes on standard input is kept in one meanwhile."""
    if file != "-":
        path = Path(file)
        if not stat.S_ISREG(path.stat().st_mode):
            raise OSError(errno.EINVAL, "it is not a file")
        path.open("rb").close()
        yield path
        return
    with NamedTemporaryFile(suffix=".eml") as kept:
        shutil.copyfileobj(sys.stdin.buffer, kept)
        kept.flush()
        yield Path(kept.name)


async def _explained(raw: Path, size: int, policy: ParsingPolicy) -> Explained:
    async with ParserPool(workers=1, memory_bytes=ProcessSettings().parser_memory) as pool:
        return await pool.explain(raw, size, policy)


def _end(why: str, code: int) -> Never:
    typer.echo(f"postroom: {why}", err=True)
    raise typer.Exit(code)
