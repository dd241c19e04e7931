"""What a case of placement is: a story about a ticket and a mail, and how it is decided."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from uuid import UUID

from tests.service.placement.office import Office, Placed, fresh_id
from tests.walk.letters import letter

Story = Callable[[Office], Awaitable[tuple[UUID | None, Placed]]]
"""Tells the ticket it is about, and where the last mail went."""


@dataclass(frozen=True)
class Case:
    what: str
    outcome: str
    """new, append, reopen, held, duplicate, automatic, bounce."""
    same: bool
    """Whether it goes to the ticket it is about; else to none, or to one of its own."""
    reason: str
    story: Story
    hostile: bool = False


CASES: list[Case] = []


def case(
    what: str, outcome: str, reason: str, *, same: bool = True, hostile: bool = False
) -> Callable[[Story], Story]:
    def add(story: Story) -> Story:
        CASES.append(Case(what, outcome, same, reason, story, hostile))
        return story

    return add


async def begun(office: Office, **fields: str) -> tuple[UUID, str]:
    """Let Ann open a ticket; return it and the Message-ID of her mail."""
    theirs = fresh_id()
    placed = await office.receives(named(letter("Lift is stuck", at=None, **fields), theirs))
    assert placed.ticket is not None
    return placed.ticket, theirs


def named(raw: bytes, message_id: str) -> bytes:
    head, _, rest = raw.partition(b"Message-ID: ")
    return head + b"Message-ID: " + message_id.encode() + b"\r\n" + rest.partition(b"\r\n")[2]
