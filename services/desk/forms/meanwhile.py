"""A form that was open while somebody else saved: what each of them changed is kept. Pure.

The form brings a short mark of each field as it was shown. A field that this person did not touch takes the
value it has now; one that both changed is asked about, and saving again puts theirs in its place.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from hashlib import blake2b

from services.desk.languages import gettext, later

FIELD = "as_shown"
CHANGED = later("%(who)s changed the same meanwhile: %(what)s. Save again to put yours in its place.")
LONGEST_SHOWN = 80


@dataclass(frozen=True)
class Kept:
    values: dict[str, str]
    both: tuple[str, ...] = ()
    """What both changed, each to something else."""


def marks(values: Mapping[str, str]) -> str:
    """Return the marks of a form as it is shown, for its hidden field."""
    return json.dumps({name: _mark(text) for name, text in values.items()}, separators=(",", ":"))


def together(
    typed: Mapping[str, str],
    shown: str,
    now: Mapping[str, str],
    whole: Callable[[str], str] = str,
) -> Kept:
    """Keep what this person typed and what others saved since. Without marks, all is as typed.

    `whole` names what a field is a part of, where some are only changed as one.
    """
    marked = _read(shown)
    if not marked:
        return Kept(dict(typed))
    units: dict[str, list[str]] = {}
    for name in dict.fromkeys((*now, *typed, *marked)):
        units.setdefault(whole(name), []).append(name)
    values, both = dict(typed), []
    for unit, names in units.items():
        before = [marked.get(name, _mark("")) for name in names]
        mine = [_mark(typed.get(name, "")) for name in names]
        theirs = [_mark(now.get(name, "")) for name in names]
        if mine == before:
            values = {name: text for name, text in values.items() if name not in names}
            values |= {name: now[name] for name in names if name in now}
        elif theirs not in (before, mine):
            both.append(unit)
    return Kept(values, tuple(both))


def in_words(
    both: tuple[str, ...], labels: Mapping[str, str], now: Mapping[str, str], who: str | None = None
) -> str:
    """Say what somebody else changed, and to what where that is short; empty when it is nothing."""
    if not both:
        return ""
    parts = []
    for name in both:
        label, value = gettext(labels.get(name, name.rpartition(".")[2])), now.get(name, "")
        short = 0 < len(value) <= LONGEST_SHOWN and "\n" not in value
        parts.append(gettext("%(name)s is now “%(value)s”", name=label, value=value) if short else label)
    return gettext(CHANGED, who=who or gettext("Somebody"), what=", ".join(parts))


def shown_with(typed: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Return the marks that a form came with, or else those of what it shows now; nothing when it is new."""
    return typed.get(FIELD) or (marks(now) if now else "")


def _mark(text: str) -> str:
    """Fold what browsers change by themselves: ends of lines, and space around."""
    folded = "\n".join(line.rstrip() for line in text.strip().splitlines())
    return blake2b(folded.encode(errors="replace"), digest_size=6).hexdigest()


def _read(shown: str) -> dict[str, str]:
    try:
        found = json.loads(shown) if shown else {}
    except ValueError:
        return {}
    return {str(name): str(mark) for name, mark in found.items()} if isinstance(found, dict) else {}
