"""Addresses and names of people and departments, as they may be kept."""

import re

from shared.contracts.mail import LONGEST_ADDRESS

_ADDRESS = re.compile(r"[^@\s<>()\[\],;:\"]{1,64}@(?:[^@\s<>()\[\],;:\".]+\.)+[^@\s<>()\[\],;:\".]{2,63}")
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def called(name: str) -> str:
    """Return a name without what controls or turns around the words beside it."""
    return _UNSEEN.sub("", name).strip()


def is_address(text: str) -> bool:
    """Whether mail can be sent there."""
    return bool(_ADDRESS.fullmatch(text)) and len(text.encode(errors="replace")) <= LONGEST_ADDRESS
