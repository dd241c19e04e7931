"""Names of files that are safe to show, to save and to send on."""

import re

MAX_NAME = 150

_UNWANTED = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]")
_UNSAFE = re.compile(r'[<>:"|?*]')


def plain_name(name: str, fallback: str = "file") -> str:
    """A plain file name: no folder, no control or direction character, not too long."""
    name = _UNWANTED.sub("", name)
    name = name.rstrip("/\\") if not name.lower().endswith(".eml") else name
    folderless = (
        re.split(r"[\\/]", name)[-1] if not name.lower().endswith(".eml") else re.sub(r"[\\/]", "-", name)
    )
    plain = _UNSAFE.sub("_", re.sub(r"\s+", " ", folderless)).strip(" .")
    if not plain:
        return fallback or "file"
    stem, dot, extension = plain.rpartition(".")
    if len(plain) <= MAX_NAME or not dot or len(extension) > 10:  # noqa: PLR2004 - no real extension is longer
        return plain[:MAX_NAME]
    return f"{stem[: MAX_NAME - len(extension) - 1]}.{extension}"
