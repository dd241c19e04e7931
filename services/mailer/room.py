"""Ask whether a mail fits in its windows; seed from PostgreSQL those that Redis has lost."""

from datetime import datetime

from services.mailer import repository
from services.mailer.guards import Window, windows_of
from services.mailer.loading import Loaded
from services.mailer.throttle import Allowed, Counted, Held, Load, Throttle
from shared.contracts.errors import Throttled
from shared.messaging.unit import Units
from shared.storage import due
from shared.storage.engine import in_tenant

FULL = "threshold"
"""The code of a mail that is ready at the provider and waits until its windows have room again."""


async def room_for(units: Units, throttle: Throttle, claimed: due.Claimed, loaded: Loaded) -> Allowed | Held:
    """Count a mail in all of its windows, as on its way while the row is claimed, or say which one is full.

    Raises:
        Throttled: Redis does not answer, or loses what it is told; the mail waits.
    """
    row, windows, now = loaded.row, windows_of(loaded.sending), units.clock()
    answer = await throttle.ask(row.id, windows, tenant=row.tenant, now=now, until=claimed.until)
    if isinstance(answer, Load):
        for window in answer.windows:
            await _make(units, throttle, row.tenant, window)
        answer = await throttle.ask(row.id, windows, tenant=row.tenant, now=now, until=claimed.until)
    if isinstance(answer, Load):
        raise Throttled("the windows of the send threshold were lost twice", code="redis")
    return answer


async def still_has_room(units: Units, throttle: Throttle, claimed: due.Claimed, loaded: Loaded) -> None:
    """Ask again once PostgreSQL knows that the mail is on its way: a window that was lost before may have
    been made anew by somebody who did not know of it.

    Raises:
        Throttled: there is none now; the mail stays ready, and comes again when there is.
    """
    answer = await room_for(units, throttle, claimed, loaded)
    if isinstance(answer, Held):
        # sooner than the window says: what is on its way counts for longer than it takes to leave
        wait = min(answer.until - units.clock(), answer.window.length)
        raise Throttled(answer.window.reason, code=FULL, retry_after=wait)


async def _make(units: Units, throttle: Throttle, tenant: str, window: Window) -> None:
    """Make a window that Redis has lost, and look again what became of what was on its way."""
    now = units.clock()
    seeded = await _counted(units, tenant, window, now)
    await throttle.seed(window, seeded, tenant=tenant, now=now)
    if any(one.at > now for one in seeded):
        known = await _counted(units, tenant, window, now)
        await throttle.mend(window, seeded, known, tenant=tenant, now=units.clock())


async def _counted(units: Units, tenant: str, window: Window, now: datetime) -> list[Counted]:
    async with in_tenant(units.engine, tenant) as db:
        return await repository.counted(db, tenant, window, now - window.length)
