"""Unpacks winmail.dat (TNEF), in which Outlook hides attachments from everyone but Outlook.

Written here because the library at hand believes every length and count in the file: four bytes make it
loop for minutes. This one only ever moves forward in the bytes it has."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass

MAX_FILES = 500

_SIGNATURE = 0x223E9F78
_MESSAGE, _ATTACHMENT = 1, 2
_TITLE, _DATA, _BEGINS, _PROPERTIES = 0x8010, 0x800F, 0x9002, 0x9005
_LONG_NAME, _SHORT_NAME, _OBJECT, _CONTENT_ID = 0x3707, 0x3704, 0x3701, 0x3712
_FIXED = {0x02: 4, 0x03: 4, 0x04: 4, 0x05: 8, 0x06: 8, 0x07: 8, 0x0A: 4, 0x0B: 4, 0x14: 8, 0x40: 8, 0x48: 16}
_VARIABLE = (0x0D, 0x1E, 0x1F, 0x102)
_MULTIPLE, _NAMED = 0x1000, 0x8000
_UNICODE = 0x1F


class TnefError(Exception):
    """The container is broken; the file is kept as it is."""


@dataclass
class Packed:
    name: str = ""
    content: bytes = b""
    content_id: str | None = None


def unpack(content: bytes) -> list[Packed]:
    """Each file within; raises when the container is broken or holds none."""
    if len(content) < 6 or struct.unpack_from("<I", content)[0] != _SIGNATURE:  # noqa: PLR2004 - its fixed head
        raise TnefError
    files: list[Packed] = []
    for level, kind, data in _objects(content):
        if level == _MESSAGE:
            continue
        if kind == _BEGINS:
            files.append(Packed())
        elif files:
            _add(files[-1], kind, data)
        if len(files) > MAX_FILES:
            break
    found = [file for file in files if file.content]
    if not found:
        raise TnefError
    return found


def _add(file: Packed, kind: int, data: bytes) -> None:
    if kind == _TITLE:
        file.name = file.name or _text(data, is_wide=False)
    elif kind == _DATA:
        file.content = data
    elif kind == _PROPERTIES:
        for name, value, is_wide in _properties(data):
            if name == _LONG_NAME or (name == _SHORT_NAME and not file.name):
                file.name = _text(value, is_wide=is_wide)
            elif name == _CONTENT_ID:
                file.content_id = _text(value, is_wide=is_wide).strip("<>") or None
            elif name == _OBJECT and not file.content:
                # An embedded message begins with the 16 bytes that name its interface.
                file.content = value[16:]


def _objects(content: bytes) -> Iterator[tuple[int, int, bytes]]:
    position = 6
    while position + 11 <= len(content):
        level, kind, _, length = struct.unpack_from("<BHHI", content, position)
        start = position + 9
        if level not in (_MESSAGE, _ATTACHMENT) or start + length + 2 > len(content):
            raise TnefError
        yield level, kind, content[start : start + length]
        position = start + length + 2


def _properties(data: bytes) -> Iterator[tuple[int, bytes, bool]]:
    """Name, first value and whether it is wide text; ends quietly where the bytes make no sense."""
    position = 4
    while position + 8 <= len(data):
        kind, name = struct.unpack_from("<HH", data, position)
        position = _behind_name(data, position + 4) if name & _NAMED else position + 4
        base = kind & ~_MULTIPLE
        count = 1
        if (kind & _MULTIPLE or base in _VARIABLE) and position + 4 <= len(data):
            count = struct.unpack_from("<I", data, position)[0]
            position += 4
        if base in _FIXED:
            position += _FIXED[base] * count
            continue
        if base not in _VARIABLE or count != 1 or position + 4 > len(data):
            return
        length = struct.unpack_from("<I", data, position)[0]
        position += 4
        yield name, data[position : position + length], base == _UNICODE
        position += length + -length % 4


def _behind_name(data: bytes, position: int) -> int:
    position += 16
    if position + 8 > len(data):
        return len(data)
    kind, number = struct.unpack_from("<II", data, position)
    position += 8
    return position if kind == 0 else position + number + -number % 4


def _text(value: bytes, *, is_wide: bool) -> str:
    return value.decode("utf-16-le" if is_wide else "cp1252", "replace").strip("\x00 ")
