"""Set options, and ask first when that would close or remind tickets at once."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.options import Saved, Wrong, set_options
from shared.storage.forecasting import AtOnce, at_once

OF_INACTIVITY = frozenset(
    {
        "close_inactive_tickets",
        "close_ticket_after_days",
        "send_ticket_close_reminder",
        "reminder_before_ticket_close_days",
    }
)


class Unconfirmed(Exception):
    """Tickets would be closed or reminded at once, and nobody has said yes."""

    def __init__(self, would: AtOnce) -> None:
        super().__init__(str(would))
        self.would = would


async def set_or_ask(
    db: AsyncConnection,
    tenant: str,
    wanted: Mapping[str, object],
    *,
    by: str,
    at: datetime,
    department: UUID | None = None,
    confirmed: bool,
) -> Saved | Wrong:
    """Set options as `set_options` does.

    Raises:
        Unconfirmed: to be let out of the transaction, so that nothing is set.
    """
    done = await set_options(db, tenant, wanted, by=by, at=at, department=department)
    if isinstance(done, Saved) and not confirmed and OF_INACTIVITY.intersection(done.changed):
        would = await at_once(db, tenant, at)
        if would.anything:
            raise Unconfirmed(would)
    return done
