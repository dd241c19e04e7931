"""`postroom keys make`: the key pairs of an installation."""

import typer
from rich.console import Console

from shared.settings import ProcessSettings
from shared.storage.secrets import make_keys


def add_to(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="The key pairs of this installation.")
    keys.callback()(lambda: None)
    keys.command("make")(make)
    app.add_typer(keys, name="keys")


def make() -> None:
    """Make the keys that are missing; those that are there stay as they are."""
    home = ProcessSettings().home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_keys(home)
    Console(stderr=True).print(f"the keys are in {home / 'keys'}")
