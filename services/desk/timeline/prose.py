"""Words of a mail as our own elements: paragraphs, lists, quotes and links that follow the theme. Pure."""

import re
from collections.abc import Iterator
from itertools import groupby

import nh3
from markupsafe import Markup, escape
from selectolax.lexbor import LexborHTMLParser

from services.desk.languages import gettext

LINK = re.compile(r"https?://[^\s<>\"']+[^\s<>\"'.,;:!?)\]}]")
ITEM = re.compile(r"\s{0,3}(?:[-*•]|\d{1,3}[.)])\s+(.*)")
LONGEST = 200_000
"""Characters shown in the page; the rest is behind a link."""

SIMPLE_TAGS = {
    *("a", "b", "blockquote", "br", "code", "del", "em", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "i"),
    *("ins", "li", "ol", "p", "pre", "q", "s", "small", "strike", "strong", "sub", "sup", "u", "ul"),
}
CUT = Markup('<p class="cut">{}</p>')
ORDERED, UNORDERED = Markup("<ol>{}</ol>"), Markup("<ul>{}</ul>")
RICH = "table, img, svg, video, audio, center, font[color], [bgcolor], [background], style"
RICH_OF_OURS = RICH.replace("img, ", "")
COLOURED = re.compile(r"background|(?<![-\w])color\s*:", re.IGNORECASE)


def paragraphs(text: str) -> Markup:
    """Plain text as elements; what is too long is cut and says so."""
    shown = text[:LONGEST].replace("\r\n", "\n").strip("\n")
    blocks = Markup("").join(_block(list(lines)) for lines in _blocks(shown))
    return blocks + CUT.format(gettext("The rest is in the whole text.")) if len(text) > LONGEST else blocks


def simple_html(html: str) -> Markup | None:
    """Simple markup as our own elements; None for anything richer, which is shown in a frame."""
    if _is_rich(html, RICH):
        return None
    cleaned = nh3.clean(
        _breaks(html),
        tags=SIMPLE_TAGS,
        attributes={"a": {"href"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(cleaned)  # noqa: S704 - cleaned on the line above


def own_words(html: str, images: str) -> Markup | None:
    """What one of us wrote, its images from below the address `images`; None for what is richer than the
    editor makes it."""
    if _is_rich(html, RICH_OF_OURS):
        return None
    cleaned = nh3.clean(
        html.replace('src="cid:', f'src="{images}'),
        tags=SIMPLE_TAGS | {"div", "img"},
        attributes={"a": {"href"}, "img": {"src", "alt", "width", "height"}},
        attribute_filter=lambda tag, name, value: (
            None if tag == "img" and name == "src" and not value.startswith(images) else value
        ),
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel="noopener noreferrer",
        set_tag_attribute_values={"a": {"target": "_blank"}},
    )
    return Markup(cleaned)  # noqa: S704 - cleaned on the lines above


def framed_words(html: str) -> Markup:
    """Sanitised HTML of a mail, to be looked at before it is passed on: without its images and colours."""
    tags = SIMPLE_TAGS | {"div", "table", "tbody", "thead", "tr", "td", "th"}
    cleaned = nh3.clean(html[:LONGEST], tags=tags, attributes={"a": {"href"}}, link_rel="noopener noreferrer")
    return Markup(cleaned)  # noqa: S704 - cleaned on the line above


def _is_rich(html: str, rich: str) -> bool:
    if len(html) > LONGEST:
        return True
    tree = LexborHTMLParser(html)
    return tree.css_first(rich) is not None or any(
        COLOURED.search(node.attributes.get("style") or "") for node in tree.css("[style]")
    )


def _breaks(html: str) -> str:
    """A `div` is a line in mail: keep it as one when its tag goes."""
    return re.sub(r"</div\s*>", "<br>", html, flags=re.IGNORECASE)


def _blocks(text: str) -> Iterator[list[str]]:
    """Cut at blank lines, and where a quote or a list begins or ends."""
    for kind, lines in groupby(text.split("\n"), key=_kind):
        if kind != "blank":
            yield list(lines)


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    if line.lstrip().startswith(">"):
        return "quote"
    return "item" if ITEM.fullmatch(line) else "words"


def _block(lines: list[str]) -> Markup:
    match _kind(lines[0]):
        case "quote":
            bare = [line.lstrip().removeprefix(">").removeprefix(" ") for line in lines]
            return Markup("<blockquote><p>{}</p></blockquote>").format(_lines(bare))
        case "item":
            items = Markup("").join(Markup("<li>{}</li>").format(linked(_item(line))) for line in lines)
            ordered = lines[0].strip()[0].isdigit()
            return ORDERED.format(items) if ordered else UNORDERED.format(items)
        case _:
            return Markup("<p>{}</p>").format(_lines(lines))


def _item(line: str) -> str:
    found = ITEM.fullmatch(line)
    assert found is not None
    return found[1]


def _lines(lines: list[str]) -> Markup:
    return Markup("<br>").join(linked(line) for line in lines)


def linked(text: str) -> Markup:
    """Escape a line and make its web addresses links."""
    parts: list[Markup] = []
    end = 0
    for match in LINK.finditer(text):
        link = Markup('<a href="{0}" target="_blank" rel="noopener noreferrer">{0}</a>').format(match[0])
        parts += [escape(text[end : match.start()]), link]
        end = match.end()
    return Markup("").join([*parts, escape(text[end:])])
