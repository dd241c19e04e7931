"""Makes HTML harmless to the parsers behind: one linear scan bounds depth, formatting and attributes.

Both HTML parsers in use need time that grows with the square of the nesting depth, of the open formatting
elements (each is cloned into every new block) and of the attributes of one tag. A tag that goes too far
becomes `<embed`, which holds nothing and which sanitising removes; text is never touched."""

import base64
import binascii
import re
from dataclasses import dataclass, field

MAX_HTML = 3_000_000
"""Characters that are parsed; what is behind them is kept as plain text."""
MAX_DEPTH = 500
MAX_TAG = 4_096
"""Characters of one tag; a longer one loses its attributes."""
MAX_CLONES = 1_000_000
"""How often an open formatting element may have been repeated in a block below it."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})")
_ANY_TAG = re.compile(r"<[^<>]{0,5000}>")
_DATA_IMAGE = re.compile(r"data:(image/[a-z0-9.+-]{1,30});base64,([A-Za-z0-9+/=%\s]{1,})", re.IGNORECASE)
# fmt: off
_VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
})
# fmt: on
# fmt: off
_FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})
# fmt: on


@dataclass
class Tamed:
    html: str
    rest: str = ""
    """Text of what was too long to be parsed."""
    images: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    """Content id -> type and bytes of the images that stood in the HTML itself."""
    simplified: bool = False


@dataclass
class _Open:
    """The elements open at one point of the scan."""

    counts: dict[str, int] = field(default_factory=dict)
    depth: int = 0
    formatting: int = 0
    clones: int = 0

    def add(self, name: str, by: int) -> None:
        self.counts[name] = self.counts.get(name, 0) + by
        self.depth += by
        self.formatting += by if name in _FORMATTING else 0


def tame(html: str) -> Tamed:
    html, images = _without_data_images(html)
    end = html.rfind(">", 0, MAX_HTML) + 1 or MAX_HTML if len(html) > MAX_HTML else len(html)
    rest = _ANY_TAG.sub(" ", html[end:])
    out: list[str] = []
    copied, opened = 0, _Open()
    for match in _TAG.finditer(html, 0, end):
        if match.start() < copied:
            continue
        close, name = match.group(1), match.group(2).lower()
        if name in _VOID or _fits(opened, name, close):
            replaced = _bounded(html, match, end)
        else:
            replaced = (f"<{close}embed", match.end())
        if replaced is not None:
            out += (html[copied : match.start()], replaced[0])
            copied = replaced[1]
    out.append(html[copied:end])
    return Tamed("".join(out), rest, images, simplified=copied > 0)


def _fits(opened: _Open, name: str, close: str) -> bool:
    if close:
        if opened.counts.get(name, 0):
            opened.add(name, -1)
        return True
    opened.clones += opened.formatting
    if opened.depth >= MAX_DEPTH or opened.clones > MAX_CLONES:
        return False
    opened.add(name, 1)
    return True


def _bounded(html: str, match: re.Match[str], end: int) -> tuple[str, int] | None:
    """A tag of normal length stays; a monster loses its attributes."""
    stop = html.find(">", match.end(), min(end, match.end() + MAX_TAG))
    if stop >= 0 or end - match.end() <= MAX_TAG:
        return None
    stop = html.find(">", match.end(), end)
    return match.group(), stop if stop >= 0 else end


def _without_data_images(html: str) -> tuple[str, dict[str, tuple[str, bytes]]]:
    images: dict[str, tuple[str, bytes]] = {}
    if "data:image/" not in html.lower():
        return html, images
    out: list[str] = []
    copied = 0
    for match in _DATA_IMAGE.finditer(html):
        try:
            content = base64.b64decode(re.sub(r"%0A|\s", "", match.group(2)))
        except binascii.Error:
            continue
        content_id = f"data-{len(images) + 1}@postroom.invalid"
        images[content_id] = (match.group(1).lower(), content)
        out += (html[copied : match.start()], f"cid:{content_id}")
        copied = match.end()
    out.append(html[copied:])
    return "".join(out), images
