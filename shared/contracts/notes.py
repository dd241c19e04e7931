"""Internal notes after they are written: changed by who wrote them for a while, or withdrawn."""

from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.tickets import Actor

CHANGEABLE_FOR = timedelta(minutes=15)
"""After writing a note, its author may change or withdraw it for that time; an admin may withdraw it ever."""


def changeable_until(written_at: datetime) -> datetime:
    return written_at + CHANGEABLE_FOR


class EditNote(Message):
    """A person changes the words of their note. The words before are kept in the ticket's history."""

    name: ClassVar[str] = "ticket.note.edit.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    post: UUID
    body: str
    """Blob of a `Draft`."""
    expected_version: int | None = None
    """Of the note, as the person read it: refused when somebody was faster."""
    actor: Actor


class WithdrawNote(Message):
    """A person takes a note back: who and when stay on the ticket, its words only in the history."""

    name: ClassVar[str] = "ticket.note.withdraw.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    post: UUID
    expected_version: int | None = None
    actor: Actor
