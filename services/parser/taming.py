"""Makes HTML harmless to the parsers behind: one linear scan bounds depth, formatting and attributes.

Both HTML parsers in use need time that grows with the square of the nesting depth, of the open formatting
elements (each is cloned into every new block) and of the attributes of one tag. A tag that goes too far is
left out, before a tree is built, for which each element takes many times what it takes as text. Text is
never touched."""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from services.parser.markup import VOID

MAX_HTML = 3_000_000
"""Characters that are parsed; what is behind them is kept as plain text."""
MAX_DEPTH = 500
MAX_TAGS, TAGS_PER_CHARACTER = 30_000, 1 / 70
"""Tags that are parsed, at least and in a long document, the parser's own among them: it makes formatting
that was not closed anew in every block. What is behind them is kept as plain text."""
MAX_WRITTEN_LONGER = 100_000
"""Characters that stand for themselves and that the HTML parser writes as entities, each up to six times as
long; what is behind them is kept as plain text."""
MAX_IMAGES = 1_000
"""Images in the HTML itself that are kept; those behind them are not shown."""
MAX_TAG = 4_096
"""Characters of one tag; a longer one loses its attributes."""

_SMALL = 100_000
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9:]{0,20})")
_WRITTEN_LONGER = re.compile(r"&(?!#|amp;|nbsp;|lt;|gt;|quot;)|\u00a0|<(?![a-zA-Z/!?])")
_ANY_TAG = re.compile(r"<[^<>]{0,5000}>")
_DATA_IMAGE = re.compile(r"data:(image/[a-z0-9.+-]{1,30});base64,([A-Za-z0-9+/=%\s]{1,})", re.IGNORECASE)
# fmt: off
_FORMATTING = frozenset({
    "a", "b", "big", "code", "em", "font", "i", "nobr", "s", "small", "strike", "strong", "tt", "u",
})
# fmt: on
_NEVER_NESTED = frozenset(("a", "nobr"))
# What the parser surely does, by the standard (WHATWG HTML, 13.2.6.4.7 and 13.2.6.4.9 to 15).
_CELLS, _TERMS, _FOREIGN = frozenset(("td", "th")), frozenset(("dd", "dt")), frozenset(("math", "svg"))
_ITEMS = _TERMS | {"li", "p"}
_IN_CELLS = _FORMATTING | _ITEMS
_ENDED_BY: Mapping[str, Sequence[tuple[frozenset[str], frozenset[str]]]] = {
    "p": [(frozenset({"p"}), _FORMATTING)],
    "li": [(frozenset({"li"}), _FORMATTING | {"p"})],
    "dd": [(_TERMS, _FORMATTING | {"p"})],
    "dt": [(_TERMS, _FORMATTING | {"p"})],
    "td": [(_CELLS, _IN_CELLS)],
    "th": [(_CELLS, _IN_CELLS)],
    "tr": [(_CELLS, _IN_CELLS), (frozenset({"tr"}), _FORMATTING)],
}
"""By what begins: what ends there, and what may be open in that."""
_BLOCKS = ("article", "blockquote", "center", "div", "dl", "ol", "section", "ul")
_END_WITH = {
    **dict.fromkeys((*_BLOCKS, *_ITEMS, *_CELLS), _IN_CELLS),
    **dict.fromkeys(("table", "tbody", "tr"), _IN_CELLS | _CELLS | {"tbody", "tfoot", "thead", "tr"}),
}
"""Elements that may be open in one that is closed: they end with it."""
_SCOPES = _CELLS | _FOREIGN | {"applet", "caption", "marquee", "object", "table", "template"}
"""Elements in which formatting around them cannot be closed; some only in some cases."""


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
    """The elements open at one point of the scan, the innermost last, and how many have been made."""

    stack: list[str] = field(default_factory=list)
    again: list[str] = field(default_factory=list)
    """Formatting that ended with the element around it: the parser opens it in the next one."""
    made: int = 0

    def opens(self, name: str) -> bool:
        """Open an element, unless that goes too deep."""
        if name in VOID:
            self.made += 1
            return True
        for ended, within in _ENDED_BY.get(name, ()) if _FOREIGN.isdisjoint(self.stack) else ():
            at = next((at for at in range(len(self.stack) - 1, -1, -1) if self.stack[at] not in within), -1)
            if at >= 0 and self.stack[at] in ended:
                self._end(at)
        if name in _NEVER_NESTED and name in self.stack:
            self.made += len(self.stack)
        if len(self.stack) + len(self.again) >= MAX_DEPTH:
            return False
        self.made += 1 + len(self.again)
        self.stack += (name, *self.again)
        self.again.clear()
        return True

    def close(self, name: str) -> None:
        """Close an element where the parser surely does."""
        self.made += 1
        if self.stack[-1:] == [name]:
            self.stack.pop()
        elif name in self.again:
            self.again.remove(name)
        elif name in self.stack:
            at = len(self.stack) - 1 - self.stack[::-1].index(name)
            inside = self.stack[at + 1 :]
            if name in _FORMATTING and _SCOPES.isdisjoint(inside):
                self.made += len(inside)
                del self.stack[at]
            elif _END_WITH.get(name, frozenset()).issuperset(inside):
                self._end(at)

    def _end(self, at: int) -> None:
        """End an element and what is in it."""
        self.again += (name for name in self.stack[at + 1 :] if name in _FORMATTING)
        del self.stack[at:]


def tame(html: str) -> Tamed:
    html, images = _without_data_images(html)
    if _is_tame(html):
        return Tamed(html, images=images)
    end = _end(html)
    most_tags = max(MAX_TAGS, int(end * TAGS_PER_CHARACTER))
    out: list[str] = []
    copied, opened = 0, _Open()
    for match in _TAG.finditer(html, 0, end):
        if match.start() < copied:
            continue
        close, name = match.group(1), match.group(2).lower()
        if close:
            opened.close(name)
        stays = bool(close) or opened.opens(name)
        replaced = _bounded(html, match, end) if stays else _left_out(html, match)
        if opened.made > most_tags:
            end = match.start()
            break
        if replaced is not None:
            out += filter(None, (html[copied : match.start()], replaced[0]))
            copied = replaced[1]
    out.append(html[copied:end])
    return Tamed("".join(out), _text_of(html, end), images, simplified=copied > 0)


def _text_of(html: str, start: int) -> str:
    """Its text from `start` on; piece by piece, for a list of all tags would be many times as large."""
    texts = []
    while start < len(html):
        end = html.find(">", start + _SMALL) + 1 or len(html)
        texts.append(_ANY_TAG.sub(" ", html[start:end]))
        start = end
    return "".join(texts)


def _is_tame(html: str) -> bool:
    """Whether HTML has too few tags to go too far, and no monster among them: true of most mails."""
    is_small = len(html) <= _SMALL and html.count("<") <= MAX_DEPTH
    return is_small and max(map(len, html.split(">"))) <= MAX_TAG


def _end(html: str) -> int:
    """How much is parsed of a document; of a long one up to the end of a tag."""
    most = min(len(html), MAX_HTML)
    longer = next(islice(_WRITTEN_LONGER.finditer(html, 0, most), MAX_WRITTEN_LONGER, None), None)
    most = longer.start() if longer else most
    return html.rfind(">", 0, most) + 1 or most if most < len(html) else most


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
        if len(images) == MAX_IMAGES:
            break
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
