"""The header block of a mail or part: found, unfolded and turned into text; nothing in it can raise."""

import binascii
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from services.parser.charsets import best_guess, codec_for

MAX_FIELDS = 10_000
"""Header lines looked at; the rest of a header block is skipped."""
MAX_VALUE = 256 * 1024
"""Bytes of one header value looked at."""

_FIELD = re.compile(rb"([!-9;-~]{1,200})[ \t]*:")
_FOLD = re.compile(r"\r?\n[ \t]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Headers:
    """Header values in order; names are lower-case, values are unfolded but not yet decoded."""

    fields: tuple[tuple[str, bytes], ...] = ()
    eight_bit: str | None = field(default=None, compare=False)
    """Charset to read raw 8-bit values with, when they are not UTF-8."""

    @cached_property
    def _index(self) -> dict[str, list[bytes]]:
        index: dict[str, list[bytes]] = {}
        for name, value in self.fields:
            index.setdefault(name, []).append(value)
        return index

    def __contains__(self, name: str) -> bool:
        return name.lower() in self._index

    def all(self, name: str) -> list[str]:
        return [self._text(value) for value in self._index.get(name.lower(), [])]

    def first(self, name: str) -> str:
        """The first value of this name, or an empty text."""
        values = self._index.get(name.lower())
        return self._text(values[0]) if values else ""

    def _text(self, value: bytes) -> str:
        text = best_guess(value[:MAX_VALUE], self.eight_bit)
        return _CONTROL.sub(" ", _FOLD.sub(" ", text)).strip()


def read_headers(data: bytes, start: int, end: int) -> tuple[Headers, int]:
    """The headers that begin at `start`, and where the body begins."""
    fields: list[tuple[str, bytes]] = []
    position, opened, body = start, -1, end
    name = ""
    while position < end:
        stop = _line_end(data, position, end)
        if not data[position:stop].rstrip(b"\r\n"):
            body = stop
            break
        if data[position] not in b" \t":
            if opened >= 0:
                fields.append((name, data[opened : min(position, opened + MAX_VALUE)]))
            match = _FIELD.match(data, position, stop)
            opened = match.end() if match else -1
            name = match.group(1).decode("ascii").lower() if match else ""
            if match is None and not _is_noise(data, position, stop, end, start):
                body = position
                break
        elif not fields and opened < 0:
            body = position
            break
        if len(fields) >= MAX_FIELDS:
            return Headers(tuple(fields)), _after_blank_line(data, position, end)
        position = stop
    if opened >= 0:
        fields.append((name, data[opened : min(position, opened + MAX_VALUE)]))
    return Headers(tuple(fields)), body


def _line_end(data: bytes, position: int, end: int) -> int:
    found = data.find(b"\n", position, end)
    return end if found < 0 else found + 1


def _is_noise(data: bytes, position: int, stop: int, end: int, start: int) -> bool:
    """A line that is no header yet stands among headers: an mbox `From ` line, or one stray line."""
    if position == start and data.startswith(b"From ", position):
        return True
    return position > start and bool(_FIELD.match(data, stop, _line_end(data, stop, end)))


def _after_blank_line(data: bytes, position: int, end: int) -> int:
    found = [at + 2 for at in (data.find(b"\n\n", position, end),) if at >= 0]
    found += [at + 4 for at in (data.find(b"\r\n\r\n", position, end),) if at >= 0]
    return min(found, default=end)


def decode_words(text: str) -> str:
    """RFC 2047 words in `text` decoded; neighbours in one charset are joined before decoding, since
    many clients split a character between two words."""
    if "=?" not in text:
        return text
    out: list[str] = []
    pending, pending_charset = b"", ""
    for gap, charset, content in _words(text):
        if pending_charset and (gap.strip() or charset != pending_charset):
            out.append(_decoded(pending, pending_charset))
            pending = b""
        # White space between two encoded words only separates them.
        if gap.strip() or not (pending_charset and charset):
            out.append(gap)
        pending, pending_charset = pending + content, charset
    return "".join(out)


def _words(text: str) -> Iterator[tuple[str, str, bytes]]:
    """The text before each encoded word, its charset and bytes; last the text behind them all."""
    position = copied = 0
    while (at := text.find("=?", position)) >= 0:
        charset_end = text.find("?", at + 2, at + 60)
        encoding = text[charset_end + 1 : charset_end + 2].lower()
        if charset_end < 0 or encoding not in ("q", "b") or text[charset_end + 2 : charset_end + 3] != "?":
            position = at + 2
            continue
        close = text.find("?=", charset_end + 3)
        if close < 0:
            break
        payload = text[charset_end + 3 : close]
        charset = text[at + 2 : charset_end].partition("*")[0].lower() or "utf-8"
        yield text[copied:at], charset, _payload(payload, encoding)
        position = copied = close + 2
    yield text[copied:], "", b""


def _payload(payload: str, encoding: str) -> bytes:
    raw = payload.encode("utf-8", "replace")
    if encoding == "q":
        return binascii.a2b_qp(raw.replace(b" ", b"_"), header=True)
    letters = re.sub(rb"[^A-Za-z0-9+/]", b"", raw)
    return binascii.a2b_base64(letters[: len(letters) - (len(letters) % 4 == 1)] + b"===")


def _decoded(content: bytes, charset: str) -> str:
    codec = codec_for(charset)
    if codec is None:
        return best_guess(content, None)
    text = content.decode(codec, "replace")
    return _CONTROL.sub(" ", text)
