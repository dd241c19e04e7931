"""What a person writes with the editor: its HTML made safe, its images named as a mail names them. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

import nh3
from selectolax.lexbor import LexborHTMLParser

from services.desk.languages import later
from shared.contracts.sending import Draft
from shared.plugins.markup import text_of_html

# fmt: off
TAGS = {
    "a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p",
    "pre", "s", "strong", "sub", "sup", "u", "ul",
}
PLAIN_TAGS = {"br", "div", "p"}
# fmt: on
SCHEMES = {"http", "https", "mailto", "tel", "cid"}
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
OURS = re.compile(rf"(?:https?://[^/]+)?/uploads/(?P<id>{ID})/image")
OF_A_POST = re.compile(rf"(?:https?://[^/]+)?/posts/{ID}/inline/(?P<cid>[^/?#\s]+)")
OUR_CID = re.compile(rf"(?P<id>{ID})@postroom")
DRAWN = re.compile(r'src="cid:(?P<cid>[^"]+)"')
EMPTY_LINE = re.compile(r"<(?:div|p)>\s*(?:<br>)?\s*</(?:div|p)>")
ATTACHED = re.compile(
    r"\b(?:attach(?:ed|ment|ments|ing)?|enclosed|anh(?:a|ä)ng(?:e|s)?|anbei|angehängt|beigefügt|bijlagen?"
    r"|bijgevoegd)\b",
    re.IGNORECASE,
)
NO_FILE = later("You write about an attachment, but no file is with it. Add the file, or send it as it is.")
LONGEST = 500_000
"""Characters of what is typed."""
MOST_QUOTES = 100
"""Quotes that are marked in the text; more are somebody's joke, and cost time."""


@dataclass(frozen=True)
class Words:
    """Words of a person: text, and HTML where it says more than that."""

    text: str
    html: str | None = None

    @property
    def draft(self) -> Draft:
        return Draft(text=self.text, html=self.html)

    @property
    def images(self) -> tuple[UUID, ...]:
        """The uploads that the HTML draws."""
        found = (OUR_CID.fullmatch(one["cid"]) for one in DRAWN.finditer(self.html or ""))
        return tuple(dict.fromkeys(UUID(one["id"]) for one in found if one))

    @property
    def blank(self) -> bool:
        return not self.text.strip() and not (self.html and "<img" in self.html)


def words_of(text: str, html: str = "") -> Words:
    """Read what an editor sends. The HTML counts where there is some; plain lines are kept as text alone."""
    if not html.strip() or len(html) > LONGEST:
        return Words(text.strip()[:LONGEST])
    safe = own_html(html)
    said = said_in_text(safe)
    return Words(said, safe if _is_rich(safe) else None)


def own_html(html: str) -> str:
    """Keep the few elements that the editor makes: no style, no class, and no image from elsewhere."""
    tree = LexborHTMLParser(html)
    for image in tree.css("img"):
        cid = _cid_of(image.attributes.get("src") or "")
        if cid is None:
            image.decompose()
        else:
            image.attrs["src"] = f"cid:{cid}"
    body = tree.body
    return nh3.clean(
        body.inner_html or "" if body is not None else "",
        tags=TAGS,
        attributes={"a": {"href"}, "img": {"src", "alt", "width", "height"}},
        url_schemes=SCHEMES,
        url_relative="deny",
        link_rel=None,
    ).strip()


def said_in_text(html: str) -> str:
    """Own HTML as plain text; an empty line stays one, and a quote is marked as such."""
    return text_of_html(EMPTY_LINE.sub("<p></p>", _quotes_marked(html)))


def for_editor(draft: Draft, again: Mapping[str, UUID]) -> str:
    """The HTML of a draft with images by addresses of ours; `again`: their uploads by content id."""

    def shown(match: re.Match[str]) -> str:
        own = OUR_CID.fullmatch(match["cid"])
        upload = again.get(match["cid"]) or (UUID(own["id"]) if own else None)
        return f'src="/uploads/{upload}/image"' if upload else match[0]

    return DRAWN.sub(shown, draft.html or "")


def for_page(html: str, at: str) -> str:
    """The HTML of what is there already, with its images where the page shows them."""
    return DRAWN.sub(lambda match: f'src="{at}{match["cid"]}"', html)


def drawn_in(html: str) -> set[str]:
    """The content ids of the images of some HTML of ours."""
    return {match["cid"] for match in DRAWN.finditer(html)}


def content_id(upload: UUID) -> str:
    return f"{upload}@postroom"


def speaks_of_a_file(text: str) -> bool:
    """Whether somebody's own words, not those that they quote, promise a file."""
    own = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith(">"))
    return ATTACHED.search(own) is not None


def _cid_of(source: str) -> str | None:
    if found := OURS.fullmatch(source):
        return content_id(UUID(found["id"]))
    if found := OF_A_POST.fullmatch(source):
        return found["cid"]
    return source.removeprefix("cid:") if source.startswith("cid:") else None


def _is_rich(html: str) -> bool:
    return any(node.tag not in PLAIN_TAGS for node in LexborHTMLParser(f"<body>{html}").css("body *"))


def _quotes_marked(html: str) -> str:
    """Quotes as lines that begin with `>`, the innermost first."""
    for _ in range(MOST_QUOTES):
        start = html.rfind("<blockquote>")
        end = html.find("</blockquote>", start)
        if start < 0 or end < 0:
            break
        inner = said_in_text(html[start + len("<blockquote>") : end])
        marked = "<br>".join(f"&gt; {_escaped(line)}".rstrip() for line in inner.splitlines())
        html = f"{html[:start]}<p>{marked}</p>{html[end + len('</blockquote>') :]}"
    return html


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
