"""Our Message-IDs, signed: the mailer makes them, ticketing knows its ticket again by them.

`pr1.<key id>.<ticket>.<mail>.<signature>@<domain>`, in base32 of small letters, so that what changes
the case of an address does no harm. The signature says who made it; the domain is not part of it.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PART = "([a-z2-7]{26})"
_TOKEN = re.compile(rf"(?<![a-z0-9])pr1\.([a-z0-9]{{1,16}})\.{_PART}\.{_PART}\.{_PART}(?![a-z0-9])")
_SIGNATURE_BYTES = 16
_SHORTEST_KEY_BYTES = 16


@dataclass(frozen=True)
class TicketRef:
    """What a token says."""

    ticket: UUID
    mail: UUID
    key_id: str


def message_id(mail: UUID, ticket: UUID, domain: str, key_id: str, key: bytes) -> str:
    """The Message-ID of an outgoing mail, without angle brackets. The same each time.

    Raises:
        ValueError: the key is short, or its id or the domain cannot stand in a Message-ID.
    """
    host = domain.lower().encode("idna").decode()
    if not _KEY_ID.fullmatch(key_id) or not _DOMAIN.fullmatch(host):
        raise ValueError("a key id is 1 to 16 small letters or digits, a domain is a DNS name")
    if len(key) < _SHORTEST_KEY_BYTES:
        raise ValueError(f"a key of thread tokens has at least {_SHORTEST_KEY_BYTES} bytes")
    return f"{_token(TicketRef(ticket, mail, key_id), key)}@{host}"


def read_token(text: str, keys: Mapping[str, bytes]) -> TicketRef | None:
    """The first token in `text` that one of our keys has signed; what stands around it does not matter."""
    for found in _TOKEN.finditer(text.lower()):
        key = keys.get(found[1])
        if key is None:
            continue
        named = TicketRef(_uuid(found[2]), _uuid(found[3]), found[1])
        if hmac.compare_digest(_token(named, key), found[0]):
            return named
    return None


def _token(named: TicketRef, key: bytes) -> str:
    signed = f"pr1.{named.key_id}.{_text(named.ticket.bytes)}.{_text(named.mail.bytes)}"
    signature = hmac.digest(key, signed.encode(), hashlib.sha256)[:_SIGNATURE_BYTES]
    return f"{signed}.{_text(signature)}"


def _text(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()


def _uuid(text: str) -> UUID:
    return UUID(bytes=base64.b32decode(text.upper() + "======"))
