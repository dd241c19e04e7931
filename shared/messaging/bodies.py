"""A message as it travels: JSON, of a bounded size."""

from shared.contracts.base import Message
from shared.contracts.errors import Permanent

MAX_BYTES = 64 * 1024
"""Bytes travel as blob hashes; a larger message carries something that it should only name."""


def body_of(message: Message) -> str:
    """Write a message down.

    Raises:
        Permanent: it is too large.
    """
    body = message.model_dump_json()
    size = len(body.encode())
    if size > MAX_BYTES:
        raise Permanent(
            f"{message.name} has {size} bytes, a message holds at most {MAX_BYTES}: name a blob instead",
            code="too_large",
        )
    return body
