"""The command to examine a mailbox: the desk has no key to it, ingest has."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.tickets import Actor


class ExamineMailbox(Message):
    """Examine a mailbox once. Ingest answers with the id of the examination, or of the one that is open."""

    name: ClassVar[str] = "mailbox.examine.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mailbox: UUID
    send: bool = False
    """Let a probe leave, to the mailbox itself."""
    actor: Actor | None = None
    """Who asked; none: the mailbox is new."""
