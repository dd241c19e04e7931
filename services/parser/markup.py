"""HTML as pieces, text and tags in turns, as the HTML parser writes it down: every tag is whole, and closed.

No object is made for each node, and any range is cut out of a document by leaving other pieces away."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from selectolax.lexbor import LexborHTMLParser

from services.parser.containers import Container, container_of

# fmt: off
VOID = frozenset({
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source",
    "track", "wbr",
})
# fmt: on
LONGEST_KEPT = 500
"""Characters of a tag that is remembered: most of a mail's are the same few."""
LARGE, MANY = 200_000, 1_000
"""Characters of HTML in whose pieces equal tags are kept once, and so many different ones are known."""

_TAG = re.compile(r"(<!--.*?-->|<[^>]*+>)", re.DOTALL)
_ATTRIBUTE = re.compile(r'([^\s=]+)="([^"]*)"')
# All that the parser writes; the last must be that.
_ENTITIES = (("&nbsp;", "\u00a0"), ("&lt;", "<"), ("&gt;", ">"), ("&quot;", '"'), ("&amp;", "&"))
# What stands in these is written as it is, whatever it looks like.
_RAW = re.compile(r"<(script|style|iframe|xmp|noembed|noframes|plaintext)\b([^>]*)>(.*?)</\1>", re.DOTALL)
_RAW_UNSEEN = frozenset(("script", "style", "iframe"))


@dataclass(frozen=True, slots=True)
class Tag:
    name: str
    """In lower case; empty for a comment."""
    closes: bool = False
    attributes: Mapping[str, str] = field(default_factory=dict)
    container: Container | None = None
    """What it says of the lines in it, if it begins a container of a mail program."""


def pieces_of(html: str) -> list[str]:
    """Text, tag, text, ..., text of the body of tamed HTML; texts between two tags may be empty."""
    written = _written(html)
    if _RAW.search(written):
        written = _RAW.sub(_without_raw, written)
    return pieces_in(written)


def pieces_in(written: str) -> list[str]:
    """The same of HTML that the parser has written: it writes < and > in attributes as entities."""
    return _TAG.split(written) if len(written) < LARGE else list(_sparing(written))


def _sparing(written: str) -> Iterator[str]:
    """The pieces of large HTML, of equal tags one: most of a mail's are the same few."""
    same: dict[str, str] = {}
    end = 0
    for match in _TAG.finditer(written):
        yield written[end : match.start()]
        tag, end = match.group(), match.end()
        yield same.setdefault(tag, tag) if len(same) < MANY else same.get(tag, tag)
    yield written[end:]


def _written(html: str) -> str:
    """What the parser makes of HTML; of its tree, which is large, nothing is left."""
    tree = LexborHTMLParser(html)
    body = tree.body or tree.root
    return (body.inner_html or "") if body is not None else ""


def read_tag(written: str) -> Tag:
    return (_remembered if len(written) <= LONGEST_KEPT else _read)(written)


def text_in(piece: str) -> str:
    """What a piece of text says."""
    if "&" not in piece:
        return piece
    for entity, char in _ENTITIES:
        piece = piece.replace(entity, char)
    return piece


def with_attributes(name: str, attributes: Mapping[str, str]) -> str:
    """The tag that opens an element."""
    return "".join(
        (f"<{name}", *(f' {key}="{html.escape(value)}"' for key, value in attributes.items()), ">")
    )


def _read(written: str) -> Tag:
    if written.startswith("<!"):
        return Tag("")
    if written.startswith("</"):
        return Tag(written[2:-1], closes=True)
    name, _, rest = written[1:-1].partition(" ")
    attributes = {key: text_in(value) for key, value in _ATTRIBUTE.findall(rest)} if rest else {}
    return Tag(name, attributes=attributes, container=container_of(name, attributes))


_remembered = lru_cache(maxsize=2_000)(_read)


def _without_raw(match: re.Match[str]) -> str:
    name, attributes, content = match.groups()
    return "" if name in _RAW_UNSEEN else f"<{name}{attributes}>{html.escape(content, quote=False)}</{name}>"
