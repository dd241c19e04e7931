"""HTML of mail that we write: made safe before it leaves, and said again in plain text. Pure."""

import re
from collections.abc import Iterator

import nh3
from selectolax.lexbor import LexborHTMLParser, LexborNode

# fmt: off
_TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "center", "cite", "code", "col", "colgroup", "dd", "del",
    "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i",
    "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "small", "span", "strike", "strong",
    "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u", "ul", "wbr",
}
_CELL = {"align", "valign", "width", "height", "bgcolor", "colspan", "rowspan"}
_ATTRIBUTES = {
    "*": {"style", "dir", "lang", "title"},
    "a": {"href"},
    "img": {"src", "alt", "width", "height", "border"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "div": {"align"}, "p": {"align"}, "hr": {"width", "size", "color"},
    "table": {"align", "border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": _CELL, "th": _CELL, "tr": {"align", "valign", "bgcolor"}, "col": {"span", "width"},
}
# Neither url() nor what hides or covers; classes and ids are left out too: our marker is one.
_STYLES = {
    "background-color", "border", "border-bottom", "border-collapse", "border-color", "border-left",
    "border-radius", "border-right", "border-spacing", "border-style", "border-top", "border-width", "color",
    "direction", "font", "font-family", "font-size", "font-style", "font-weight", "letter-spacing",
    "line-height", "list-style-type", "margin", "margin-bottom", "margin-left", "margin-right", "margin-top",
    "max-width", "padding", "padding-bottom", "padding-left", "padding-right", "padding-top", "text-align",
    "text-decoration", "text-transform", "vertical-align", "white-space", "width",
}
# fmt: on
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
_APART = {
    *("blockquote", "center", "dd", "div", "dl", "dt", "figure", "figcaption", "h1", "h2", "h3", "h4", "h5"),
    *("h6", "hr", "li", "ol", "p", "pre", "table", "tr", "ul"),
}
"""Elements that begin a line of their own."""
_SPACED = {"blockquote", "dl", "h1", "h2", "h3", "h4", "h5", "h6", "ol", "p", "pre", "table", "ul"}
"""Elements with an empty line around them."""
_LINE, _EMPTY, _KEPT = "\x01", "\x02", "\x03"
"""Begin a line, leave an empty one, a space that stays: characters that no text has by then."""
_EDGES = re.compile(r"\s*[\x01\x02][\x01\x02\s]*")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SPACE = r"[^\S\xa0]+"


def safe_html(html: str) -> str:
    """Keep what a mail may have: no script, form, frame or style sheet, no address but of the web, mail,
    telephone and inline images, nothing that hides. Images of the web stay: a logo is one."""
    return nh3.clean(
        html,
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        url_schemes=_SCHEMES,
        url_relative="deny",
        filter_style_properties=_STYLES,
        link_rel=None,
    )


def text_of_html(html: str) -> str:
    """Say HTML in plain text: lines as they would be seen, lists with dashes, links with their address."""
    body = LexborHTMLParser(html).body
    words = "".join(_pieces(body)) if body is not None else ""
    lines = _EDGES.sub(lambda run: "\n\n" if _EMPTY in run[0] else "\n", words).split("\n")
    return "\n".join(re.sub(r" +", " ", line).strip() for line in lines).replace(_KEPT, " ").strip()


def _pieces(body: LexborNode) -> Iterator[str]:
    """Walk without recursion: HTML may be nested deeper than Python's stack."""
    open_: list[LexborNode] = []
    node: LexborNode | None = body.child
    while node is not None or open_:
        if node is None:
            closed = open_.pop()
            yield _after(closed)
            node = closed.next
            continue
        if node.tag == "-text":
            yield _folded(node.text_content or "", open_)
        else:
            yield _before(node)
            if node.child is not None:
                open_.append(node)
                node = node.child
                continue
            yield _after(node)
        node = node.next


def _folded(text: str, inside: list[LexborNode]) -> str:
    text = _CONTROL.sub("", text)
    if any(one.tag == "pre" for one in inside):
        return text.replace(" ", _KEPT)
    return re.sub(_SPACE, " ", text)


def _before(node: LexborNode) -> str:
    match node.tag:
        case "br":
            return "\n"
        case "li":
            return f"{_LINE}- "
        case "hr":
            return f"{_LINE}---{_LINE}"
        case "img":
            return _folded(node.attributes.get("alt") or "", [])
        case "td" | "th":
            return " "
        case tag:
            return _edge(tag)


def _after(node: LexborNode) -> str:
    if node.tag == "a":
        address = node.attributes.get("href") or ""
        said = node.text().strip()
        return f" <{address}>" if address and address.removeprefix("mailto:") != said else ""
    return _edge(node.tag)


def _edge(tag: str | None) -> str:
    if tag in _SPACED:
        return _EMPTY
    return _LINE if tag in _APART else ""
