"""Tell a chat room, which has an address for mail as most have, and leave a note of it on the ticket."""

from collections.abc import Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, Field

from shared.contracts.mail import Address
from shared.plugins.actions import Effect, Nothing, Occasion, PutNote, SendTo


class TellChatParams(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    room: str = Field(
        title="Room",
        description="The address by which the room takes mail.",
        pattern=r"^[^@\s,;<>\"]+@[^@\s,;<>\"]+$",
    )
    silent_on: tuple[str, ...] = Field((), title="Not for tickets tagged", description="Separated by commas.")


class TellChat:
    """The action `tell_chat`."""

    key: ClassVar[str] = "tell_chat"
    title: ClassVar[str] = "Tell a chat room"
    params: ClassVar[type[BaseModel]] = TellChatParams

    def decide(self, occasion: Occasion, params: TellChatParams) -> Sequence[Effect]:
        """A mail to the room and a note, unless a tag says otherwise."""
        ticket = occasion.ticket
        if silent := sorted({*ticket.tags} & {*params.silent_on}):
            return [Nothing(f"the ticket is tagged {silent[0]}")]
        return [
            SendTo(
                (Address(address=params.room.lower()),), "#{{ ticket.number }} {{ ticket.subject }}", LINES
            ),
            PutNote("The chat room was told."),
        ]


LINES = "{{ contact.name }} wrote. It is {{ ticket.status }}, with priority {{ ticket.priority }}."
