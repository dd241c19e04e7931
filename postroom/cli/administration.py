"""`postroom mailbox add` and `mailbox set`, as the desk writes them.

A secret comes from a prompt or from standard input, never from an argument: those are seen by everybody on
the machine.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated

import typer
from pydantic import ValidationError
from rich.console import Console

from postroom.cli.mailbox_secrets import (
    Aliases,
    Expires,
    Phrase,
    SecretFile,
    columns_of,
    provider_settings,
    set_a_mailbox,
    told,
    typed_secret,
)
from postroom.cli.opening import configuring, run_in_house
from services.desk.configuration.mailboxes import AddressTaken, MailboxSettings, add_mailbox
from services.desk.configuration.secrets import Typed, kind_of
from shared.contracts.errors import Permanent
from shared.runtime import House

console = Console(stderr=True)
DEFAULT = "default"
Tenant = Annotated[str, typer.Option(help="the tenant it belongs to")]


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="Mailboxes that become tickets.")
    commands.callback()(lambda: None)
    commands.command("add")(add_a_mailbox)
    commands.command("set")(set_a_mailbox)
    app.add_typer(commands, name="mailbox")


def add_a_mailbox(  # noqa: PLR0917 - typer reads the parameters as the command's options
    address: Annotated[str, typer.Argument(help="such as support@example.com")],
    tenant: Tenant = DEFAULT,
    name: Annotated[str, typer.Option(help="display name of mail that goes out")] = "",
    alias: Aliases = None,
    provider: Annotated[str, typer.Option(help="where its mail is: graph or maildir")] = "graph",
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="NAME=VALUE of the provider, such as tenant_id=…")
    ] = None,
    folder: Annotated[str, typer.Option()] = "inbox",
    after_storing: Annotated[str | None, typer.Option(help="as on the mailboxes page")] = None,
    move_to: Annotated[str | None, typer.Option(help="folder, when stored mail is moved")] = None,
    backfill: Annotated[str, typer.Option(help="mail that is there: ignore, since or all")] = "ignore",
    import_as: Annotated[str, typer.Option(help="status of their tickets: new or closed")] = "new",
    since: Annotated[datetime | None, typer.Option(help="begin here, with --backfill since")] = None,
    secret_file: SecretFile = None,
    passphrase: Phrase = False,  # noqa: FBT002
    secret_expires: Expires = None,
) -> None:
    """Add a mailbox. Its secret is asked for, or read from standard input, unless a file has it."""
    wanted = _mailbox(
        {
            "address": address,
            "aliases": alias or [],
            "name": name,
            "provider": provider,
            "settings": provider_settings(provider, setting or []),
            "folder": folder,
            "move_to": move_to,
            "backfill": backfill,
            "import_as": import_as,
            "backfill_since": since.replace(tzinfo=UTC) if since else None,
        }
        | ({"after_storing": after_storing} if after_storing else {})
    )
    kind = kind_of(wanted.provider, wanted.settings)
    typed = typed_secret(kind, secret_file, secret_expires, phrase=passphrase)

    run_in_house(lambda house: _added(house, tenant, wanted, typed))


async def _added(house: House, tenant: str, wanted: MailboxSettings, typed: Typed) -> None:
    columns = columns_of(wanted, None, typed, house.keys.sealer("mailbox"))
    try:
        async with configuring(house, tenant) as db:
            await add_mailbox(db, tenant, wanted, columns, at=_now())
    except AddressTaken as error:
        raise Permanent(str(error), code="address_taken") from error
    console.print(f"mailbox {wanted.address}: added to tenant {tenant}")


def _mailbox(values: Mapping[str, object]) -> MailboxSettings:
    try:
        return MailboxSettings.model_validate(values)
    except ValidationError as error:
        raise Permanent(told(error), code="settings") from error


def _now() -> datetime:
    return datetime.now(UTC)
