"""The content of an S/MIME envelope (CMS, RFC 5652), by a reader that only ever moves forward.

Nothing is checked here: a signature would have to be traced to somebody, and nobody is trusted by the
parser. Lengths are believed only as far as there are bytes, and nesting only to a fixed depth."""

from collections.abc import Iterator
from typing import Literal

MAX_DEPTH = 16
"""Pieces of one content inside each other."""

Kind = Literal["signed", "encrypted", "other"]

_SIGNED = bytes.fromhex("2a864886f70d010702")
_ENCRYPTED = (
    bytes.fromhex("2a864886f70d010703"),
    # RFC 5083, encrypted and authenticated
    bytes.fromhex("2a864886f70d0109100117"),
)
_SEQUENCE, _SET, _INTEGER, _OID, _OCTETS, _PIECES, _CONTENT = 0x30, 0x31, 0x02, 0x06, 0x04, 0x24, 0xA0
_END = b"\x00\x00"


class Pkcs7Error(Exception):
    """The envelope is broken, or holds something else."""


def kind_of(data: bytes) -> Kind:
    """What an envelope says of itself in its first bytes."""
    try:
        oid, _ = _oid(data, _into(data, 0, _SEQUENCE))
    except Pkcs7Error:
        return "other"
    return "signed" if oid == _SIGNED else "encrypted" if oid in _ENCRYPTED else "other"


def signed_content(data: bytes) -> tuple[bytes, bool]:
    """What was signed, and whether it is whole: of a mail that was cut off it is what came. Raises when it
    is not inside, or cannot be found."""
    oid, at = _oid(data, _into(data, 0, _SEQUENCE))
    if oid != _SIGNED:
        raise Pkcs7Error
    at = _into(data, _into(data, at, _CONTENT), _SEQUENCE)
    at = _behind(data, at, _INTEGER)
    at = _behind(data, at, _SET)
    _, at = _oid(data, _into(data, at, _SEQUENCE))
    pieces = list(_octets(data, _into(data, at, _CONTENT)))
    return b"".join(pieces[:-1]), not pieces[-1]


def _head(data: bytes, at: int) -> tuple[int, int, int | None]:
    """Tag, where the value begins, and its length; None when only its end tells."""
    if at + 2 > len(data):
        raise Pkcs7Error
    tag, first = data[at], data[at + 1]
    if tag & 0x1F == 0x1F:  # noqa: PLR2004 - a long tag, of which CMS has none
        raise Pkcs7Error
    if first == 0x80:  # noqa: PLR2004 - X.690, 8.1.3.6
        return tag, at + 2, None
    if first < 0x80:  # noqa: PLR2004 - X.690, 8.1.3.4
        length, start = first, at + 2
    else:
        start = at + 2 + (first & 0x7F)
        length = int.from_bytes(data[at + 2 : start]) if first & 0x7F <= 8 else len(data)  # noqa: PLR2004
    return tag, start, length


def _into(data: bytes, at: int, wanted: int) -> int:
    tag, start, _ = _head(data, at)
    if tag != wanted:
        raise Pkcs7Error
    return start


def _oid(data: bytes, at: int) -> tuple[bytes, int]:
    tag, start, length = _head(data, at)
    if tag != _OID or length is None or start + length > len(data):
        raise Pkcs7Error
    return data[start : start + length], start + length


def _behind(data: bytes, at: int, wanted: int) -> int:
    """Where the next value begins; one without a length is walked through."""
    _into(data, at, wanted)
    open_ends = 0
    while True:
        if open_ends and data[at : at + 2] == _END:
            open_ends, at = open_ends - 1, at + 2
        else:
            _, start, length = _head(data, at)
            open_ends, at = (open_ends + 1, start) if length is None else (open_ends, start + length)
        if not open_ends:
            return at


def _octets(data: bytes, at: int) -> Iterator[bytes]:
    """The pieces of a text of bytes, which a program that streams cuts as it likes; last an empty one, or
    `-` when the bytes end before it."""
    ends: list[int | None] = []
    while True:
        if at >= len(data):
            yield b"-"
            return
        tag, start, length = _head(data, at)
        if tag == _OCTETS and length is not None:
            yield data[start : start + length]
            at = start + length
        elif tag == _PIECES and len(ends) < MAX_DEPTH:
            ends.append(None if length is None else start + length)
            at = start
        else:
            raise Pkcs7Error
        while ends:
            if ends[-1] is None and data[at : at + 2] == _END:
                at += 2
            elif ends[-1] is None or at < ends[-1]:
                break
            ends.pop()
        if not ends:
            yield b"-" if at > len(data) else b""
            return
