"""HTML as lines that can be cut out of it again: any range of lines, as HTML."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.parser.flattening import CLOSES, NOWHERE, OPENS, Flat, flatten
from services.parser.lines import Line
from services.parser.markup import VOID, pieces_of, read_tag, with_attributes
from services.parser.sanitising import set_image_aside
from services.parser.taming import Tamed, tame

_FRAME = frozenset(("class", "id", "name", "data-marker", "style"))
"""Attributes by which a client says what an element holds."""


@dataclass(frozen=True)
class Html:
    """Tamed HTML, its pieces and its lines."""

    tamed: Tamed
    pieces: Sequence[str]
    flat: Flat
    images_at: Sequence[int]
    """Which pieces are images."""
    remote_images: int

    @property
    def lines(self) -> list[Line]:
        return self.flat.lines

    def can_cut(self, part: range) -> bool:
        """Not in the middle of preformatted text, which is one piece of many lines."""
        edges = {part.start, part.stop} - {0, len(self.lines)}
        return not edges & self.flat.torn

    def only(self, part: range) -> str:
        return "".join(_kept(self.pieces, self.flat.places, part))

    def except_for(self, part: range) -> str:
        """All but these lines; all of it when there are none."""
        return "".join(_kept(self.pieces, self.flat.places, part, inside=False))

    def images(self, part: range) -> list[str]:
        """Content ids of the images that these lines draw."""
        images = (read_tag(self.pieces[at]) for at in self.images_at if self.flat.places[at] in part)
        sources = (image.attributes.get("src", "") for image in images)
        return [source[4:].strip() for source in sources if source[:4].lower() == "cid:"]


def html_lines(html: str) -> Html:
    tamed = tame(html)
    pieces = pieces_of(tamed.html)
    flat = flatten(pieces)
    images_at = [at for at, piece in enumerate(pieces) if piece.startswith("<img")]
    remote = 0
    for at in images_at:
        pieces[at], is_remote = set_image_aside(pieces[at])
        remote += is_remote
    return Html(tamed, pieces, flat, images_at, remote)


def _kept(pieces: Sequence[str], places: Sequence[int], part: range, *, inside: bool = True) -> list[str]:
    """The pieces that stand in a part, or outside it, and the tags around them; an element that nothing is
    left of is left out as well."""
    kept: list[str] = []
    waiting: list[str] = []
    for piece, place in zip(pieces, places, strict=True):
        if place == NOWHERE:
            continue
        if place == OPENS:
            waiting.append(piece)
        elif place != CLOSES:
            if (place in part) is inside:
                kept += waiting
                waiting.clear()
                kept.append(piece)
        elif waiting:
            waiting.pop()
        else:
            kept.append(piece)
    return kept


def unframed(html: Html, part: range, *, quoted: bool) -> str:
    """Lines cut out of a frame, without what the elements still open around them say of them; with `quoted`
    also without the blockquotes around them, as a forward quoted as a whole needs it."""
    pieces = _kept(html.pieces, html.flat.places, part)
    around, quotes = True, 0
    for at, piece in enumerate(pieces):
        if not piece.startswith("<"):
            around = False
            continue
        tag = read_tag(piece)
        around = around and not (tag.closes or tag.name in VOID)
        if around:
            others = {name: value for name, value in tag.attributes.items() if name not in _FRAME}
            pieces[at] = with_attributes(tag.name, others)
        if quoted and tag.name == "blockquote":
            quotes += -1 if tag.closes else 1
            pieces[at] = pieces[at] if quotes > (not tag.closes) else ""
    return "".join(pieces)


def inner_html(html: str) -> str:
    """The body of a document, to be put beside another."""
    return "".join(pieces_of(tame(html).html))
