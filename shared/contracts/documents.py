"""The document the parser makes of one mail, kept as a blob; pages are drawn from it."""

from typing import Literal

from pydantic import AwareDatetime

from shared.contracts.base import Value
from shared.contracts.mail import Address, Automatic, Bounce, Forwarded, MailFile, SenderCheck


class Body(Value):
    """One mail's words, split. The parts of a form together give the whole; nothing is destroyed."""

    reply_text: str
    quoted_text: str = ""
    signature_text: str = ""
    reply_html: str | None = None
    """Sanitised. Inline images are `cid:` links still; the desk rewrites them."""
    quoted_html: str | None = None
    remote_images: int = 0
    """How many images point to the network; they are kept as `data-src`, never loaded unasked."""
    rule: str = "none"
    """Which rule split the quote."""
    confidence: float = 1.0


class Note(Value):
    """Something a person should know of how the mail was read: a repaired charset, a broken part."""

    code: str
    detail: str = ""


class Document(Value):
    version: Literal[1] = 1
    message_id: str
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sender: Address
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: AwareDatetime | None = None
    fingerprint: str
    body: Body
    files: tuple[MailFile, ...] = ()
    automatic: Automatic | None = None
    bounce: Bounce | None = None
    sender_check: SenderCheck = SenderCheck.UNKNOWN
    only_thanks: bool = False
    forwarded: Forwarded | None = None
    original_sender: Address | None = None
    """Of a forwarded mail; subject, date, body and files above are then those of the original."""
    original_date: AwareDatetime | None = None
    original_to: tuple[Address, ...] = ()
    """Whom the original was written to, as the forward tells; `to` and `cc` are the forwarder's."""
    original_cc: tuple[Address, ...] = ()
    comment_text: str = ""
    """What the forwarder wrote above a forwarded mail; `body` is the original's alone."""
    language: str | None = None
    notes: tuple[Note, ...] = ()
