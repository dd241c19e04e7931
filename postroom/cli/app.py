"""The command `postroom`: one module a group of commands; exit codes mean something."""

import sys
from collections.abc import Iterable
from importlib import import_module
from typing import NoReturn

import typer

from shared.contracts.errors import Permanent, Transient
from shared.observability.traces import trace_of

UNAVAILABLE, FAULT, REFUSED = 69, 70, 78
"""sysexits: try again later; Postroom has a fault; a person must change something."""

COMMANDS = {
    "running": ("migrate", "run", "sandbox"),
    "sweeping": ("scan", "prune", "mail"),
    "demo": ("demo",),
    "doctor": ("doctor",),
    "keys": ("keys",),
    "tenants": ("tenant",),
    "contacts": ("contact",),
    "administration": ("mailbox",),
    "users": ("user",),
    "welcoming": ("welcome",),
    "triggers": ("trigger",),
    "settings": ("settings",),
    "configfile": ("config",),
    "parked": ("parked",),
    "quarantine": ("quarantine",),
    "parsing": ("parse",),
    "organizations": ("organization",),
    "departments": ("department",),
}
"""Which module has which commands: only that of the command asked for is imported, the whole product takes
seconds."""


def app_of(modules: Iterable[str] = COMMANDS) -> typer.Typer:
    """Return the command with what these modules add to it."""
    app = typer.Typer(no_args_is_help=True, add_completion=False, help="Shared mailboxes become tickets.")
    app.callback()(_alone_too)
    for module in modules:
        import_module(f"postroom.cli.{module}").add_to(app)
    return app


def _alone_too() -> None:
    """Without this, an app of one command would take no name of it."""


def main() -> None:
    """Run a command; an error names the thing and the remedy."""
    asked = sys.argv[1] if len(sys.argv) > 1 else ""
    modules = [module for module, names in COMMANDS.items() if asked in names]
    try:
        app_of(modules or COMMANDS)()
    except Permanent as error:
        sys.stderr.write(f"postroom: {error.reason}\n")
        raise SystemExit(REFUSED) from None
    except Transient as error:
        sys.stderr.write(f"postroom: {error.reason}; try again later\n")
        raise SystemExit(UNAVAILABLE) from None
    except Exception as error:  # noqa: BLE001 - a traceback would tell its text, which may hold words of a mail
        _end_with(error)


def _end_with(error: Exception) -> NoReturn:
    """Say that a server is away, or else that this is a fault of ours and where."""
    from shared.storage.faults import is_away  # noqa: PLC0415 - takes long, and is seldom needed

    if is_away(error):
        away = f"the database or the broker does not answer ({type(error).__name__}); try again later"
        sys.stderr.write(f"postroom: {away}\n")
        raise SystemExit(UNAVAILABLE) from None
    said = "a fault of Postroom; what was begun may not have been done. Report this:"
    sys.stderr.write(f"postroom: {said}\n{trace_of(error)}\n")
    raise SystemExit(FAULT) from None


if __name__ == "__main__":
    main()
