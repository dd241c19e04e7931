"""The document the parser makes of one mail, kept as a blob; pages are drawn from it."""

from typing import Literal

from pydantic import AwareDatetime

from shared.contracts.base import Value
from shared.contracts.mail import AbuseReport, Address, Automatic, Bounce, Forwarded, MailFile, SenderCheck


class Body(Value):
    """One mail's words, split. The parts of a form together give the whole; nothing is destroyed."""

    reply_text: str
    quoted_text: str = ""
    signature_text: str = ""
    reply_html: str | None = None
    """Sanitised. Inline images are `cid:` links still; the desk rewrites them."""
    quoted_html: str | None = None
    signature_images: tuple[str, ...] = ()
    """Content ids of the images that the signature draws; it stands in `reply_html`."""
    remote_images: int = 0
    """How many images point to the network; they are kept as `data-src`, never loaded unasked."""
    rule: str = "none"
    """Which rule split the quote."""
    confidence: float = 1.0


class Note(Value):
    """Something a person should know of how the mail was read: a repaired charset, a broken part."""

    code: str
    detail: str = ""


class CalendarTime(Value):
    """A time of iCalendar: of a zone, of whoever looks at it, or a whole day (RFC 5545, 3.3.4 and 3.3.5)."""

    local: str
    """As the clock there shows it, `2024-04-02T10:00:00`; of a whole day `2024-04-02`."""
    zone: str | None = None
    """IANA name; the sender's own name of it when it is not known. None: wherever one is."""
    at: AwareDatetime | None = None
    """The moment in UTC, when the zone is known."""


class Attendee(Value):
    who: Address
    answer: str = ""
    """`accepted`, `declined`, `tentative`, `needs-action`, `delegated`; empty when it is not told."""


class CalendarEvent(Value):
    """An event or task of a calendar part (RFC 5545)."""

    method: str = ""
    """What the sender asks or answers (RFC 5546): `request`, `reply`, `cancel`, `counter`, `publish`."""
    uid: str = ""
    summary: str = ""
    place: str = ""
    status: str = ""
    """`tentative`, `confirmed`, `cancelled` or empty."""
    start: CalendarTime | None = None
    end: CalendarTime | None = None
    """The first moment, of whole days the first day, after it."""
    repeats: bool = False
    organizer: Address | None = None
    attendees: tuple[Attendee, ...] = ()
    comment: str = ""
    """What an attendee wrote beside their answer."""
    program: str = ""
    """Which wrote it."""


class Protection(Value):
    """How a mail was protected on its way; neither is a signature checked nor anything decrypted."""

    scheme: Literal["smime", "pgp"]
    state: Literal["signed", "encrypted"]
    """`signed`: the words are readable. `encrypted`: they are not."""


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
    abuse_report: AbuseReport | None = None
    calendar: tuple[CalendarEvent, ...] = ()
    protection: Protection | None = None
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
