"""Identifiers that look like Exchange's: opaque, URL-safe, case-sensitive."""

import base64
import re
import secrets

from sandbox.errors import malformed_id

_HEAD_BYTES = 22
_FILETIME_BEGINS = 11_644_473_600
"""Seconds from 1601 to 1970."""
_ID = re.compile(r"(AAMk|AAkA|AQMk)[A-Za-z0-9_-]{40,}=*")


def new_default_id() -> str:
    """The id that changes when the message moves."""
    return "AAMk" + _noise(99)


def new_immutable_id() -> str:
    """The id that stays while the message is in its mailbox."""
    return "AAkA" + _noise(63)


def new_folder_id() -> str:
    return "AQMk" + _noise(69)


def new_attachment_id() -> str:
    return "AAMk" + _noise(117)


def new_change_key() -> str:
    return "CQAAABYAAA" + base64.b64encode(secrets.token_bytes(15)).decode()


def new_conversation_index(now: int, parent: str | None = None) -> str:
    """A place in a conversation as MAPI writes it: a head of 22 bytes, and 5 more for each answer."""
    ticks = (now + _FILETIME_BEGINS) * 10_000_000
    try:
        above = base64.b64decode(parent or "", validate=True)
    except ValueError:
        above = b""
    if len(above) < _HEAD_BYTES:
        whole = b"\x01" + (ticks >> 16 & 0xFF_FFFF_FFFF).to_bytes(5, "big") + secrets.token_bytes(16)
    else:
        whole = above + (ticks >> 18 & 0x7FFF_FFFF).to_bytes(4, "big") + secrets.token_bytes(1)
    return base64.b64encode(whole).decode()


def new_internet_message_id() -> str:
    """A Message-ID as Exchange makes it for mail that has none."""
    host = secrets.token_hex(4).upper()
    return f"<{secrets.token_hex(16).upper()}@{host}.sandbox.prod.outlook.example>"


def well_formed(identifier: str) -> str:
    """The identifier itself, or a refusal when it cannot be one."""
    if not _ID.fullmatch(identifier):
        raise malformed_id()
    return identifier


def _noise(length: int) -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(length)).decode() + "="
