"""Makes HTML harmless to the parsers behind: one linear scan bounds depth, formatting and attributes.

Both HTML parsers in use need time that grows with the square of the nesting depth, of the open formatting
elements (each is cloned into every new block) and of the attributes of one tag. A tag that goes too far is
left out, before a tree is built, for which each element takes many times what it takes as text. Text is
never touched."""

import base64
import binascii
import re
from dataclasses import dataclass, field

from services.parser.markup import VOID

MAX_HTML = 3_000_000
"""Characters that are parsed; what is behind them is kept as plain text."""
MAX_DEPTH = 500
MAX_TAGS, TAGS_PER_CHARACTER = 30_000, 1 / 50
"""Tags that are parsed, at least and in a long document; what is behind them is kept as plain text."""
MAX_TAG = 4_096
"""Characters of one tag; a longer one loses its attributes."""
MAX_CLONES = 1_000_000
"""How often an open formatting element may have been repeated in a block below it."""

_SMALL = 100_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})")
_ANY_TAG = re.compile(r"<[^<>]{0,5000}>")
_DATA_IMAGE = re.compile(r"data:(image/[a-z0-9.+-]{1,30});base64,([A-Za-z0-9+/=%\s]{1,})", re.IGNORECASE)
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
    if _is_tame(html):
        return Tamed(html, images=images)
    end = html.rfind(">", 0, MAX_HTML) + 1 or MAX_HTML if len(html) > MAX_HTML else len(html)
    most_tags = max(MAX_TAGS, int(end * TAGS_PER_CHARACTER))
    out: list[str] = []
    copied, opened = 0, _Open()
    for match in _TAG.finditer(html, 0, end):
        if match.start() < copied:
            continue
        close, name = match.group(1), match.group(2).lower()
        if name in VOID or _fits(opened, name, close):
            replaced = _bounded(html, match, end)
            most_tags -= 1
        else:
            replaced = _left_out(html, match)
        if most_tags < 0:
            end = match.start()
            break
        if replaced is not None:
            out += filter(None, (html[copied : match.start()], replaced[0]))
            copied = replaced[1]
    out.append(html[copied:end])
    return Tamed("".join(out), _ANY_TAG.sub(" ", html[end:]), images, simplified=copied > 0)


def _is_tame(html: str) -> bool:
    """Whether HTML has too few tags to go too far, and no monster among them: true of most mails."""
    is_small = len(html) <= _SMALL and html.count("<") <= MAX_DEPTH
    return is_small and max(map(len, html.split(">"))) <= MAX_TAG


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


def _left_out(html: str, match: re.Match[str]) -> tuple[str, int]:
    """Nothing in its place; of a tag with quotes, whose end is not sure, one that holds nothing."""
    stop = html.find(">", match.end(), match.end() + MAX_TAG) + 1
    is_plain = stop and not any(quote in html[match.end() : stop] for quote in "\"'")
    return ("", stop) if is_plain else (f"<{match.group(1)}embed", match.end())


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
