"""What the parser makes of a mail that somebody pastes: asked of whoever runs the desk, who can reach it."""

import re
from dataclasses import dataclass
from typing import Protocol

from shared.contracts.filters import Filters

_HEADER = re.compile(r"[!-9;-~]+:")


@dataclass(frozen=True)
class SplitPart:
    part: str
    """`reply`, `quoted` or `signature`."""
    lines: int
    why: str


@dataclass(frozen=True)
class SplitLine:
    number: int
    part: str
    kind: str
    text: str


@dataclass(frozen=True)
class SplitForm:
    name: str
    """`text` or `html`."""
    parts: tuple[SplitPart, ...]
    lines: tuple[SplitLine, ...]
    more: int


class Explains(Protocol):
    async def explain(self, raw: bytes, filters: Filters) -> list[SplitForm]:
        """Split a mail as the parser would with these filters.

        Raises:
            Permanent: it cannot be read.
        """


def as_mail(pasted: str) -> bytes:
    """A pasted mail as bytes; words without a header become the text of one."""
    text = pasted.replace("\r\n", "\n").lstrip("\n")
    first = text.partition("\n")[0]
    head = "" if _HEADER.match(first) else "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n\n"
    return (head + text).replace("\n", "\r\n").encode()
