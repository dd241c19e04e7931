"""Subscriptions to new mail, as whoever says to be the provider names them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select

from services.desk.queries.reading import Reading
from shared.storage.ingest import cursors, subscriptions

SOON = timedelta(seconds=2)


@dataclass(frozen=True)
class Subscribed:
    mailbox: UUID
    provider_id: str
    digest: str
    """Of what a notice must prove."""
    wakes: int
    due_at: datetime | None
    lease_until: datetime | None

    def is_about_to_be_listed(self, now: datetime) -> bool:
        """Say whether a scan will begin by itself at once: it finds what is told now."""
        waits = self.lease_until is None or self.lease_until < now
        return waits and self.due_at is not None and self.due_at <= now + SOON


async def subscribed(reading: Reading, provider_ids: Collection[str]) -> dict[str, Subscribed]:
    """Return those that there are, by the provider's own id."""
    c = subscriptions.c
    found = await reading.db.execute(
        select(
            c.id.label("mailbox"),
            c.provider_id,
            c.digest,
            cursors.c.wakes,
            cursors.c.due_at,
            cursors.c.lease_until,
        )
        .join(cursors, cursors.c.id == c.id)
        .where(reading.own(subscriptions), c.provider_id.in_(provider_ids), c.digest.is_not(None))
    )
    return {row["provider_id"]: Subscribed(**row) for row in found.mappings()}
