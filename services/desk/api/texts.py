"""No text that nothing can keep gets further than the door, wherever in a request it stands."""

import json
from collections.abc import Iterator

from fastapi import Request
from pydantic import JsonValue

from services.desk.errors import NoText

HAS_IT = "It has the character with the number 0."
ESCAPED = b"\\u0000"
"""The only way in which JSON has the character 0."""


async def require_texts(request: Request) -> None:
    """Raises NoText, which names the fields."""
    asked = {name: text for name, text in request.query_params.multi_items() if "\0" in text}
    if asked or "\0" in request.scope["path"]:
        raise NoText(dict.fromkeys(asked, HAS_IT))
    # files of a form are read as they stream in
    if request.headers.get("content-type", "").startswith("multipart/"):
        return
    if ESCAPED in (body := await request.body()):
        _require_texts_in(body)


def _require_texts_in(body: bytes) -> None:
    try:
        read: JsonValue = json.loads(body)
    except (ValueError, RecursionError):
        return  # whoever reads it says so
    if wrong := dict.fromkeys(_wrong(read), HAS_IT):
        raise NoText(wrong)


def _wrong(read: JsonValue) -> Iterator[str]:
    """Name the texts that have the character, as other problems name fields."""
    left: list[tuple[str, JsonValue]] = [("", read)]
    while left:
        where, value = left.pop()
        match value:
            case str() if "\0" in value:
                yield where
            case list():
                left += [(_below(where, str(place)), one) for place, one in enumerate(value)]
            case dict():
                yield from (_below(where, name.replace("\0", "")) for name in value if "\0" in name)
                left += [(_below(where, name), one) for name, one in value.items()]


def _below(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
