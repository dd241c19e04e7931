"""Roles at connect, transactions of a tenant, NOTIFY."""

import asyncio
from collections.abc import Callable

import asyncpg
import pytest
from sqlalchemy import func, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.engine import Listener, in_tenant, make_engine, sweeping
from shared.storage.tickets import contacts
from tests.storage.rows import add_contact

Engines = Callable[[str], AsyncEngine]


async def whoami(engine: AsyncEngine) -> tuple[str, str]:
    async with engine.connect() as connection:
        rows = await connection.execute(text("SELECT current_user, current_setting('application_name')"))
        row = rows.one()
        return str(row[0]), str(row[1])


async def test_a_connection_acts_under_its_services_role(engine_of: Engines) -> None:
    assert await whoami(engine_of("mailer")) == ("postroom_mailer", "postroom-mailer")


@pytest.mark.parametrize("reset", ["RESET ALL", "DISCARD ALL", "RESET ROLE"])
async def test_no_reset_takes_the_role_away(engine_of: Engines, reset: str) -> None:
    engine = engine_of("desk").execution_options(isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        await connection.execute(text(reset))
        assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "postroom_desk"


async def test_a_url_may_name_the_driver(database_url: str) -> None:
    engine = make_engine(database_url.replace("postgresql://", "postgresql+asyncpg://"), "desk")
    try:
        assert (await whoami(engine))[0] == "postroom_desk"
    finally:
        await engine.dispose()


async def test_a_connection_that_the_server_closed_is_replaced(database_url: str, engine_of: Engines) -> None:
    await whoami(engine_of("desk"))
    await disconnect(database_url, "postroom-desk")
    assert (await whoami(engine_of("desk")))[0] == "postroom_desk"


async def test_an_error_does_not_say_what_was_asked_with(engine_of: Engines) -> None:
    async with engine_of("desk").connect() as db:
        asking = text("SELECT CAST(:words AS text), 1 / CAST(:none AS int)")
        with pytest.raises(DBAPIError, match="division by zero") as caught:
            await db.execute(asking, {"words": "s3cret", "none": 0})
    assert "s3cret" not in str(caught.value)


async def test_the_tenants_transaction_is_committed_at_its_end(engine_of: Engines) -> None:
    contact = await add_contact(engine_of("ticketing"), "acme")
    async with in_tenant(engine_of("ticketing"), "acme") as connection:
        assert (await connection.execute(select(contacts.c.id))).scalars().all() == [contact]


async def test_an_error_takes_everything_back(engine_of: Engines) -> None:
    contact = await add_contact(engine_of("ticketing"), "acme")
    with pytest.raises(LookupError):  # noqa: PT012 - the error must leave the transaction
        async with in_tenant(engine_of("ticketing"), "acme") as connection:
            await connection.execute(contacts.update().values(name="Ann"))
            raise LookupError
    async with in_tenant(engine_of("ticketing"), "acme") as connection:
        found = (await connection.execute(select(contacts.c.id, contacts.c.name))).one()
    assert found == (contact, "")


async def test_the_tenant_ends_with_its_transaction(engine_of: Engines) -> None:
    engine = engine_of("ticketing")
    await add_contact(engine, "acme")
    async with engine.connect() as connection:
        assert (await connection.execute(select(func.count()).select_from(contacts))).scalar_one() == 0


async def test_the_sweep_role_ends_with_its_transaction(engine_of: Engines) -> None:
    engine = engine_of("ingest")
    async with sweeping(engine) as connection:
        assert (await connection.execute(text("SELECT current_user"))).scalar_one() == "postroom_sweep"
    assert (await whoami(engine))[0] == "postroom_ingest"


async def test_a_listener_sets_events_and_calls_back(database_url: str, engine_of: Engines) -> None:
    woken, heard = asyncio.Event(), asyncio.Queue[str]()
    async with Listener(database_url, "desk", {"outbox": woken, "answers": heard.put_nowait}):
        await notify(engine_of("desk"), "outbox", "")
        await notify(engine_of("desk"), "answers", "42")
        async with asyncio.timeout(10):
            await woken.wait()
            assert await heard.get() == "42"


async def test_a_listener_comes_back_when_its_session_is_lost(database_url: str, engine_of: Engines) -> None:
    heard = asyncio.Queue[str]()
    async with Listener(database_url, "desk", {"answers": heard.put_nowait}):
        await disconnect(database_url, "postroom-desk-listen")
        async with asyncio.timeout(20):
            while heard.empty():
                await notify(engine_of("desk"), "answers", "back")
                await asyncio.sleep(0)
        assert await heard.get() == "back"


async def test_a_listener_waits_for_a_server_that_is_not_there() -> None:
    async with Listener("postgresql://nobody@127.0.0.1:1/none", "desk", {"outbox": asyncio.Event()}):
        pass


async def notify(engine: AsyncEngine, channel: str, payload: str) -> None:
    async with engine.begin() as connection:
        await connection.execute(select(func.pg_notify(channel, payload)))


async def disconnect(url: str, application: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        closed = await connection.fetch(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE application_name = $1 AND datname = current_database()",
            application,
        )
        assert len(closed) == 1
    finally:
        await connection.close()
