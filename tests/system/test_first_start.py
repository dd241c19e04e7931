"""A mailbox with much old mail, real processes and kill -9: nothing missed, nothing twice, new mail soon."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select, text

from postroom.demo.accounting import unsettled
from sandbox.filling import OldMail
from services.ingest.importing import IN_FLIGHT
from shared.settings import ProcessSettings
from shared.storage.engine import in_tenant
from shared.storage.ingest import mails
from shared.storage.tickets import placements, tickets
from tests.installation import SUPPORT, TENANT, Installation
from tests.system.product import running
from tests.walk.letters import letter

pytestmark = pytest.mark.timeout(900)

OLD = OldMail(400, datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
WANTED = 160
SINCE = OLD.received(OLD.count - WANTED)
LEASE = timedelta(seconds=6)
PATIENCE_SECONDS = 300
KILLS = (50, 100)
"""After so many imported mails were placed."""

FRESH = "Today"
BESIDE = 16
"""Mails that are in hand when one is placed: it may be any of them that is first."""


@pytest.mark.parametrize("transport", ["embedded", "rabbit"])
async def test_an_import_survives_kills_and_new_mail_waits_behind_few(
    transport: str, database_url: str, redis_url: str, request: pytest.FixtureRequest, home: Path
) -> None:
    broker_url = request.getfixturevalue("vhost_url") if transport == "rabbit" else None
    settings = ProcessSettings(
        home=home, database_url=database_url, redis_url=redis_url, broker_url=broker_url, lease=LEASE
    )
    async with running(settings) as product:
        installation = product.installation
        await installation.answer_new_tickets()
        installation.sandbox.add_mailbox(SUPPORT)
        installation.sandbox.fill(SUPPORT, OLD)
        await installation.add_mailbox(known=False, backfill="since", backfill_since=SINCE)
        fresh = await new_mail_while_nothing_is_placed(installation)
        worker = product.workers.get("ingest") or product.workers["everything"]
        for many in KILLS:
            await installation.until(partial(placed, installation, many), "it goes on", PATIENCE_SECONDS)
            await worker.kill()
            await worker.start()
        await installation.until(partial(at_rest, installation), "it ends", PATIENCE_SECONDS, scanning=True)
        await nothing_missed_and_nothing_twice(installation)
        assert await placed_before(installation, fresh) <= IN_FLIGHT + BESIDE
        assert len(installation.sandbox.sent(SUPPORT)) == 1


async def new_mail_while_nothing_is_placed(installation: Installation) -> str:
    """Let the import run full, and then a mail arrive and get as far as all the others."""
    async with in_tenant(installation.house.engine("ticketing"), TENANT) as db:
        await db.execute(text("LOCK TABLE ticketing.placement IN EXCLUSIVE MODE"))
        imported = select(func.count()).where(mails.c.imported, mails.c.blob.is_not(None))

        async def full() -> bool:
            return bool((await installation.rows(imported))[0][0] >= IN_FLIGHT)

        await installation.until(full, "the import waits for tickets", PATIENCE_SECONDS)
        fresh = installation.sandbox.deliver(SUPPORT, letter(FRESH))
        mine = select(mails.c.blob).where(mails.c.provider_id == fresh, mails.c.blob.is_not(None))

        async def kept() -> bool:
            return bool(await installation.rows(mine))

        await installation.until(kept, "new mail is kept", PATIENCE_SECONDS, scanning=True)
        ((count,),) = await installation.rows(imported)
        assert count == IN_FLIGHT
    return fresh


async def placed(installation: Installation, count: int) -> bool:
    (row,) = await installation.rows(select(func.count()).select_from(placements))
    return bool(row[0] >= count)


async def at_rest(installation: Installation) -> bool:
    """Say whether all that is wanted of the old mail was placed, and nothing else is on its way."""
    async with in_tenant(installation.house.engine("desk"), TENANT) as db:
        return not await unsettled(db) and await placed(installation, WANTED + 1)


async def placed_before(installation: Installation, provider_id: str) -> int:
    """Count the mails that were placed before this one."""
    mine = select(mails.c.id).where(mails.c.provider_id == provider_id).scalar_subquery()
    at = select(placements.c.at).where(placements.c.mail == mine).scalar_subquery()
    (row,) = await installation.rows(select(func.count()).select_from(placements).where(placements.c.at < at))
    return int(row[0])


async def nothing_missed_and_nothing_twice(installation: Installation) -> None:
    found = await installation.rows(select(mails.c.state, func.count().label("many")).group_by(mails.c.state))
    assert {row.state: row.many for row in found} == {"ignored": OLD.count - WANTED, "settled": WANTED + 1}
    subjects = [row.subject for row in await installation.rows(select(tickets.c.subject))]
    old = [f"Old question {number}" for number in range(OLD.count - WANTED, OLD.count)]
    assert Counter(subjects) == Counter([*old, FRESH])
