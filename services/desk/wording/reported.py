"""What other services say in English, in the language of the reader: gaps are read from the text.

They write their reasons into rows and answers before anybody reads them, so they know no language. A text
that is not listed stays as it is: nothing is lost but its translation. A test holds the list against what
they refuse with.
"""

import re
from functools import cache

from services.desk.languages import SOURCE, gettext
from services.desk.reader import reader
from services.desk.wording.examined import CHECKS
from services.desk.wording.others import ALL
from services.desk.wording.plain import sentence

_INSIDE = frozenset({"why", "doubt"})
"""Gaps that hold a reason of their own: one that is not listed leaves the whole text as it is."""
_GAP = re.compile(r"%\((\w+)\)s")


def reported(text: str) -> str:
    """Say it in the reader's language, as a sentence."""
    return sentence(reported_inside(text))


def reported_inside(text: str) -> str:
    """Say it in the reader's language, to stand inside a sentence."""
    if reader().language == SOURCE:
        return text
    whole = _known(text)
    return whole if whole is not None else "; ".join(_known(part) or part for part in text.split("; "))


def _known(text: str) -> str | None:
    """Translate a text that is listed; one without gaps counts before those with."""
    for message, pattern in _patterns():
        found = pattern.fullmatch(text)
        gaps = {name: _gap(name, said) for name, said in found.groupdict().items()} if found else {}
        if found and None not in gaps.values():
            return gettext(message, **gaps)
    return None


def checked(name: str) -> str:
    """Say which check of the doctor that is; one of another plug-in by its own name."""
    kind, _, of = name.partition(" ")
    match kind, of:
        case _ if name in CHECKS:
            return gettext(CHECKS[name])
        case "folder", of:
            return gettext("Folder %(name)s", name=of)
        case "send", of if of.startswith("as "):
            return gettext("Sending as %(address)s", address=of.removeprefix("as "))
        case _:
            return name[:1].upper() + name[1:]


def _gap(name: str, said: str) -> str | None:
    if name == "check":
        return checked(said)
    return _known(said) if name in _INSIDE else said


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    listed = sorted(ALL, key=lambda message: (len(_GAP.findall(message)), -len(message)))
    return tuple((message, re.compile(_pattern(message), re.DOTALL)) for message in listed)


def _pattern(message: str) -> str:
    parts = _GAP.split(message)  # text, name, text, name, ..., text
    return "".join(f"(?P<{part}>.+?)" if at % 2 else re.escape(part) for at, part in enumerate(parts))
