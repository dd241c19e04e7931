"""Recognises the HTML elements in which mail programs wrap what they quote; the list is data."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from services.parser.lines import Hint
from shared.contracts.marker import REPLY_MARKER

_FOREIGN_PREFIX = re.compile(r"(?:x_)+|ydp[0-9a-z]{6,12}(?=yahoo)")


@dataclass(frozen=True)
class Container:
    name: str
    says: Hint


_MARKER = Container("postroom", "marker")
_QUOTE = Container("blockquote", "quote")


@dataclass(frozen=True)
class _Known:
    names: Mapping[str, Container]
    """Class, id or name -> container."""
    styles: tuple[tuple[str, Container], ...]
    markers: Mapping[str, Container]


def container_of(tag: str, attributes: Mapping[str, str | None]) -> Container | None:
    """What an element says of the lines in it; None for most elements."""
    if tag == "blockquote":
        return None if _indents(attributes) else _QUOTE
    if not attributes:
        return None
    known = _known()
    for attribute in ("id", "class", "name"):
        for name in (attributes.get(attribute) or "")[:300].lower().split():
            if REPLY_MARKER in name:
                return _MARKER
            if found := known.names.get(_FOREIGN_PREFIX.sub("", name, count=1)):
                return found
    if found := known.markers.get((attributes.get("data-marker") or "").lower()):
        return found
    return _styled(attributes.get("style"), known)


def _indents(attributes: Mapping[str, str | None]) -> bool:
    """Gmail and Outlook indent one's own text with a blockquote that draws no line."""
    style = re.sub(r"\s+", "", (attributes.get("style") or "")[:300].lower())
    return attributes.get("type") != "cite" and "border:none" in style and "margin:00040px" in style


def _styled(style: str | None, known: _Known) -> Container | None:
    if not style or "border" not in style:
        return None
    packed = re.sub(r"\s+", "", style[:500].lower())
    return next((container for text, container in known.styles if text in packed), None)


@cache
def _known() -> _Known:
    file = resources.files("services.parser.vocabulary") / "containers.toml"
    names: dict[str, Container] = {}
    styles: list[tuple[str, Container]] = []
    markers: dict[str, Container] = {}
    for entry in tomllib.loads(file.read_text("utf-8"))["container"]:
        container = Container(entry["name"], entry["says"])
        for name in (*entry.get("classes", ()), *entry.get("ids", ())):
            names[name] = container
        styles += ((text, container) for text in entry.get("styles", ()))
        markers.update(dict.fromkeys(entry.get("markers", ()), container))
    return _Known(names, tuple(styles), markers)
