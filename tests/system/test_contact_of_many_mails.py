"""A contact with more mails than PostgreSQL's protocol has room for parameters."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text

from postroom.forgetting import forget, known_of
from services.mailer.forgetting import Written
from shared.settings import ProcessSettings
from shared.storage import tickets as tables
from shared.storage.engine import engine_as
from tests.installation import TENANT, Installation, installed

ANNA = "anna@example.com"
MANY = 33_000
ROWS = (
    """INSERT INTO ticketing.contact (id, tenant, address, name, created_at)
        VALUES (md5('anna')::uuid, 'default', 'anna@example.com', 'Anna', now())""",
    """INSERT INTO ticketing.ticket
            (id, tenant, number, subject, status, category, kind, created_at, changed_at,
                last_person_post_at, contact)
        VALUES (md5('ticket')::uuid, 'default', 1, 'About', 'open', 'open', 'external', now(), now(), now(),
            md5('anna')::uuid)""",
    """INSERT INTO ticketing.post
            (id, tenant, ticket, kind, mail, author_address, preview, shown_at, created_at, details)
        SELECT md5('post' || n)::uuid, 'default', md5('ticket')::uuid, 'mail_in', md5('mail' || n)::uuid,
            'anna@example.com', 'Words', now(), now(), '{}'
        FROM generate_series(1, 33000) n""",
)


@pytest.fixture
async def installation(database_url: str, redis_url: str, home: Path) -> AsyncIterator[Installation]:
    settings = ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)
    async with installed(settings) as made:
        await made.set_up()
        yield made


async def test_a_contact_with_33_000_mails_is_erased(installation: Installation, database_url: str) -> None:
    owner = engine_as(database_url, "test-owner", pool_size=1)
    async with owner.begin() as db:
        for rows in ROWS:
            await db.execute(text(rows))
    await owner.dispose()
    house = installation.house
    known = await known_of(house, TENANT, ANNA)
    assert len(known.traces.posts) == len(known.traces.mails) == MANY
    ours, many = tuple(uuid4() for _ in range(MANY)), tuple(uuid4() for _ in range(MANY))
    tickets = (*known.traces.tickets, *many)
    sent = Written(mails=ours, alone=ours)
    await forget(
        house, TENANT, ANNA, replace(known, traces=replace(known.traces, tickets=tickets), written=sent)
    )
    stubs = select(func.count()).where(tables.posts.c.preview.startswith("Erased on "))
    ((count,),) = await installation.rows(stubs)
    assert count == MANY
    assert set((await known_of(house, TENANT, ANNA)).found.values()) == {0}
