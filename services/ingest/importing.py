"""Imported mail goes on a few at a time: what arrives meanwhile waits behind these and no others."""

from datetime import timedelta

from services.ingest import repository
from services.ingest.handlers import ingest
from shared.messaging.unit import Units
from shared.storage import due
from shared.storage.ingest import imports

AT_ONCE = 4
IN_FLIGHT = 40
"""Imported mails between the mailbox and their tickets, over all imports; each has one at least."""

LOOK_AGAIN = timedelta(milliseconds=500)


@ingest.each_due(imports, every=LOOK_AGAIN, at_once=AT_ONCE)
async def admit(claimed: due.Claimed, units: Units) -> None:
    """Let the next mails of one import be fetched, as others have come to their tickets."""
    running = await repository.running_imports(units.engine)
    async with units.sweeping(claimed, imports) as (unit, _):
        flying = await repository.imported_in_flight(unit.db, claimed.id, unit.now)
        admitted = await repository.admit(unit.db, claimed.id, share(running) - flying, unit.now)
        if admitted:
            unit.wake()
        goes_on = flying + admitted > 0
        next_at = unit.now + LOOK_AGAIN if goes_on else None
        await due.finish(unit.db, imports, claimed, due_at=next_at, attempts=0)


def share(running: int) -> int:
    """How many mails of one import may be in flight while so many imports run."""
    return max(1, IN_FLIGHT // max(1, running))
