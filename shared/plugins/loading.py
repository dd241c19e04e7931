"""Find plug-ins by their entry points. Nobody edits a registry; the built-in ones use the same door."""

from functools import cache
from importlib.metadata import entry_points
from typing import Any

from shared.contracts.errors import Permanent


@cache
def plugins(group: str) -> dict[str, Any]:  # Any: each group has its protocol; the callers below name it
    """Return one instance of every plug-in of a group, by name."""
    return {point.name: point.load()() for point in sorted(entry_points(group=group), key=lambda p: p.name)}


def plugin(group: str, name: str) -> Any:  # Any: as above
    """Return one plug-in.

    Raises:
        Permanent: nothing is installed under that name.
    """
    found = plugins(group).get(name)
    if found is None:
        known = ", ".join(plugins(group)) or "none"
        raise Permanent(f"no plug-in {name!r} in {group}; installed: {known}", code="unknown_plugin")
    return found
