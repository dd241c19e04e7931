"""Webhooks: the command that has a delivery sent again."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.tickets import Actor


class HookState(StrEnum):
    """Where a delivery is."""

    WAITING = "waiting"
    DONE = "done"
    PARKED = "parked"
    """Given up; a person may have it sent again."""
    GONE = "gone"
    """The receiver said that it is no more; what comes later of the same trigger is not sent to it either."""


class ReplayHook(Message):
    """A person has a delivery sent again, under the id that it had."""

    name: ClassVar[str] = "webhook.replay.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("triggers",)

    delivery: UUID
    actor: Actor
