"""Migrations: from nothing to this version's schema, by whoever owns the database, and never back."""

import asyncio
from collections.abc import Iterator

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, select
from sqlalchemy.engine import make_url

from shared.storage.columns import metadata
from shared.storage.engine import engine_as, in_tenant, make_engine
from shared.storage.grants import ROLES
from shared.storage.migrating import SchemaRefused, SchemaState, migrate, require_current_schema, schema_state
from shared.storage.tables import SCHEMAS
from shared.storage.tickets import contacts
from tests import servers
from tests.storage.rows import add_contact


@pytest.fixture
def empty_url(postgres_url: str) -> Iterator[str]:
    with servers.database(postgres_url) as url:
        yield url


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def state_of(url: str) -> SchemaState:
    engine = make_engine(url, "desk")
    try:
        return await schema_state(engine)
    finally:
        await engine.dispose()


def differences(connection: Connection) -> list[object]:
    options = {
        "include_schemas": True,
        "include_name": lambda name, kind, _: kind != "schema" or name in SCHEMAS,
        "compare_type": True,
        "compare_server_default": True,
    }
    return list(compare_metadata(MigrationContext.configure(connection, opts=options), metadata))


async def test_the_revisions_make_the_tables_that_the_code_knows(database_url: str) -> None:
    engine = engine_as(database_url, "test")
    async with engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await engine.dispose()


async def test_a_database_is_empty_and_then_current(empty_url: str, template_url: str) -> None:
    # the roles are of the cluster, and the template has made them
    assert await state_of(template_url) == "current"
    assert await state_of(empty_url) == "empty"
    await migrate(empty_url)
    assert await state_of(empty_url) == "current"


async def test_migrating_again_changes_nothing(database_url: str) -> None:
    await migrate(database_url)
    assert await state_of(database_url) == "current"


async def test_two_at_once_migrate_one_database(empty_url: str) -> None:
    await asyncio.gather(migrate(empty_url), migrate(empty_url))
    assert await state_of(empty_url) == "current"


async def test_a_grant_made_by_hand_is_taken_back(database_url: str) -> None:
    await execute(database_url, "GRANT INSERT ON ticketing.ticket TO postroom_desk")
    await migrate(database_url)
    connection = await asyncpg.connect(database_url)
    query = "SELECT has_table_privilege('postroom_desk', 'ticketing.ticket', 'INSERT')"
    assert await connection.fetchval(query) is False
    await connection.close()


@pytest.mark.parametrize(
    ("statement", "state", "message"),
    [
        ("UPDATE postroom.alembic_version SET version_num = '0003'", "older", "run `postroom migrate`"),
        ("UPDATE postroom.alembic_version SET version_num = '9999'", "newer", "start that version"),
        ("DELETE FROM postroom.alembic_version", "empty", "run `postroom migrate`"),
    ],
)
async def test_a_service_refuses_another_schema(
    database_url: str, statement: str, state: SchemaState, message: str
) -> None:
    await execute(database_url, statement)
    engine = make_engine(database_url, "mailer")
    assert await schema_state(engine) == state
    with pytest.raises(SchemaRefused, match=message):
        await require_current_schema(engine)
    await engine.dispose()


async def test_a_newer_schema_is_not_migrated(database_url: str) -> None:
    await execute(database_url, "UPDATE postroom.alembic_version SET version_num = '9999'")
    with pytest.raises(SchemaRefused, match="does not go back"):
        await migrate(database_url)


async def test_a_service_starts_on_the_current_schema(database_url: str) -> None:
    engine = make_engine(database_url, "mailer")
    await require_current_schema(engine)
    await engine.dispose()


@pytest.fixture
async def modest_url(empty_url: str, template_url: str) -> str:
    """A database that belongs to a user who is no superuser."""
    assert template_url, "it makes the roles"
    database = make_url(empty_url).database
    user = f"modest_{database}"
    await execute(
        empty_url,
        f"CREATE ROLE {user} LOGIN PASSWORD 'modest'",
        *(f"GRANT {role} TO {user}" for role in ROLES),
        f"ALTER DATABASE {database} OWNER TO {user}",
    )
    url = make_url(empty_url).set(username=user, password="modest")
    return url.render_as_string(hide_password=False)


async def test_an_owner_who_is_no_superuser_migrates_and_is_bound_like_others(
    modest_url: str, empty_url: str
) -> None:
    await migrate(modest_url)
    engine = make_engine(modest_url, "ticketing")
    await add_contact(engine, "acme")
    async with in_tenant(engine, "other") as connection:
        assert (await connection.execute(select(contacts))).all() == []
    await engine.dispose()
    user = make_url(modest_url).username
    await execute(
        empty_url, f"REASSIGN OWNED BY {user} TO CURRENT_USER", f"DROP OWNED BY {user}", f"DROP ROLE {user}"
    )
