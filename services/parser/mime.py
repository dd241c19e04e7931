"""The MIME tree of a mail as offsets into its bytes.

The standard library's parser needs time that grows with the square of the nesting and gives an attached
mail back re-encoded; this one is linear for each level it descends and keeps every byte where it was."""

import binascii
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property

from services.parser.headers import Headers, read_headers
from services.parser.parameters import Structured, media_type, structured
from shared.contracts.documents import Note

MAX_DEPTH = 32
MAX_PARTS = 1_000
"""Parts that are told apart; what follows stays together in the last one."""

_BASE64_NOISE = bytes(
    set(range(256)) - set(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")
)
_TOKEN = re.compile(r"[^\s;()\"']+")
_DELIMITER = re.compile(rb"(?m)^--([^\s-][^\r\n]{0,69}?)[ \t]*\r?\n(?:content-|\r?\n)", re.IGNORECASE)
_BASE64_LINE = re.compile(rb"[A-Za-z0-9+/]*={0,2}")
_LINE = re.compile(rb"[^\n]*\n?")


@dataclass(frozen=True)
class Part:
    """One entity: `data[start:end]` with its headers, its body from `body` on."""

    data: bytes = field(repr=False)
    start: int
    body: int
    end: int
    headers: Headers = field(repr=False)
    default_type: str = "text/plain"
    children: tuple["Part", ...] = ()

    @cached_property
    def content_type(self) -> Structured:
        return structured(self.headers.first("content-type"))

    @cached_property
    def disposition(self) -> Structured:
        return structured(self.headers.first("content-disposition"))

    @cached_property
    def media_type(self) -> str:
        return media_type(self.content_type.value, self.default_type)

    @property
    def place(self) -> tuple[int, int, int]:
        """Where it stands, in which bytes: no two parts of a mail have the same."""
        return id(self.data), self.start, self.body

    @property
    def entity(self) -> bytes:
        """The part's own bytes, headers and all."""
        return self.data[self.start : self.end]

    @cached_property
    def content(self) -> bytes:
        """The body with its transfer encoding undone."""
        raw = self.data[self.body : self.end]
        written = self.headers.first("content-transfer-encoding").lower()
        encoding = next(iter(_TOKEN.findall(written)), "")
        if encoding == "base64":
            return _from_base64(raw) if _begins_as_base64(raw) else raw
        if encoding == "quoted-printable":
            return binascii.a2b_qp(raw)
        if encoding in ("x-uuencode", "uuencode", "x-uue"):
            return _from_uuencode(raw)
        return raw

    def walk(self) -> Iterator["Part"]:
        """This part and all below it, in the order of the mail."""
        yield self
        for child in self.children:
            yield from child.walk()

    def leaves(self) -> Iterator["Part"]:
        return (part for part in self.walk() if not part.children)


@dataclass
class Splitting:
    """What is counted while one mail is split."""

    parts: int = 0
    notes: dict[str, Note] = field(default_factory=dict)

    def note(self, code: str, detail: str = "") -> None:
        self.notes.setdefault(code, Note(code=code, detail=detail))


def split(data: bytes) -> tuple[Part, tuple[Note, ...]]:
    """The tree of a mail, and what was wrong with it."""
    if b"\n" not in data and b"\r" in data:
        data = data.replace(b"\r", b"\n")
    splitting = Splitting()
    root = _entity(data, range(len(data)), splitting)
    if not root.headers.fields:
        splitting.note("no_headers")
    charset = next((leaf.content_type.get("charset") for leaf in root.leaves()), "") or None
    root = replace(root, headers=replace(root.headers, eight_bit=charset))
    return root, tuple(splitting.notes.values())


def attached_mail(part: Part) -> tuple[Part, tuple[Note, ...]]:
    """The mail inside a `message/rfc822` part."""
    return split(part.content)


def _entity(
    data: bytes, extent: range, splitting: Splitting, *, depth: int = 0, default: str = "text/plain"
) -> Part:
    splitting.parts += 1
    end = extent.stop
    headers, body = read_headers(data, extent.start, end)
    part = Part(data, extent.start, body, end, headers, default)
    if not part.media_type.startswith("multipart/"):
        return part
    if depth >= MAX_DEPTH:
        splitting.note("nested_too_deep")
        return replace(part, default_type="application/octet-stream")
    boundary = part.content_type.get("boundary").encode("utf-8", "replace").rstrip()
    sections, closed = _sections(data, body, end, boundary, splitting) if boundary else ([], 0)
    if not sections and (boundary := _guessed_boundary(data, body, end)):
        splitting.note("boundary_guessed")
        sections, closed = _sections(data, body, end, boundary, splitting)
    if not sections:
        splitting.note("no_parts", "a multipart without its boundary is read as text")
        plain = Headers(tuple(f for f in headers.fields if f[0] != "content-type"))
        return replace(part, headers=plain)
    inner = "message/rfc822" if part.media_type == "multipart/digest" else "text/plain"
    children = [_entity(data, range(a, b), splitting, depth=depth + 1, default=inner) for a, b in sections]
    return replace(part, children=_nested(children, closed, boundary))


def _nested(children: list[Part], closed: int, boundary: bytes) -> tuple[Part, ...]:
    """Put right what a program nested under one boundary: what follows an empty multipart of the same
    boundary, up to where that is closed, is its content."""
    first, rest = children[0], children[1:closed]
    headers, _ = read_headers(first.data, first.start, first.end)
    declared = structured(headers.first("content-type"))
    same = declared.get("boundary").encode("utf-8", "replace").rstrip() == boundary
    if not rest or not same or first.children or not declared.value.startswith("multipart/"):
        return tuple(children)
    return replace(first, headers=headers, children=tuple(rest)), *children[closed:]


def _guessed_boundary(data: bytes, body: int, end: int) -> bytes:
    """Of a multipart that names none, or another: the first line that looks like one, if it is closed too."""
    match = _DELIMITER.search(data, body, min(end, body + 4_000))
    boundary = match.group(1) if match else b""
    return boundary if boundary and data.find(b"\n--" + boundary + b"--", body, end) >= 0 else b""


def _sections(
    data: bytes, body: int, end: int, boundary: bytes, splitting: Splitting
) -> tuple[list[tuple[int, int]], int]:
    """Where the parts between the delimiter lines begin and end, and how many there are before the first
    line that closes; parts behind it are those of a multipart around one of the same boundary."""
    sections: list[tuple[int, int]] = []
    opened, closed = -1, 0
    for at, after, closes in _delimiters(data, body, end, b"--" + boundary):
        if opened >= 0:
            sections.append((opened, max(opened, _before_line_break(data, at))))
            splitting.parts += 1
        if closes:
            opened, closed = -1, closed or len(sections)
            continue
        if splitting.parts >= MAX_PARTS:
            splitting.note("too_many_parts")
            return [*sections, (after, end)], closed
        opened = after
    if opened >= 0:
        splitting.note("truncated", "the last part has no end")
        sections.append((opened, end))
    return sections, closed


def _delimiters(data: bytes, body: int, end: int, mark: bytes) -> Iterator[tuple[int, int, bool]]:
    """Each delimiter line: where it begins, where the next line begins, whether it closes."""
    position = body
    while (at := data.find(mark, position, end)) >= 0:
        position = at + len(mark)
        if at > body and data[at - 1] != ord("\n"):
            continue
        line_end = data.find(b"\n", position, min(end, position + 1_000))
        after = line_end + 1 if line_end >= 0 else end
        rest = data[position : line_end if line_end >= 0 else min(end, position + 1_000)].strip()
        if rest in (b"", b"--"):
            position = after
            yield at, after, rest == b"--"


def _before_line_break(data: bytes, at: int) -> int:
    at -= 1
    return at - 1 if data[at - 1 : at] == b"\r" else at


def _begins_as_base64(raw: bytes) -> bool:
    """Some programs call base64 what they never encoded; a first line with blanks or commas tells."""
    first = raw[:2_000].strip().partition(b"\n")[0].strip()
    return bool(_BASE64_LINE.fullmatch(first))


def _from_base64(raw: bytes) -> bytes:
    letters = raw.translate(None, _BASE64_NOISE)
    if b"=" in letters.rstrip(b"="):
        # Encoded piecewise: the padding in the middle ends a piece.
        pieces = re.findall(rb"[^=]+", letters)
        return b"".join(_unpadded(piece) for piece in pieces)
    return _unpadded(letters.rstrip(b"="))


def _unpadded(letters: bytes) -> bytes:
    return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"===")


def _from_uuencode(raw: bytes) -> bytes:
    out: list[bytes] = []
    for match in _LINE.finditer(raw):
        line = match.group().rstrip(b"\r\n")
        if line and not line.startswith((b"begin ", b"end")):
            out.append(_from_uu_line(line))
    return b"".join(out)


def _from_uu_line(line: bytes) -> bytes:
    """A line without what some programs write behind it; as it is when it is none."""
    for whole in (line, line[: (((line[0] - 32) & 63) * 4 + 5) // 3]):
        with suppress(binascii.Error):
            return binascii.a2b_uu(whole)
    return line + b"\n"
