"""The commands of a person about a mail in quarantine."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.tickets import Actor


class Decision(StrEnum):
    RETRY = "retry"
    """Fetch or read it again, as if it were new."""
    ACCEPT = "accept"
    """Make a ticket of it, though it cannot be read: what its header says, and the whole mail as a file."""


class DecideQuarantined(Message):
    """Take a mail out of quarantine. Ingest answers when it is on its way."""

    name: ClassVar[str] = "mail.quarantined.decide.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mail: UUID
    decision: Decision
    actor: Actor | None = None


class DropQuarantined(Message):
    """Make no ticket of a mail in quarantine. It stays in the ledger with its bytes, told as dropped, and can
    be decided otherwise later. Ingest answers when that is written down."""

    name: ClassVar[str] = "mail.quarantined.drop.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mail: UUID
    actor: Actor | None = None
