"""Find plug-ins by their entry points, and those that the configuration file names. Nobody edits a registry;
the built-in ones use the same door."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from typing import Any

import structlog

from shared.contracts.errors import Permanent
from shared.plugins.configured import GROUPS, configured
from shared.plugins.configured import made as of_file

log = structlog.get_logger()


@cache
def plugins(group: str) -> dict[str, Any]:  # Any: each group has its protocol; the callers name it
    """Return one instance of every plug-in of a group, by name. A broken one is logged and left out.

    Raises:
        Permanent: one that the configuration file names is broken.
    """
    own = configured().of(group)
    points = sorted(entry_points(group=group), key=lambda point: point.name)
    left = [point for point in points if point.name not in (*own.replace, *own.classes)]
    installed = {point.name: made for point in left if (made := _make(point)) is not None}
    return installed | {name: of_file(GROUPS[group], name, path) for name, path in own.classes.items()}


def plugin(group: str, name: str) -> Any:  # Any: as above
    """Return one plug-in.

    Raises:
        Permanent: nothing that works is installed under that name.
    """
    found = plugins(group).get(name)
    if found is None:
        known = ", ".join(plugins(group)) or "none"
        raise Permanent(f"no plug-in {name!r} in {group}; installed: {known}", code="unknown_plugin")
    return found


@dataclass(frozen=True)
class Installed:
    """A plug-in and where it comes from."""

    name: str
    origin: str
    """`file`: the configuration file; else its package, with the version."""
    plugin: Any  # Any: as above
    """None: it is broken, or the configuration file takes it out."""
    replaced: bool = False


def installed(group: str) -> list[Installed]:
    """Return every plug-in of a group with its origin, also what is broken or taken out.

    Raises:
        Permanent: as `plugins`.
    """
    own, working = configured().of(group), plugins(group)
    found = [Installed(name, "file", working[name]) for name in own.classes]
    for point in sorted(entry_points(group=group), key=lambda point: point.name):
        replaced = point.name in (*own.replace, *own.classes)
        made = None if replaced else working.get(point.name)
        origin = f"{point.dist.name} {point.dist.version}" if point.dist else point.module
        found.append(Installed(point.name, origin, made, replaced))
    return found


def _make(point: EntryPoint) -> Any:  # Any: as above
    try:
        return point.load()()
    except Exception as error:  # noqa: BLE001 - a plug-in of others may raise anything while it is made
        log.error("plugin.broken", group=point.group, plugin=point.name, error=type(error).__name__)  # noqa: TRY400 - the name is enough
        return None
