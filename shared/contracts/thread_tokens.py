"""Our Message-IDs and reply addresses, signed: the mailer makes them, ticketing knows its ticket by them.

`pr1.<key id>.<ticket>.<mail>.<signature>@<domain>`, in base32 of small letters, so that what changes
the case of an address does no harm. The signature says who made it; the domain is not part of it.
A notice to an employee begins with `pn1.` and names the ticket that an answer belongs to, or none.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

_KEY_ID = re.compile(r"[a-z0-9]{1,16}")
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?")
_PART = "([a-z2-7]{26})"
_TOKEN = re.compile(rf"(?<![a-z0-9])(pr1|pn1)\.([a-z0-9]{{1,16}})\.{_PART}\.{_PART}\.{_PART}(?![a-z0-9])")
_SIGNATURE_BYTES = 16
_SHORTEST_KEY_BYTES = 16
_LONGEST_LOCAL = 64
NOWHERE = UUID(int=0)
"""Stands in a notice where no ticket is named."""
_TAGGED = re.compile(
    r"(?P<local>[^@\s+]+)\+(?P<number>[0-9]{1,9})\.(?P<key>[a-z0-9]{1,16})\.(?P<signature>[a-z2-7]{26})@(?P<domain>[^@\s]+)"
)


@dataclass(frozen=True)
class TicketRef:
    """What a token says."""

    ticket: UUID
    mail: UUID
    key_id: str
    kind: Literal["pr1", "pn1"] = "pr1"

    @property
    def is_notice(self) -> bool:
        return self.kind == "pn1"


def message_id(mail: UUID, ticket: UUID, domain: str, key_id: str, key: bytes) -> str:
    """The Message-ID of an outgoing mail, without angle brackets. The same each time.

    Raises:
        ValueError: the key is short, or its id or the domain cannot stand in a Message-ID.
    """
    return _signed_id(TicketRef(ticket, mail, key_id), domain, key)


def notice_id(mail: UUID, ticket: UUID | None, domain: str, key_id: str, key: bytes) -> str:
    """The Message-ID of a notice to an employee. `ticket`: what an answer to it belongs to.

    Raises:
        ValueError: as above.
    """
    return _signed_id(TicketRef(ticket or NOWHERE, mail, key_id, "pn1"), domain, key)


def _signed_id(named: TicketRef, domain: str, key: bytes) -> str:
    host = domain.lower().encode("idna").decode()
    if not _KEY_ID.fullmatch(named.key_id) or not _DOMAIN.fullmatch(host):
        raise ValueError("a key id is 1 to 16 small letters or digits, a domain is a DNS name")
    if len(key) < _SHORTEST_KEY_BYTES:
        raise ValueError(f"a key of thread tokens has at least {_SHORTEST_KEY_BYTES} bytes")
    return f"{_token(named, key)}@{host}"


def read_token(text: str, keys: Mapping[str, bytes]) -> TicketRef | None:
    """The first token in `text` that one of our keys has signed; what stands around it does not matter."""
    for found in _TOKEN.finditer(text.lower()):
        key = keys.get(found[2])
        if key is None:
            continue
        kind: Literal["pr1", "pn1"] = "pn1" if found[1] == "pn1" else "pr1"
        named = TicketRef(_uuid(found[3]), _uuid(found[4]), found[2], kind)
        if hmac.compare_digest(_token(named, key), found[0]):
            return named
    return None


def reply_address(mailbox: str, tenant: str, number: int, key_id: str, key: bytes) -> str | None:
    """An address of the mailbox that leads to a ticket: `support+4711.<key id>.<signature>@helpdesk.example`.
    None when it would be longer than a local part may be (RFC 5321, 4.5.3.1.1)."""
    local, _, domain = mailbox.rpartition("@")
    signed = f"{local}+{number}.{key_id}.{_text(_seal(key, f'reply {tenant} {number}'))}"
    return f"{signed}@{domain}" if len(signed) <= _LONGEST_LOCAL else None


def read_reply_address(address: str, tenant: str, keys: Mapping[str, bytes]) -> int | None:
    """The number of the ticket that an address leads to, if one of our keys has signed it for the tenant."""
    found = _TAGGED.fullmatch(address.lower())
    key = keys.get(found["key"]) if found else None
    if found is None or key is None:
        return None
    number = int(found["number"])
    signature = _text(_seal(key, f"reply {tenant} {number}"))
    return number if hmac.compare_digest(signature, found["signature"]) else None


def plain_address(address: str) -> str:
    """The mailbox's own address, of one that leads to a ticket; any other as it is."""
    found = _TAGGED.fullmatch(address)
    return f"{found['local']}@{found['domain']}" if found else address


def _seal(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), hashlib.sha256)[:_SIGNATURE_BYTES]


def _token(named: TicketRef, key: bytes) -> str:
    signed = f"{named.kind}.{named.key_id}.{_text(named.ticket.bytes)}.{_text(named.mail.bytes)}"
    return f"{signed}.{_text(_seal(key, signed))}"


def _text(content: bytes) -> str:
    return base64.b32encode(content).decode().rstrip("=").lower()


def _uuid(text: str) -> UUID:
    return UUID(bytes=base64.b32decode(text.upper() + "======"))
