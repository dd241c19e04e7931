"""Who or what changed something, in words. Pure."""

from services.desk.languages import gettext, later

MAKERS = {
    "command line": later("command line"),
    "the command line": later("command line"),
    "first run": later("first run"),
}


def maker(name: str) -> str:
    """Say who changed something: a person by name, a program of ours in words."""
    return gettext(MAKERS.get(name, "")) or name
