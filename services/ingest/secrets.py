"""Secrets end: told in the log once at 30, 14 and 3 days and when it is over, and at any time by a metric."""

from datetime import timedelta

import structlog

from services.ingest import repository
from services.ingest.handlers import ingest
from shared.messaging.unit import Units
from shared.observability.metrics import secret_ends
from shared.plugins.proofs import step_of

log = structlog.get_logger()


@ingest.every(timedelta(minutes=1))
async def watch_secrets(units: Units) -> int:
    """Tell what was not told yet. Any replica may; a renewed secret is told of anew."""
    known = await repository.secrets_that_end(units.engine)
    secret_ends.clear()
    for one in known:
        if one.secret_expires_at is not None:
            secret_ends.labels(str(one.id)).set(one.secret_expires_at.timestamp())
    now, told = units.clock(), 0
    for one in known:
        step = step_of(one.secret_expires_at, now)
        if step != one.expiry_told:
            async with units.acting(one.tenant) as unit:
                first = await repository.tell_expiry(unit.db, one.id, step)
            if first and step is not None and (one.expiry_told is None or step < one.expiry_told):
                told += 1
                left = (one.secret_expires_at - now) // timedelta(days=1)
                say = log.warning if step else log.error
                say("mailbox.credential_expires", mailbox=str(one.id), days=max(0, left), step=step)
    return told
