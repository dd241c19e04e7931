"""Languages by their tags (BCP 47): `de`, `de-AT`, `zh-Hant-TW`; and which of several fits a person."""

import re
from collections.abc import Collection

LONGEST = 35
"""Characters of a tag."""
_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*")
_SCRIPT, _REGION = 4, 2


def language_tag(text: str) -> str | None:
    """Return a tag as it is written by custom; None: it is none."""
    text = text.strip().replace("_", "-")
    if len(text) > LONGEST or not _TAG.fullmatch(text):
        return None
    first, *others = text.split("-")
    return "-".join((first.lower(), *(_written(part) for part in others)))


def checked_language(text: str) -> str:
    """Return a tag, for models.

    Raises:
        ValueError: it is none.
    """
    tag = language_tag(text)
    if tag is None:
        raise ValueError(f"{text!r} is not a language; write a tag such as de, de-AT or pt-BR")
    return tag


def best_language(wanted: str, there: Collection[str]) -> str | None:
    """Choose among tags: the one that is wanted, else the nearest that it belongs to; None: none of them."""
    while wanted:
        if wanted in there:
            return wanted
        wanted = wanted.rpartition("-")[0]
    return None


def _written(part: str) -> str:
    if len(part) == _SCRIPT and part.isalpha():
        return part.capitalize()
    return part.upper() if len(part) == _REGION and part.isalpha() else part.lower()
