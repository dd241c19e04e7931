"""The command `postroom`: one module a group of commands; exit codes mean something."""

import sys

import typer

from postroom.cli import (
    administration,
    configfile,
    contacts,
    demo,
    departments,
    doctor,
    keys,
    organizations,
    parked,
    parsing,
    quarantine,
    running,
    settings,
    sweeping,
    tenants,
    triggers,
)
from shared.contracts.errors import Permanent, Transient

UNAVAILABLE, REFUSED = 69, 78
"""sysexits: try again later; a person must change something."""

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Shared mailboxes become tickets.")
running.add_to(app)
sweeping.add_to(app)
demo.add_to(app)
doctor.add_to(app)
keys.add_to(app)
tenants.add_to(app)
contacts.add_to(app)
administration.add_to(app)
triggers.add_to(app)
settings.add_to(app)
configfile.add_to(app)
parked.add_to(app)
quarantine.add_to(app)
parsing.add_to(app)
organizations.add_to(app)
departments.add_to(app)


def main() -> None:
    """Run a command; an error names the thing and the remedy."""
    try:
        app()
    except Permanent as error:
        sys.stderr.write(f"postroom: {error.reason}\n")
        raise SystemExit(REFUSED) from None
    except Transient as error:
        sys.stderr.write(f"postroom: {error.reason}; try again later\n")
        raise SystemExit(UNAVAILABLE) from None


if __name__ == "__main__":
    main()
