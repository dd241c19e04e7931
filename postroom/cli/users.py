"""`postroom user`: who signs in, with the rules and the history of the desk's page of users.

A password comes from a prompt or from standard input, never from an argument: those are seen by everybody on
the machine.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from sqlalchemy.ext.asyncio import AsyncConnection

from postroom.cli.mailbox_secrets import asked
from postroom.cli.opening import configuring, run_in_house
from services.desk.configuration.accounts import (
    ROLES,
    NotDone,
    Role,
    Wanted,
    archive_user,
    change_user,
    forget_factor,
    new_user,
    set_password,
)
from services.desk.configuration.people import user_at
from services.desk.configuration.remembering import Made
from services.desk.configuration.tokens import add_token
from services.desk.queries.people import Scope
from services.desk.signin.passwords import SHORTEST
from shared.contracts.errors import Permanent
from shared.runtime import House

console = Console(stderr=True)
Address = Annotated[str, typer.Argument(help="by which the person signs in")]
Tenant = Annotated[str, typer.Option(help="the tenant it belongs to")]
DEFAULT = "default"
HELP = f"one of {', '.join(ROLES)}"


def add_to(app: typer.Typer) -> None:
    commands = typer.Typer(no_args_is_help=True, help="People who answer tickets.")
    commands.callback()(lambda: None)
    commands.command("add")(add)
    commands.command("role")(role)
    commands.command("password")(password)
    commands.command("forget-second-factor")(forget_second_factor)
    commands.command("archive")(archive)
    commands.command("token")(token)
    app.add_typer(commands, name="user")


def add(
    address: Address,
    tenant: Tenant = DEFAULT,
    name: Annotated[str, typer.Option(help="as colleagues and customers read it")] = "",
    role: Annotated[str, typer.Option(help=HELP)] = "agent",
) -> None:
    """Add a user. The password is asked for, or read as one line from standard input."""
    wanted = Wanted(address=address, name=name, role=_role(role))
    typed = _typed_password()

    async def work(house: House) -> None:
        async with _changing(house, tenant) as db:
            await new_user(db, tenant, wanted, typed, _made(), by_operator=True)
        console.print(f"user {address}: added to tenant {tenant} as {role}")

    run_in_house(work)


def role(address: Address, role: Annotated[str, typer.Argument(help=HELP)], tenant: Tenant = DEFAULT) -> None:
    """Give a user another role; they sign in anew."""
    wanted = Wanted(role=_role(role))

    async def work(house: House) -> None:
        async with _changing(house, tenant) as db:
            user = await _user(db, tenant, address)
            await change_user(db, tenant, user, wanted, _made(), by_operator=True)
        console.print(f"user {address}: is {role} in tenant {tenant}")

    run_in_house(work)


def password(address: Address, tenant: Tenant = DEFAULT) -> None:
    """Set a user's password and sign them out everywhere; their API tokens go on. It is asked for,
    or read from standard input."""
    typed = _typed_password()

    async def work(house: House) -> None:
        async with _changing(house, tenant) as db:
            user = await _user(db, tenant, address)
            await set_password(db, tenant, user, typed, _made(), by_operator=True)
        console.print(f"user {address}: has a new password")

    run_in_house(work)


def forget_second_factor(address: Address, tenant: Tenant = DEFAULT) -> None:
    """Remove a user's second factor, for who has lost their phone; they sign in by password."""

    async def work(house: House) -> None:
        async with _changing(house, tenant) as db:
            user = await _user(db, tenant, address)
            done = await forget_factor(db, tenant, user, _made(), by_operator=True)
        console.print(f"user {address}: {'has' if done else 'had'} no second factor")

    run_in_house(work)


def archive(address: Address, tenant: Tenant = DEFAULT) -> None:
    """Put a user into the archive: signed out, tokens revoked, their name stays on what they wrote."""

    async def work(house: House) -> None:
        async with _changing(house, tenant) as db:
            user = await _user(db, tenant, address)
            await archive_user(db, tenant, user, _made(), archived=True, by_operator=True)
        console.print(f"user {address}: archived")

    run_in_house(work)


def token(
    address: Annotated[str, typer.Argument(help="of the user for whom a program acts")],
    tenant: Tenant = DEFAULT,
    name: Annotated[str, typer.Option(help="what the token is for")] = "command line",
    scope: Annotated[Scope, typer.Option(help="read, write (tickets), or admin (settings too)")] = "write",
) -> None:
    """Make an API token and print it, this once, on standard output."""

    async def work(house: House) -> None:
        async with _changing(house, tenant) as db:
            user = await _user(db, tenant, address)
            value = await add_token(db, tenant, user, name, scope, _made())
        sys.stdout.write(f"{value}\n")

    run_in_house(work)


@asynccontextmanager
async def _changing(house: House, tenant: str) -> AsyncIterator[AsyncConnection]:
    try:
        async with configuring(house, tenant) as db:
            yield db
    except NotDone as error:
        raise Permanent(str(error), code="not_done") from error


async def _user(db: AsyncConnection, tenant: str, address: str) -> UUID:
    user = await user_at(db, tenant, address)
    if user is None:
        raise Permanent(f"no user {address} in tenant {tenant}", code="no_user")
    return user


def _role(text: str) -> Role:
    for one in ROLES:
        if one == text:
            return one
    raise Permanent(f"no role {text}; there are: {', '.join(ROLES)}", code="role")


def _typed_password() -> str:
    typed = asked("Password", confirm=True)
    if len(typed) < SHORTEST:
        raise Permanent(f"a password has at least {SHORTEST} characters", code="password")
    return typed


def _made() -> Made:
    return Made("command line", datetime.now(UTC))
