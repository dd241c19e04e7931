"""`postroom welcome`: the address at which the first run of a new installation begins."""

import sys
from datetime import UTC, datetime

import typer

from postroom.cli.opening import run_in_house
from services.desk.desk import Desk
from services.desk.welcoming import new_pass, nobody_yet
from shared.contracts.errors import Permanent
from shared.runtime import House


def add_to(app: typer.Typer) -> None:
    app.command("welcome")(welcome)


def welcome() -> None:
    """Print the address at which a new installation is set up, valid for a day while there is no user."""

    async def work(house: House) -> None:
        desk = Desk(engine=house.engine("desk"), units=house.units("desk"), blobs=house.blobs)
        if not await nobody_yet(desk):
            raise Permanent("this installation has users; add one: postroom user add", code="has_users")
        token = new_pass(house.keys.opener("sign-in"), datetime.now(UTC))
        sys.stdout.write(f"{house.settings.desk_url}/welcome?token={token}\n")

    run_in_house(work)
