"""`postroom mailbox set`, and the secret of a mailbox from a terminal, a pipe or a file.

It is never an argument: those are seen by everybody on the machine.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import JsonValue, ValidationError
from rich.console import Console
from sqlalchemy import Row, select
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.cli.opening import configuring, run_in_house
from services.desk.configuration.mailboxes import MailboxSettings, change_mailbox
from services.desk.configuration.secrets import Before, SecretWrong, Typed, kind_of, secret_columns
from services.desk.forms.plugins import as_typed, checked_settings, fields_of, problems_of
from shared.contracts.errors import Permanent
from shared.plugins.proofs import Entered
from shared.runtime import House
from shared.storage.config import mailboxes
from shared.storage.secrets import Sealer

console = Console(stderr=True)
SecretFile = Annotated[
    Path | None,
    typer.Option("--secret-file", help="PEM with key and certificate, or PFX", exists=True, dir_okay=False),
]
Phrase = Annotated[bool, typer.Option("--passphrase", help="ask for the pass phrase of that file")]
Aliases = Annotated[
    list[str] | None,
    typer.Option("--alias", help="another address whose mail comes here; as often as needed"),
]
Expires = Annotated[
    datetime | None,
    typer.Option("--secret-expires", formats=["%Y-%m-%d"], help="the day a client secret ends"),
]


def typed_secret(kind: str | None, file: Path | None, expires: datetime | None, *, phrase: bool) -> Typed:
    """Take the secret from the file, else ask for it; a certificate may come whole through a pipe."""
    day = expires.date() if expires else None
    if file is not None:
        return Typed(Entered(file.read_bytes(), asked("Pass phrase") if phrase else ""), day)
    if kind is None:
        return Typed(None, day)
    if sys.stdin.isatty() and kind == "certificate":
        raise Permanent("name the file of the certificate: --secret-file", code="secret")
    text = sys.stdin.read() if kind == "certificate" else asked(kind.capitalize())
    return Typed(Entered(text.encode()) if text else None, day)


def columns_of(
    wanted: MailboxSettings, before: Before | None, typed: Typed, sealer: Sealer
) -> dict[str, object]:
    """As `secret_columns`. Raises Permanent for what is wrong with it."""
    try:
        return secret_columns(wanted, before, typed, sealer.seal, datetime.now(UTC))
    except SecretWrong as error:
        raise Permanent(str(error), code="secret") from error


def asked(what: str, *, confirm: bool = False) -> str:
    """One line, unseen on a terminal; it may be empty unless it is to be typed twice."""
    if sys.stdin.isatty():
        none = None if confirm else ""
        return str(typer.prompt(what, none, hide_input=True, confirmation_prompt=confirm, show_default=False))
    return sys.stdin.readline().rstrip("\r\n")


def set_a_mailbox(  # noqa: PLR0917 - typer reads the parameters as the command's options
    address: Annotated[str, typer.Argument(help="of a mailbox that is there")],
    tenant: Annotated[str, typer.Option(help="the tenant it belongs to")] = "default",
    setting: Annotated[
        list[str] | None,
        typer.Option("--set", help="NAME=VALUE of the provider, such as sign_in=certificate"),
    ] = None,
    alias: Aliases = None,
    no_aliases: Annotated[bool, typer.Option("--no-aliases", help="it has no other address")] = False,  # noqa: FBT002
    secret: Annotated[bool, typer.Option("--secret", help="ask for a new secret")] = False,  # noqa: FBT002
    secret_file: SecretFile = None,
    passphrase: Phrase = False,  # noqa: FBT002
    secret_expires: Expires = None,
) -> None:
    """Change how a mailbox signs in, and its other addresses. What is not named stays as it is."""

    async def work(house: House) -> None:
        async with configuring(house, tenant) as db:
            row = await _row(db, tenant, address)
            wanted = _wanted(row, setting or [], [] if no_aliases else alias)
            before = Before(row.provider, row.settings, row.secret is not None, row.secret_thumbprint)
            kind = kind_of(wanted.provider, wanted.settings) if secret else None
            ends = secret_expires or (None if kind or secret_file else row.secret_expires_at)
            typed = typed_secret(kind, secret_file, ends, phrase=passphrase)
            columns = columns_of(wanted, before, typed, house.keys.sealer("mailbox"))
            await change_mailbox(db, tenant, row.id, wanted, columns)
        console.print(f"mailbox {row.address}: changed")

    run_in_house(work)


def provider_settings(provider: str, given: list[str]) -> dict[str, JsonValue]:
    pairs = [text.partition("=") for text in given]
    if wrong := [name for name, separator, _ in pairs if not separator]:
        raise typer.BadParameter(f"--set takes NAME=VALUE, not {wrong[0]!r}")
    known = [field.name for field in fields_of(provider)]
    if unknown := [name for name, _, _ in pairs if name not in known]:
        raise Permanent(
            f"{provider} has no setting {unknown[0]}; it has: {', '.join(known)}", code="settings"
        )
    try:
        return checked_settings(provider, {name: value for name, _, value in pairs})
    except ValidationError as error:
        raise Permanent(told(error), code="settings") from error


def told(error: ValidationError) -> str:
    return "; ".join(
        f"{name}: {problem}" if name else problem for name, problem in problems_of(error).items()
    )


async def _row(db: AsyncConnection, tenant: str, address: str) -> Row[tuple[object, ...]]:
    c = mailboxes.c
    mine = (c.tenant == tenant, c.address == address.strip().lower(), c.archived_at.is_(None))
    found = (await db.execute(select(mailboxes).where(*mine))).one_or_none()
    if found is None:
        raise Permanent(f"tenant {tenant} has no mailbox {address}", code="no_mailbox")
    return found


def _wanted(row: Row[tuple[object, ...]], given: list[str], aliases: list[str] | None) -> MailboxSettings:
    kept: dict[str, JsonValue] = row.settings
    typed = [f"{name}={as_typed(value)}" for name, value in kept.items()]
    values = {name: getattr(row, name) for name in MailboxSettings.model_fields}
    if aliases is not None:
        values["aliases"] = aliases
    return MailboxSettings.model_validate(
        values | {"settings": provider_settings(row.provider, [*typed, *given])}
    )
