"""HTML to lines: the same lines a reader sees, each knowing how deep it is quoted and what holds it."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from services.parser.containers import Container, container_of
from services.parser.lines import Hint, Line
from services.parser.sanitising import UNSEEN

# fmt: off
_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "body", "center", "dd", "details", "div", "dl", "dt",
    "fieldset", "figcaption", "figure", "footer", "form", "frameset", "h1", "h2", "h3", "h4", "h5",
    "h6", "header", "hr", "html", "legend", "li", "main", "nav", "noframes", "ol", "option", "p",
    "pre", "section", "summary", "table", "tbody", "tfoot", "thead", "tr", "ul",
})
# fmt: on
# fmt: off
_SPACED = frozenset({
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "pre",
})
# fmt: on
_CELLS = frozenset(("td", "th"))
_LEAVES = frozenset(("-text", "img", "br", "hr"))
_SPACE = re.compile(r"[ \t\r\n\f\u00a0]+")


@dataclass(frozen=True)
class Flat:
    """The lines of a document and, for each leaf in document order, the line it stands on."""

    lines: list[Line]
    leaves: list[int]
    torn: frozenset[int]
    """Lines that begin inside a leaf (preformatted text): HTML cannot be cut there."""


def parse_html(html: str) -> LexborNode | None:
    tree = LexborHTMLParser(html)
    return tree.body or tree.root


def flatten(body: LexborNode | None) -> Flat:
    flattening = _Flattening()
    if body is None:
        return Flat([], [], frozenset())
    for node, entering in walk(body):
        if entering:
            flattening.enter(node)
        else:
            flattening.leave(node)
    flattening.break_line()
    return Flat(flattening.lines, flattening.leaves, frozenset(flattening.torn))


def leaves(body: LexborNode) -> list[LexborNode]:
    """The nodes that `Flat.leaves` counts, in the same order."""
    return [node for node, entering in walk(body) if entering and _is_leaf(node)]


def _is_leaf(node: LexborNode) -> bool:
    """An element that holds nothing counts, so that none is left over where its neighbours were cut."""
    return node.tag in _LEAVES or (node.child is None and node.tag != "body")


def walk(body: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node on the way in (True) and every element on the way out (False); unseen ones are skipped."""
    node: LexborNode | None = body
    stack: list[LexborNode] = []
    while node is not None:
        seen = node.tag not in UNSEEN and node.tag != "-comment"
        if seen:
            yield node, True
        child = node.child if seen else None
        if child is not None:
            stack.append(node)
            node = child
            continue
        if seen and node.tag not in _LEAVES:
            yield node, False
        while node.next is None and stack:
            node = stack.pop()
            yield node, False
        node = node.next if stack else None


def _shown(image: Mapping[str, str | None]) -> str:
    """An image in words; a tracking pixel has none."""
    if "0" in (size := {image.get("width"), image.get("height")}) or "1" in size:
        return ""
    return f"[{(image.get('alt') or 'image')[:100]}]"


@dataclass
class _Flattening:
    lines: list[Line] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    torn: set[int] = field(default_factory=set)
    _words: list[str] = field(default_factory=list)
    _held: list[tuple[LexborNode, Container]] = field(default_factory=list)
    _depth: int = 0
    _preformatted: int = 0
    _introducing: str = ""
    _signing: int = 0
    _pending: tuple[Hint, str] = ("", "")
    _space_due: bool = False

    def enter(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "-text":
            self._text(node)
            return
        if tag in _LEAVES:
            self._leaf(node, tag)
            return
        container = container_of(tag, node.attributes)
        if tag in _BLOCKS or container:
            self.break_line()
        if container:
            self._hold(node, container)
        if tag == "pre":
            self._preformatted += 1
        elif tag in _CELLS and self._words:
            self._words.append(" ")
        if _is_leaf(node):
            self.leaves.append(self._here(tag))

    def leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag in _BLOCKS:
            self.break_line()
        if tag == "pre":
            self._preformatted -= 1
        if tag in _SPACED and not self._is_outlook_line(node):
            self._space_due = bool(self.lines)
        if self._held and self._held[-1][0].mem_id == node.mem_id:
            self.break_line()
            container = self._held.pop()[1]
            self._depth -= container.says == "quote"
            self._signing -= container.says == "signature"
            if container.says == "intro" and not any(held.says == "intro" for _, held in self._held):
                self._introducing = ""

    def break_line(self) -> None:
        """End the line being written, if it has anything."""
        written = "".join(self._words)
        text = _SPACE.sub(" ", written).strip()
        # A paragraph that holds just a fixed space is how Outlook writes an empty line.
        if text or "\u00a0" in written:
            self._write(text)
        self._words.clear()

    def _hold(self, node: LexborNode, container: Container) -> None:
        self._held.append((node, container))
        if container.says == "quote":
            self._depth += 1
            self._introducing = ""
        elif container.says == "signature":
            self._signing += 1
        elif container.says == "intro":
            self._introducing = container.name
        else:
            self._pending = (container.says, container.name)

    def _write(self, text: str) -> None:
        if self._space_due and self.lines and self.lines[-1].text:
            self.lines.append(Line("", "", self._depth))
        self._space_due = False
        self.lines.append(self._line(text))

    def _line(self, text: str) -> Line:
        hint, name = self._pending
        self._pending = ("", "")
        if not hint and self._introducing and text:
            hint, name = "intro", self._introducing
        if not hint and self._signing and text and not self._depth:
            hint, name = "signature", "signatures"
        return Line.of("> " * self._depth + text if self._depth else text, self._depth, hint, name)

    def _leaf(self, node: LexborNode, tag: str) -> None:
        if tag == "img":
            self._words.append(_shown(node.attributes))
        elif tag == "hr":
            self.break_line()
            self.lines.append(
                self._line("")._replace(hint="rule") if not self._pending[0] else self._line("")
            )
        elif not _SPACE.sub("", "".join(self._words)):
            self._space_due = False
            self.lines.append(self._line(""))
            self._words.clear()
        self.leaves.append(self._here(tag))
        if tag == "br":
            self.break_line()

    def _text(self, node: LexborNode) -> None:
        content = (node.text_content or "").replace("\x00", "")
        if not self._preformatted or "\n" not in content:
            self._words.append(content)
            self.leaves.append(self._here("-text"))
            return
        *ended, rest = content.replace("\r", "").replace("\u00a0", " ").split("\n")
        first = self._here("-text")
        for text in ended:
            self._write("".join([*self._words, text]))
            self._words.clear()
        # What stands behind the last line end goes on with the elements behind.
        if rest:
            self._words.append(rest)
        self.leaves.append(first)
        self.torn.update(range(first + 1, len(self.lines) + bool(rest.strip())))

    def _here(self, tag: str) -> int:
        """The line a leaf is on: the one being written, or the one an empty `br` or `hr` has just made."""
        if tag in ("br", "hr") and not self._words:
            return max(0, len(self.lines) - 1)
        due = self._space_due and bool(self.lines) and bool(self.lines[-1].text)
        return len(self.lines) + due

    @staticmethod
    def _is_outlook_line(node: LexborNode) -> bool:
        return node.tag == "p" and (node.attributes.get("class") or "").lower().startswith(("mso", "x_mso"))
