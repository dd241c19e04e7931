"""Who a mail goes to, and the mail as they get it: without a word of those in Bcc. Pure."""

import re
from dataclasses import dataclass
from email.headerregistry import AddressHeader
from email.parser import HeaderParser
from email.policy import SMTP

from shared.contracts.errors import Permanent

_BLIND = re.compile(rb"^bcc[ \t]*:.*\r?\n(?:[ \t].*\r?\n)*", re.IGNORECASE | re.MULTILINE)
_HEADER_ENDS = re.compile(rb"\r?\n\r?\n")


@dataclass(frozen=True)
class Envelope:
    recipients: tuple[str, ...]
    """Each once."""
    mime: bytes
    """As it leaves."""

    @property
    def international(self) -> bool:
        """Whether the header or an address is more than ASCII, which a server must know how to take."""
        return not (_header(self.mime).isascii() and all(one.isascii() for one in self.recipients))


def envelope_of(mime: bytes) -> Envelope:
    """Read the recipients from the header.

    Raises:
        Permanent: nobody is addressed, or an address is no text.
    """
    header = _header(mime)
    fields = HeaderParser(policy=SMTP).parsestr(header.decode("utf-8", "surrogateescape"))
    people = [
        one.addr_spec
        for name in ("To", "Cc", "Bcc")
        for field in fields.get_all(name, [])
        if isinstance(field, AddressHeader)
        for one in field.addresses
    ]
    recipients = tuple(dict.fromkeys(one for one in people if "@" in one))
    if not recipients:
        raise Permanent("the mail has no recipient", code="no_recipient")
    if not all(one.isprintable() for one in recipients):
        raise Permanent("an address of the mail is no text", code="bad_address")
    return Envelope(recipients, _BLIND.sub(b"", header) + mime[len(header) :])


def _header(mime: bytes) -> bytes:
    """Up to and with its last line's end."""
    end = _HEADER_ENDS.search(mime)
    return mime[: end.start() + len(_line_end(mime, end.start()))] if end else mime


def _line_end(mime: bytes, at: int) -> bytes:
    return b"\r\n" if mime[at : at + 1] == b"\r" else b"\n"
