"""`postroom keys make`, `keys rotate`: the keys of an installation."""

import os

import typer
from rich.console import Console

from shared.contracts.errors import Permanent
from shared.settings import ProcessSettings
from shared.storage.secrets import make_keys, rotate_thread_key


def add_to(app: typer.Typer) -> None:
    keys = typer.Typer(no_args_is_help=True, help="The key pairs of this installation.")
    keys.callback()(lambda: None)
    keys.command("make")(make)
    keys.command("rotate")(rotate)
    app.add_typer(keys, name="keys")


def make() -> None:
    """Make the keys that are missing; those that are there stay as they are."""
    home = ProcessSettings().home
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_keys(home)
    Console(stderr=True).print(f"the keys are in {home / 'keys'}")


def rotate() -> None:
    """Make a new key that signs the Message-IDs of outgoing mail; the older ones go on recognising theirs.

    Restart ticketing first, then the mailer: each reads its keys when it starts.
    """
    if os.environ.get("POSTROOM_KEY_THREAD"):
        reason = "POSTROOM_KEY_THREAD holds the keys: put a new one before the others there"
        raise Permanent(reason, code="keys_in_environment")
    count = rotate_thread_key(ProcessSettings().home)
    Console(stderr=True).print(f"a new key signs; {count - 1} older ones are still recognised")
