"""The command to look at a mailbox now: its provider told the desk that there is something new."""

from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message


class News(StrEnum):
    """What a provider tells those who subscribed to a mailbox."""

    CHANGED = "changed"
    MISSED = "missed"
    """Something was not told."""
    EXPIRING = "expiring"
    """It tells no more unless the subscription is renewed."""
    REMOVED = "removed"
    """It tells no more; the subscription is gone."""


class WakeMailbox(Message):
    """List a mailbox soon, and see to its subscription when the news is of that."""

    name: ClassVar[str] = "mailbox.wake.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ingest",)

    mailbox: UUID
    news: News = News.CHANGED
    subscription: str | None = None
    """The provider's own id of the subscription that the news is of."""
