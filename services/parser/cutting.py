"""HTML as lines that can be cut out of it again: any range of lines, as HTML."""

from dataclasses import dataclass

from selectolax.lexbor import LexborNode

from services.parser.flattening import Flat, flatten, leaves, parse_html, walk
from services.parser.lines import Line
from services.parser.sanitising import keep_known, set_images_aside
from services.parser.taming import Tamed, tame


@dataclass(frozen=True)
class Html:
    """Tamed HTML and its lines."""

    tamed: Tamed
    flat: Flat
    remote_images: int

    @property
    def lines(self) -> list[Line]:
        return self.flat.lines

    def can_cut(self, part: range) -> bool:
        """Not in the middle of preformatted text, which is one node of many lines."""
        edges = {part.start, part.stop} - {0, len(self.lines)}
        return not edges & self.flat.torn

    def only(self, part: range) -> str:
        return self._without(part=part, inside=False)

    def except_for(self, part: range) -> str:
        return self._without(part=part, inside=True)

    def images(self, part: range) -> list[str]:
        """Content ids of the images that these lines draw."""
        body = parse_html(self.tamed.html) if part and "cid:" in self.tamed.html.lower() else None
        if body is None:
            return []
        drawn = zip(leaves(body), self.flat.leaves, strict=True)
        sources = (
            (leaf.attributes.get("src") or "") for leaf, line in drawn if line in part and leaf.tag == "img"
        )
        return [source[4:].strip() for source in sources if source[:4].lower() == "cid:"]

    def _without(self, *, part: range, inside: bool) -> str:
        body = parse_html(self.tamed.html)
        if body is None:
            return ""
        set_images_aside(body)
        for leaf, line in zip(leaves(body), self.flat.leaves, strict=True):
            if (line in part) is not inside:
                continue
            parent = leaf.parent
            leaf.decompose()
            while parent is not None and parent.child is None and parent.tag not in ("body", "html"):
                emptied, parent = parent, parent.parent
                emptied.decompose()
        keep_known(body)
        return body.inner_html or ""


def html_lines(html: str) -> Html:
    tamed = tame(html)
    body = parse_html(tamed.html)
    return Html(tamed, flatten(body), set_images_aside(body))


def unframed(html: str, *, quoted: bool) -> str:
    """HTML cut out of a frame, without what the elements still open around it say of it; with `quoted`
    also without the blockquotes around it, as a forward quoted as a whole needs it."""
    body = parse_html(html)
    first = next(iter(leaves(body)), None) if body is not None else None
    if body is None or first is None:
        return html
    around = first.parent
    while around is not None and around.tag not in ("body", "html"):
        for name in ("class", "id", "data-marker", "style"):
            if name in around.attributes:
                del around.attrs[name]
        around = around.parent
    for quote in _outer_quotes(body) if quoted else ():
        quote.unwrap()
    return body.inner_html or ""


def _outer_quotes(body: LexborNode) -> list[LexborNode]:
    found, depth = [], 0
    for node, entering in walk(body):
        if node.tag == "blockquote":
            if entering and not depth:
                found.append(node)
            depth += 1 if entering else -1
    return found


def inner_html(html: str) -> str:
    """The body of a document, to be put beside another."""
    body = parse_html(tame(html).html)
    return (body.inner_html or "") if body is not None else ""
