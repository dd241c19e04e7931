"""A mailbox with much old mail, real processes and kill -9: nothing missed, nothing twice, new mail soon."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import func, select

from sandbox.filling import OldMail
from services.ingest.importing import IN_FLIGHT
from shared.settings import ProcessSettings
from shared.storage.ingest import imports, mails
from shared.storage.tickets import placements, tickets
from tests.installation import SUPPORT, Installation
from tests.system.product import Product, running
from tests.walk.letters import letter

pytestmark = pytest.mark.timeout(900)

OLD = OldMail(1_200, datetime(2020, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC))
WANTED = 800
SINCE = OLD.received(OLD.count - WANTED)
LEASE = timedelta(seconds=6)
PATIENCE_SECONDS = 400
KILLS = (100, 400)
"""After so many imported mails were placed."""


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
        fresh = []
        for after in KILLS:
            await installation.until(lambda n=after: placed(installation, n), "it goes on", PATIENCE_SECONDS)
            fresh.append(await new_mail(product, f"{after}"))
            worker = product.workers.get("ingest") or product.workers["everything"]
            await worker.kill()
            await worker.start()
        await installation.until(lambda: at_its_end(installation), "it ends", PATIENCE_SECONDS, scanning=True)
        await nothing_missed_and_nothing_twice(installation, len(fresh))
        assert [await overtaken_by(installation, mail) <= 2 * IN_FLIGHT for mail in fresh] == [True, True]
        assert Counter(sent.recipients for sent in installation.sandbox.sent(SUPPORT)).total() == len(fresh)


async def new_mail(product: Product, subject: str) -> str:
    """Let a mail arrive and wait until it is a ticket, before the import is at its end."""
    installation = product.installation
    mail = installation.sandbox.deliver(SUPPORT, letter(subject))

    async def is_ticket() -> bool:
        mine = select(mails.c.id).where(mails.c.provider_id == mail)
        return bool(await installation.rows(select(placements).where(placements.c.mail.in_(mine))))

    await installation.until(is_ticket, "new mail is a ticket", PATIENCE_SECONDS, scanning=True)
    assert not await at_its_end(installation)
    return mail


async def placed(installation: Installation, count: int) -> bool:
    (row,) = await installation.rows(select(func.count()).select_from(placements))
    return bool(row[0] >= count)


async def at_its_end(installation: Installation) -> bool:
    """Say whether all that is wanted of the old mail was placed."""
    running_ = await installation.rows(select(imports.c.id).where(imports.c.due_at.is_not(None)))
    return not running_ and await placed(installation, WANTED)


async def overtaken_by(installation: Installation, provider_id: str) -> int:
    """Count the imported mails that were placed between the moment that a mail was seen and its ticket."""
    (mine,) = await installation.rows(
        select(mails.c.listed_at, placements.c.at)
        .join(placements, placements.c.mail == mails.c.id)
        .where(mails.c.provider_id == provider_id)
    )
    between = placements.c.at.between(mine.listed_at, mine.at)
    (row,) = await installation.rows(select(func.count()).select_from(placements).where(between))
    return int(row[0]) - 1


async def nothing_missed_and_nothing_twice(installation: Installation, fresh: int) -> None:
    found = await installation.rows(select(mails.c.state, func.count()).group_by(mails.c.state))
    assert dict(tuple(row) for row in found) == {"ignored": OLD.count - WANTED, "settled": WANTED + fresh}
    subjects = [row.subject for row in await installation.rows(select(tickets.c.subject))]
    old = {f"Old question {number}" for number in range(OLD.count - WANTED, OLD.count)}
    assert Counter(subjects) == Counter([*old, *map(str, KILLS)])
    posts: list[UUID] = [row.mail for row in await installation.rows(select(placements.c.mail))]
    assert len(set(posts)) == WANTED + fresh
