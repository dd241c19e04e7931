"""Bodies as Graph shows them: HTML unless text is asked for, made safe, with and without what is quoted."""

import re
from html import escape
from html.parser import HTMLParser

from sandbox.composing import as_text
from sandbox.shapes import Body

_META = '<meta http-equiv="Content-Type" content="text/html; charset=utf-8">'
_DROPPED = frozenset(["script", "iframe", "object", "applet", "form", "frameset", "frame"])
"""Elements that go with all that they hold."""
_VOID = frozenset(["embed", "link", "base", "input", "button"])
"""Elements that go by themselves."""
_LINKS = frozenset(["href", "src", "action", "background"])
_QUOTED_HTML = re.compile(
    r"""(?is)<(?:blockquote|hr)\b|<div[^>]*\b(?:id|class)=["']?(?:[^"'>]*\b)?(?:divRplyFwdMsg|gmail_quote|appendonsend)"""
)
_QUOTED_TEXT = re.compile(
    r"(?m)^(?:>|-{2,} ?Original Message ?-{2,}|On .{5,200} wrote:\s*$|_{10,}\s*$|From: .+)"
)


def as_html(body: Body, *, unsafe: bool = False) -> str:
    """The body as a page; `unsafe` leaves in what runs or loads."""
    if body.content_type == "html":
        return body.content if unsafe else _described(sanitised(body.content))
    lines = escape(body.content).replace("\r\n", "\n").replace("\n", "<br>\n")
    return f'<html><head>\r\n{_META}</head><body><div class="PlainText">{lines}</div></body></html>'


def unquoted(body: Body) -> Body:
    """What this mail alone says."""
    found = (_QUOTED_HTML if body.content_type == "html" else _QUOTED_TEXT).search(body.content)
    return body if found is None else body.model_copy(update={"content": body.content[: found.start()]})


def preview(body: Body, length: int = 255) -> str:
    return as_text(body)[:length]


def sanitised(page: str) -> str:
    """The page without what runs; without any such thing it stays as it is."""
    reader = _Sanitiser()
    reader.feed(page)
    reader.close()
    return "".join(reader.kept) if reader.harmful else page


def _described(page: str) -> str:
    """The page with Exchange's line about its characters."""
    if "http-equiv" in page.lower():
        return page
    for opened in ("<head>", "<html>"):
        at = page.lower().find(opened)
        if at >= 0:
            end = at + len(opened)
            head = _META if opened == "<head>" else f"<head>\r\n{_META}</head>"
            return page[:end] + head + page[end:]
    return f"<html><head>\r\n{_META}</head><body>{page}</body></html>"


class _Sanitiser(HTMLParser):
    """Copies a page and leaves out what is dangerous."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=False)
        self.kept: list[str] = []
        self.harmful = False
        self._inside = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        text = self.get_starttag_text() or ""
        if tag in _DROPPED:
            self.harmful = True
            self._inside += 1
        elif tag in _VOID or self._inside:
            self.harmful = True
        elif any(_is_harmful(name, value) for name, value in attrs):
            self.harmful = True
            safe = "".join(
                f' {name}="{escape(value or "")}"' for name, value in attrs if not _is_harmful(name, value)
            )
            self.kept.append(f"<{tag}{safe}>")
        else:
            self.kept.append(text)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag in _DROPPED:
            self._inside -= 1

    def handle_endtag(self, tag: str) -> None:
        if tag in _DROPPED:
            self._inside = max(0, self._inside - 1)
        elif not self._inside and tag not in _VOID:
            self.kept.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        self._keep(data)

    def handle_entityref(self, name: str) -> None:
        self._keep(f"&{name};")

    def handle_charref(self, name: str) -> None:
        self._keep(f"&#{name};")

    def handle_comment(self, data: str) -> None:
        self._keep(f"<!--{data}-->")

    def handle_decl(self, decl: str) -> None:
        self._keep(f"<!{decl}>")

    def _keep(self, text: str) -> None:
        if not self._inside:
            self.kept.append(text)


def _is_harmful(name: str, value: str | None) -> bool:
    target = re.sub(r"\s", "", value or "").lower()
    return name.startswith("on") or (name in _LINKS and target.startswith(("javascript:", "vbscript:")))
