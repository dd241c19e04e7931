"""HTML to lines: the same lines a reader sees, each knowing how deep it is quoted and what holds it."""

import re
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from services.parser.containers import Container
from services.parser.lines import Hint, Line
from services.parser.markup import VOID, Tag, read_tag, text_in
from services.parser.sanitising import TAGS, UNSEEN
from services.parser.vocabulary import MAX_JOINED

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
_LEAVES = frozenset(("img", "br", "hr"))
_SPACE = " \t\r\n\f\u00a0"
_SPACES = re.compile(f"[{_SPACE}]+")
_UNEVEN = re.compile(r"[\t\r\n\f\u00a0]| {2}")

_EMPTY = Line("", "")
OPENS, CLOSES, NOWHERE = -1, -2, -3
"""Places of pieces that stand on no line: a tag around others, and what is not shown."""


@dataclass(frozen=True)
class Flat:
    """The lines of a document and, for each piece of it, the line it stands on."""

    lines: list[Line]
    places: Sequence[int]
    torn: frozenset[int]
    """Lines that begin inside a piece (preformatted text): HTML cannot be cut there."""


def flatten(pieces: Sequence[str]) -> Flat:
    flattening = _Flattening()
    # As an array: as objects they take more than the pieces.
    places = array("i")
    texts, tags = pieces[::2], pieces[1::2]
    # There is one text more than tags.
    for text, written, text_behind, behind in zip(texts, tags, texts[1:], [*tags[1:], ""], strict=False):
        places.append(flattening.text(text) if text else NOWHERE)
        # Every element is closed: the next tag is its own when it closes one.
        holds_nothing = not text_behind and behind.startswith("</")
        places.append(flattening.tag(read_tag(written), holds_nothing=holds_nothing))
    places.append(flattening.text(texts[-1]) if texts[-1] else NOWHERE)
    flattening.break_line()
    return Flat(flattening.lines, places, frozenset(flattening.torn))


def _shown(image: Mapping[str, str]) -> str:
    """An image in words; a tracking pixel has none."""
    if "0" in (size := {image.get("width"), image.get("height")}) or "1" in size:
        return ""
    return f"[{(image.get('alt') or 'image')[:100]}]"


@dataclass
class _Flattening:
    lines: list[Line] = field(default_factory=list)
    torn: set[int] = field(default_factory=set)
    _words: list[str] = field(default_factory=list)
    _open: list[Tag] = field(default_factory=list)
    _held: list[Container] = field(default_factory=list)
    _unseen: int = 0
    """Elements open from the outermost that is not shown."""
    _empty: int = CLOSES
    """Place of the element just opened, if it holds nothing."""
    _depth: int = 0
    _preformatted: int = 0
    _introducing: str = ""
    _signing: int = 0
    _pending: tuple[Hint, str] = ("", "")
    _space_due: bool = False

    def tag(self, tag: Tag, *, holds_nothing: bool) -> int:
        """The place of a tag."""
        if not tag.name:
            return NOWHERE
        if self._unseen or tag.name in UNSEEN:
            if tag.name not in VOID:
                self._unseen += -1 if tag.closes else 1
            return NOWHERE
        if tag.name in _LEAVES:
            place = self._leaf(tag)
        elif tag.closes:
            place, self._empty = self._empty, CLOSES
            self._leave()
        else:
            self._enter(tag)
            place = self._here() if holds_nothing or tag.name in VOID else OPENS
            self._empty = place if holds_nothing and tag.name not in VOID else CLOSES
        return place if tag.name in TAGS else NOWHERE

    def text(self, piece: str) -> int:
        """The place of a text."""
        if self._unseen:
            return NOWHERE
        content = text_in(piece)
        if not self._preformatted or "\n" not in content:
            self._words.append(content)
            return self._here()
        *ended, rest = content.replace("\r", "").replace("\u00a0", " ").split("\n")
        first = self._here()
        for text in ended:
            self._write("".join([*self._words, text]))
            self._words.clear()
        # What stands behind the last line end goes on with the elements behind.
        if rest:
            self._words.append(rest)
        self.torn.update(range(first + 1, len(self.lines) + bool(rest.strip())))
        return first

    def _enter(self, tag: Tag) -> None:
        if tag.name in _BLOCKS or tag.container:
            self.break_line()
        if tag.container:
            self._hold(tag.container)
        if tag.name == "pre":
            self._preformatted += 1
        elif tag.name in _CELLS and self._words:
            self._words.append(" ")
        if tag.name not in VOID:
            self._open.append(tag)

    def _leave(self) -> None:
        """Leave the element opened last."""
        if not self._open:
            return
        tag = self._open.pop()
        if tag.name in _BLOCKS:
            self.break_line()
        if tag.name == "pre":
            self._preformatted -= 1
        if tag.name in _SPACED and not _is_outlook_line(tag):
            self._space_due = bool(self.lines)
        if tag.container:
            self.break_line()
            self._held.pop()
            self._depth -= tag.container.says == "quote"
            self._signing -= tag.container.says == "signature"
            if tag.container.says == "intro" and "intro" not in (held.says for held in self._held):
                self._introducing = ""

    def break_line(self) -> None:
        """End the line being written, if it has anything."""
        if not self._words:
            return
        written = "".join(self._words)
        self._words.clear()
        text = (_SPACES.sub(" ", written) if _UNEVEN.search(written) else written).strip()
        # A paragraph that holds just a fixed space is how Outlook writes an empty line.
        if text or "\u00a0" in written:
            self._write(text)

    def _hold(self, container: Container) -> None:
        self._held.append(container)
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
            self.lines.append(Line("", "", self._depth) if self._depth else _EMPTY)
        self._space_due = False
        self.lines.append(self._line(text))

    def _line(self, text: str) -> Line:
        hint, name = self._pending
        self._pending = ("", "")
        if not hint and self._introducing and text:
            hint, name = "intro", self._introducing
        if not hint and self._signing and text and not self._depth:
            hint, name = "signature", "signatures"
        depth = self._depth
        shown = "> " * depth + text if depth else text
        if ">" in text[:4]:
            return Line.of(shown, depth, hint, name)
        return Line(shown, text[:MAX_JOINED].strip(), depth, hint, name)

    def _leaf(self, tag: Tag) -> int:
        if tag.name == "img":
            self._words.append(_shown(tag.attributes))
            return self._here()
        if tag.name == "hr":
            self.break_line()
            line = self._line("")
            self.lines.append(line if line.hint else line._replace(hint="rule"))
        elif not "".join(self._words).strip(_SPACE):
            self._space_due = False
            self.lines.append(self._line(""))
            self._words.clear()
        # It stands on the line being written, or on the one that it has just made.
        place = self._here() if self._words else max(0, len(self.lines) - 1)
        if tag.name == "br":
            self.break_line()
        return place

    def _here(self) -> int:
        """The line being written."""
        due = self._space_due and bool(self.lines) and bool(self.lines[-1].text)
        return len(self.lines) + due


def _is_outlook_line(tag: Tag) -> bool:
    return tag.name == "p" and tag.attributes.get("class", "").lower().startswith(("mso", "x_mso"))
