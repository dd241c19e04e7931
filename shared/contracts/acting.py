"""What only triggers ask of a ticket: a note, tags beside those it has, a member of a department in turn."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.tickets import Actor

LONGEST_NOTE = 10_000
"""Characters."""
LONGEST_TAG = 500


class WriteNote(Message):
    """Put an internal note on a ticket. It is no post of a person: the clock of inactivity goes on."""

    name: ClassVar[str] = "ticket.note.write.v2"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    body: str
    """Blob of a `Draft`."""
    actor: Actor


class WriteNoteInWords(Message):
    """What `WriteNote` was before: the note's words in the message. Nobody sends it any more; what waits in
    queues and outboxes, or is parked, is still understood."""

    name: ClassVar[str] = "ticket.note.write.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    text: str
    actor: Actor


class TagTicket(Message):
    """Add tags to those that a ticket has, and take others away; what is in neither stays as it is."""

    name: ClassVar[str] = "ticket.tag.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    actor: Actor


class AssignInTurn(Message):
    """Assign a ticket to the member of a department whose turn it is."""

    name: ClassVar[str] = "ticket.assign.turn.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    ticket: UUID
    department: UUID
    only_unassigned: bool = True
    """A ticket that somebody has by now is left to them, and nobody's turn is used up."""
    actor: Actor
