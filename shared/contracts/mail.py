"""Mail on its way in: stored, parsed, or unreadable; and the facts a parser finds."""

from enum import StrEnum
from typing import ClassVar, Literal
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.base import Message, Value
from shared.contracts.filters import Filters

LONGEST_ADDRESS = 254
"""Bytes of an address that mail can be sent to (RFC 5321, section 4.5.3.1.3, and its errata)."""


class Address(Value):
    """One mailbox of RFC 5322: `address` is lower-case and may be empty when only a name was given."""

    address: str
    name: str = ""

    @property
    def domain(self) -> str:
        return self.address.rpartition("@")[2]


class AutomaticKind(StrEnum):
    """Why a mail is automatic; such a mail is shown, never answered, and reopens nothing."""

    AUTO_REPLY = "auto_reply"
    BOUNCE = "bounce"
    LIST = "list"
    OWN = "own"
    """Our own mail coming back."""
    OTHER = "other"


class Automatic(Value):
    kind: AutomaticKind
    evidence: str
    """The header or rule that says so, without values of the mail."""
    probe: bool = False
    """Sent by the doctor to its own mailbox: no ticket is made of it."""


class Bounce(Value):
    """What a delivery status notification says (RFC 3464)."""

    message_id: str | None = None
    """Message-ID of the mail that bounced."""
    recipient: str | None = None
    status: str | None = None
    """Enhanced status code, such as 5.1.1 (RFC 3463)."""
    diagnostic: str | None = None
    permanent: bool = True
    recipients: tuple[str, ...] = ()
    """All that it failed for, `recipient` among them, when they are several."""


class AbuseReport(Value):
    """What a report of a mail as unwanted says (ARF, RFC 5965)."""

    kind: str
    """`abuse`, `fraud`, `virus`, `not-spam` or another word of the registry, in lower case."""
    recipient: str | None = None
    """Whose mail was reported, when the report tells; many leave it out."""
    message_id: str | None = None
    """Message-ID of the reported mail."""
    subject: str = ""
    """Of the reported mail."""
    arrived: AwareDatetime | None = None


class Forwarded(Value):
    """How the original sender was found in a forwarded mail."""

    by: Address
    how: Literal["attached", "inline"]
    confidence: float
    """0 to 1."""
    through: tuple[Address, ...] = ()
    """Who had passed it on before `by`, the last of them first, when a forward was forwarded again."""


class ParsingPolicy(Value):
    """What the parser must know of the tenant; rides in the message so that a replay answers the same."""

    mail_forwarding_domains: tuple[str, ...] = ()
    allowed_mime_types: tuple[str, ...] = ()
    max_file_size: int = 25_000_000
    """Bytes."""
    own_addresses: tuple[str, ...] = ()
    """Addresses of the tenant's mailboxes: a mail from one of them is our own."""
    filters: Filters = Filters()
    """Lines of a user's own from which on a mail is quoted."""
    authors: tuple[str, ...] = ()
    """People under whose own addresses mail goes out, and probes of the doctor."""


class SenderCheck(StrEnum):
    """What the server that received a mail found of its sender."""

    PASSED = "passed"
    FAILED = "failed"
    """The mail is not from the domain that its From names."""
    UNKNOWN = "unknown"
    """It said nothing, or the domain lets nobody tell."""


class FileDecision(StrEnum):
    KEPT = "kept"
    WARNED = "warned"
    """Outside `allowed_mime_types`: kept, downloading needs a click through a warning."""
    IGNORED = "ignored"
    """Over `max_file_size`: the bytes are not kept apart from the raw mail."""


class MailFile(Value):
    """An attachment or inline part."""

    name: str
    size: int
    """Bytes of the decoded content."""
    sha256: str
    media_type: str
    """Decided by content."""
    declared_type: str
    inline: bool = False
    role: Literal["attachment", "calendar", "logo", "signature"] = "attachment"
    """`calendar`: its events are told apart. `logo`: a small image of somebody's signature or of a quoted
    mail. `signature`: of S/MIME or PGP, for machines. None of these three is listed among the files."""
    content_id: str | None = None
    decision: FileDecision = FileDecision.KEPT
    reason: str = ""
    """Why it was warned about or ignored, in words for a person."""

    @property
    def listed(self) -> bool:
        """It is a file to a person, and no part of how the mail is made."""
        return self.role == "attachment"


class MailStored(Message):
    """Raw bytes are kept; ledger row and this event were committed together."""

    name: ClassVar[str] = "mail.stored.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("parser",)

    mail: UUID
    mailbox: UUID
    mailbox_address: str
    blob: str
    size: int
    received_at: AwareDatetime
    policy: ParsingPolicy = ParsingPolicy()
    imported: bool = False
    """It was there before the mailbox was added."""
    accepted: bool = False
    """A person wants a ticket of it, though it may be that it cannot be read."""


class MailParsed(Message):
    """What placement needs to know of a mail; the whole document is the blob `document`."""

    name: ClassVar[str] = "mail.parsed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    mail: UUID
    mailbox: UUID
    mailbox_address: str
    raw: str
    document: str
    received_at: AwareDatetime
    message_id: str
    """Without angle brackets; `sha256-…@postroom.invalid` when the mail has none."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    """Oldest first."""
    fingerprint: str
    """Of From, date, subject and text folded. One Message-ID and one fingerprint: one mail."""
    sender: Address
    """The From of the mail itself; the forwarder, when it was forwarded."""
    submitter: Address
    """Whom the ticket belongs to: the original sender of a forwarded mail, else the sender."""
    to: tuple[Address, ...] = ()
    cc: tuple[Address, ...] = ()
    reply_to: tuple[Address, ...] = ()
    delivered_to: tuple[str, ...] = ()
    subject: str = ""
    date: AwareDatetime | None = None
    automatic: Automatic | None = None
    bounce: Bounce | None = None
    abuse_report: AbuseReport | None = None
    forwarded: Forwarded | None = None
    has_files: bool = False
    sender_check: SenderCheck = SenderCheck.UNKNOWN
    only_thanks: bool = False
    """Its own words are thanks and nothing else."""
    imported: bool = False
    """It was there before the mailbox was added: nothing fires, nobody is answered."""


class MailPlaced(Message):
    """An imported mail has come to rest: it is on a ticket, held, or dropped with a reason."""

    name: ClassVar[str] = "mail.placed.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mail: UUID


class MailUnreadable(Message):
    """The parser gave up: the mail hung it, exhausted it or broke it. The mail is to be quarantined."""

    name: ClassVar[str] = "mail.unreadable.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mail: UUID
    reason: str
    """A code: `time`, `memory`, `crash`, `error`."""
    detail: str = ""
