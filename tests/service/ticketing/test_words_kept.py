"""The words of posts are kept with them, follow them, and go with them."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.ticketing.repository import Tickets
from services.ticketing.rereading import read_for_words
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.tickets import Actor
from shared.storage import due
from shared.storage.tickets import posts, words
from shared.storage.wording import Place, lexeme, search, tagged
from tests.service.ticketing.people_mail import ADA, NOW, Taking


@pytest.fixture
def taking(engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs) -> Taking:
    return Taking(engine_of, blobs, {})


async def kept(taking: Taking) -> list[Any]:
    return await taking.rows(select(words))


async def reread(taking: Taking) -> int:
    claimed = await due.claim(taking.units.engine, words, now=NOW, limit=10, lease_for=taking.units.lease)
    for each in claimed:
        await read_for_words(each, taking.units, taking.blobs)
    return len(claimed)


async def test_a_mail_is_found_by_its_words_its_people_and_their_domains(taking: Taking) -> None:
    await taking.mail()
    (row,) = await kept(taking)
    expected: tuple[tuple[Place, str], ...] = (
        ("any", "smokes"),
        ("any", "ada"),
        ("subject", "printer"),
        ("from", "ada"),
        ("sender", ADA.address),
        ("sender", "customer.example"),
    )
    for place, word in expected:
        assert f"'{lexeme('default', place, word)}'" in row.words
    assert row.due_at is None


async def test_a_new_subject_and_posts_without_words_are_read_in_the_background(taking: Taking) -> None:
    first = await taking.mail()
    async with taking.units.acting("default") as unit:
        rows = Tickets(unit.db, unit.tenant, unit.now)
        row = await rows.locked(first.id)
        assert row is not None
        await rows.change(row, {"subject": "Chimney"}, Actor(name="Eva"), None)
    assert await reread(taking) == 1
    (row,) = await kept(taking)
    assert lexeme("default", "subject", "chimney") in row.words
    assert lexeme("default", "any", "smokes") in row.words
    assert await reread(taking) == 0


async def test_a_post_whose_text_is_gone_is_found_by_what_the_list_shows(taking: Taking) -> None:
    await taking.mail()
    async with taking.units.acting("default") as unit:
        await unit.db.execute(update(posts).values(body="0" * 64))
        await unit.db.execute(update(words).values(words=None, due_at=NOW))
    assert await reread(taking) == 1
    (row,) = await kept(taking)
    assert lexeme("default", "any", "smokes") in row.words


async def test_words_follow_their_post_to_another_ticket_and_into_nothing(taking: Taking) -> None:
    first, second = await taking.mail(), await taking.mail()
    async with taking.units.acting("default") as unit:
        await unit.db.execute(update(posts).where(posts.c.ticket == first.id).values(ticket=second.id))
    assert {row.ticket for row in await kept(taking)} == {second.id}
    async with taking.units.acting("default") as unit:
        await unit.db.execute(delete(posts))
    assert await kept(taking) == []


async def test_a_service_sees_the_words_of_its_tenant_only(
    taking: Taking, engine_of: Callable[[str], AsyncEngine]
) -> None:
    await taking.mail()
    for view in (search, tagged):
        counted = select(func.count()).select_from(view)
        assert (await taking.rows(counted))[0][0] == 1
        assert (await taking.rows(counted, "other"))[0][0] == 0
        async with engine_of("desk").connect() as db:
            assert (await db.execute(counted)).scalar_one() == 0
