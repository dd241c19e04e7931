"""A database that ends sessions, has no room, or keeps one waiting: "not now", and never a fault of ours."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from services.desk.desk import Desk
from shared.storage.engine import make_engine
from shared.storage.tickets import tickets
from tests.messaging.bench import eventually
from tests.service.desk.conftest import Browser, House

WAITING = text(
    "SELECT pid FROM pg_stat_activity"
    " WHERE wait_event_type = 'Lock' AND application_name = 'postroom-desk' AND datname = current_database()"
)


async def test_a_session_that_the_server_ends_in_the_middle(house: House, eva: Browser) -> None:
    """As a restart of the server does with each (SQLSTATE 57P01)."""
    async with house.owner.connect() as db:
        await db.execute(text(f"LOCK TABLE {tickets.fullname} IN ACCESS EXCLUSIVE MODE"))
        asked = asyncio.create_task(eva.get("/tickets"))
        await eventually(lambda: _ended(house.owner))
        answer = await asked
    assert (answer.status_code, "The database does not answer" in answer.text) == (503, True)


@pytest.fixture
async def roomless(database_url: str, house: House) -> AsyncIterator[AsyncEngine]:
    """An engine that signs in where the server lets nobody in any more (SQLSTATE 53300)."""
    name = f"roomless_{uuid4().hex}"
    async with house.owner.begin() as db:
        await db.execute(text(f"CREATE ROLE {name} LOGIN PASSWORD 'x' CONNECTION LIMIT 0"))
    url = make_url(database_url).set(username=name, password="x")
    engine = make_engine(url.render_as_string(hide_password=False), "desk")
    yield engine
    await engine.dispose()
    async with house.owner.begin() as db:
        await db.execute(text(f"DROP ROLE {name}"))


async def test_a_server_without_room_for_another_session(
    eva: Browser, house: House, desk: Desk, roomless: AsyncEngine
) -> None:
    token = await house.token(house.users["eva"])
    object.__setattr__(desk, "engine", roomless)
    answer = await eva.http.get("/api/v1/tickets", headers=_with(token))
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"].startswith("The database does not answer")


async def test_a_row_that_another_change_holds_for_too_long(
    database_url: str, house: House, eva: Browser, desk: Desk
) -> None:
    """Where who runs the server lets nobody wait for ever (SQLSTATE 55P03)."""
    made = make_url(database_url).set(drivername="postgresql+asyncpg")
    brief = create_async_engine(made, connect_args={"server_settings": {"lock_timeout": "50"}})
    object.__setattr__(desk, "engine", brief)
    async with house.owner.connect() as db:
        await db.execute(text(f"LOCK TABLE {tickets.fullname} IN ACCESS EXCLUSIVE MODE"))
        answer = await eva.get("/tickets")
    await brief.dispose()
    assert (answer.status_code, "Another change was in the way" in answer.text) == (503, True)


async def test_more_at_once_than_a_process_has_sessions(database_url: str, eva: Browser, desk: Desk) -> None:
    made = make_url(database_url).set(drivername="postgresql+asyncpg")
    few = create_async_engine(made, pool_size=1, max_overflow=0, pool_timeout=0.05)
    object.__setattr__(desk, "engine", few)
    async with few.connect():
        answer = await eva.get("/tickets")
    await few.dispose()
    assert answer.status_code == 503


async def _ended(owner: AsyncEngine) -> bool:
    """End the session of the desk that waits, when there is one."""
    async with owner.begin() as db:
        waiting = list(await db.scalars(WAITING))
        for pid in waiting:
            await db.execute(select(func.pg_terminate_backend(pid)))
    return bool(waiting)


def _with(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}
