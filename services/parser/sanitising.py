"""What of a mail's HTML may be shown: no script, nothing from the network, nothing that covers the page."""

import re
from functools import cache, lru_cache

import nh3

from services.parser.markup import read_tag, with_attributes

# fmt: off
TAGS = {
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
_LONGEST_KEPT = 500
"""Characters of a style that is remembered: most of a mail's are the same few."""
# The sanitiser needs time that grows with the square of the entities in one text node.
_LONG_TEXT = re.compile(r"(?<![^<>])[^<>]{20000,}")
_CHUNK = 20_000


def sanitised(html: str) -> str:
    return _cleaner().clean(_LONG_TEXT.sub(_broken_up, html))


@cache
def _cleaner() -> nh3.Cleaner:
    return nh3.Cleaner(
        tags=TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_filtered,
        url_schemes=_SCHEMES,
        url_relative="deny",
        link_rel="noopener noreferrer",
    )


def set_image_aside(written: str) -> tuple[str, bool]:
    """The tag of an image with its network address as `data-src`, and whether it has one."""
    attributes = dict(read_tag(written).attributes)
    source, aside = attributes.get("src", ""), attributes.get("data-src", "")
    if _REMOTE.match(source):
        del attributes["src"]
        attributes["data-src"] = f"https:{source.strip()}" if source.strip().startswith("//") else source
        return with_attributes("img", attributes), True
    if aside and (source or not _REMOTE.match(aside)):
        del attributes["data-src"]
        return with_attributes("img", attributes), False
    return written, bool(aside)


def _broken_up(match: re.Match[str]) -> str:
    text = match.group()
    return "".join(_broken(text[at : at + _CHUNK]) for at in range(0, len(text), _CHUNK))


def _broken(text: str) -> str:
    before, entity, after = text.rpartition("&")
    return f"{before}<wbr>{entity}{after}" if entity else text


def _filtered(tag: str, attribute: str, value: str) -> str | None:
    if attribute == "style":
        return _remembered_style(value) or None if len(value) <= _LONGEST_KEPT else _style(value) or None
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


_remembered_style = lru_cache(maxsize=1_000)(_style)


def _shows(name: str, setting: str) -> bool:
    if _HIDING.search(setting) or setting.startswith("-"):
        return False
    invisible = name in ("font-size", "line-height", "width", "max-width") and re.match(
        r"0(?![.\d]*[1-9])", setting
    )
    return not invisible and not (name == "color" and setting == "transparent")
