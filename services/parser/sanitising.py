"""What of a mail's HTML may be shown: no script, nothing from the network, nothing that covers the page."""

import re

import nh3
from selectolax.lexbor import LexborNode

# fmt: off
_TAGS = {
    "a", "abbr", "b", "big", "blockquote", "br", "center", "cite", "code", "col", "colgroup", "dd",
    "del", "div", "dl", "dt", "em", "figcaption", "figure", "font", "h1", "h2", "h3", "h4", "h5", "h6",
    "hr", "i", "img", "ins", "kbd", "li", "mark", "ol", "p", "pre", "q", "s", "samp", "small", "span",
    "strike", "strong", "sub", "sup", "table", "tbody", "td", "tfoot", "th", "thead", "tr", "tt", "u",
    "ul", "var", "wbr",
}
# fmt: on
UNSEEN = frozenset({"script", "style", "title", "head", "noscript", "template", "object", "embed", "iframe"})
"""Elements whose content is no words of the mail."""
_ANYWHERE = {"style", "dir", "lang", "title", "align"}
_ATTRIBUTES = {
    "*": _ANYWHERE,
    "a": {"href"},
    "img": {"src", "data-src", "alt", "width", "height"},
    "font": {"color", "size", "face"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "height", "valign", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "height", "valign", "bgcolor"},
    "tr": {"valign", "bgcolor"},
    "col": {"span", "width"},
    "blockquote": {"type"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "cid"}
# No display, visibility, opacity, position, z-index, float, transform or background image: text can be
# neither hidden nor laid over the page around it.
# fmt: off
_STYLES = frozenset({
    "color", "background-color", "font", "font-family", "font-size", "font-style", "font-weight",
    "font-variant", "text-align", "text-decoration", "text-transform", "line-height", "letter-spacing",
    "white-space", "vertical-align", "direction", "margin", "margin-top", "margin-right",
    "margin-bottom", "margin-left", "padding", "padding-top", "padding-right", "padding-bottom",
    "padding-left", "border", "border-top", "border-right", "border-bottom", "border-left",
    "border-color", "border-width", "border-style", "border-radius", "border-collapse",
    "border-spacing", "width", "max-width", "list-style-type",
})
# fmt: on
_HARMLESS = re.compile(r"[\w\s#%.,'\"()+!-]{1,200}")
# Of functions only colours: what others give, such as calc(), may be negative or come from elsewhere.
_HIDING = re.compile(r"(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(|(?:^|[\s,(])-\d")
_REMOTE = re.compile(r"\s*(?:https?:)?//", re.IGNORECASE)
_MANY_STYLES = 60
# The sanitiser needs time that grows with the square of the entities in one text node.
_LONG_TEXT = re.compile(r"(?<![^<>])[^<>]{20000,}")
_CHUNK = 20_000


def sanitised(html: str) -> str:
    return nh3.clean(
        _LONG_TEXT.sub(_broken_up, html),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer",
    )


def set_images_aside(body: LexborNode | None) -> int:
    """Turn the network address of every image into `data-src`; how many there were."""
    count = 0
    for image in body.css("img") if body is not None else ():
        source, aside = image.attributes.get("src") or "", image.attributes.get("data-src") or ""
        if _REMOTE.match(source):
            image.attrs["data-src"] = f"https:{source.strip()}" if source.strip().startswith("//") else source
            del image.attrs["src"]
            count += 1
        elif aside and (source or not _REMOTE.match(aside)):
            del image.attrs["data-src"]
        elif aside:
            count += 1
    return count


def keep_known(body: LexborNode) -> None:
    """Take away the elements that are not shown and unwrap those that the sanitiser does not know: of some
    it would take the words too, as of `text`, which it holds for a part of a drawing."""
    for node in body.css("*"):
        if node.tag not in _TAGS and node.tag not in UNSEEN and node.tag not in ("html", "body"):
            node.unwrap()
    # The inner ones first: what was taken away must not be asked again.
    for node in reversed([node for node in body.css("*") if node.tag in UNSEEN]):
        node.decompose()


def _broken_up(match: re.Match[str]) -> str:
    text = match.group()
    return "".join(_broken(text[at : at + _CHUNK]) for at in range(0, len(text), _CHUNK))


def _broken(text: str) -> str:
    before, entity, after = text.rpartition("&")
    return f"{before}<wbr>{entity}{after}" if entity else text


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        return _style(value) or None
    if tag == "img" and attribute == "src":
        return value if value.strip().lower().startswith("cid:") else None
    if attribute == "data-src":
        return value if _REMOTE.match(value) else None
    return value


def _style(value: str) -> str:
    kept = []
    for declaration in value[:4_000].split(";")[:_MANY_STYLES]:
        name, _, setting = declaration.partition(":")
        name, setting = name.strip().lower(), setting.strip()
        if name in _STYLES and _HARMLESS.fullmatch(setting) and _shows(name, setting.lower()):
            kept.append(f"{name}:{setting}")
    return ";".join(kept)


def _shows(name: str, setting: str) -> bool:
    if _HIDING.search(setting) or setting.startswith("-"):
        return False
    invisible = name in ("font-size", "line-height", "width", "max-width") and re.match(
        r"0(?![.\d]*[1-9])", setting
    )
    return not invisible and not (name == "color" and setting == "transparent")
