"""A table has one writing service; who reads is listed; the sweep sees columns."""

from collections.abc import AsyncIterator, Callable

import asyncpg
import pytest
from sqlalchemy import Table, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.engine import in_tenant
from shared.storage.grants import LEASE_COLUMNS, SERVICES
from shared.storage.ingest import cursors
from shared.storage.owners import NO_POLICY, READERS, SWEEP_ROLE, SWEPT, WRITERS, role_of
from shared.storage.tables import SCHEMAS, TABLES
from shared.storage.tickets import contacts
from tests.storage.rows import add_contact

PRIVILEGES = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")


@pytest.fixture
async def owner(database_url: str) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(database_url)
    yield connection
    await connection.close()


def expected(service: str, table: Table) -> set[str]:
    if WRITERS.get(str(table.schema)) == service or table.schema in NO_POLICY:
        return {"SELECT", "INSERT", "UPDATE", "DELETE"}
    return {"SELECT"} if table.schema in READERS.get(service, ()) else set()


@pytest.mark.parametrize("service", SERVICES)
async def test_a_service_writes_its_own_tables_and_reads_what_is_listed(
    owner: asyncpg.Connection, service: str
) -> None:
    for table in TABLES:
        name = f'{table.schema}."{table.name}"'
        held = {
            privilege
            for privilege in PRIVILEGES
            if await owner.fetchval(
                "SELECT has_table_privilege($1, $2, $3)", role_of(service), name, privilege
            )
        }
        assert held == expected(service, table), name


async def test_the_sweep_sees_and_leases_by_its_columns_only(owner: asyncpg.Connection) -> None:
    for table in TABLES:
        columns = SWEPT.get(table.fullname, ())
        name = f'{table.schema}."{table.name}"'
        for column in table.c:
            asked = (SWEEP_ROLE, name, column.name)
            query = "SELECT has_column_privilege($1, $2, $3, $4)"
            assert await owner.fetchval(query, *asked, "SELECT") == (column.name in columns)
            leases = column.name in columns and column.name in LEASE_COLUMNS
            assert await owner.fetchval(query, *asked, "UPDATE") == leases
            assert not await owner.fetchval(query, *asked, "INSERT")
        assert not await owner.fetchval("SELECT has_table_privilege($1, $2, 'DELETE')", SWEEP_ROLE, name)


async def test_every_schema_has_an_owner() -> None:
    assert {*WRITERS, *NO_POLICY} == set(SCHEMAS)


async def test_the_parser_has_no_role(owner: asyncpg.Connection) -> None:
    roles = {row["rolname"] for row in await owner.fetch("SELECT rolname FROM pg_roles")}
    assert role_of("parser") not in roles
    assert {role_of(service) for service in SERVICES} <= roles


async def test_no_role_signs_in_or_passes_by_the_policies(owner: asyncpg.Connection) -> None:
    found = await owner.fetch(
        "SELECT rolname FROM pg_roles WHERE rolname LIKE 'postroom\\_%'"
        " AND (rolcanlogin OR rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)"
        " AND rolname = ANY($1)",
        [*(role_of(service) for service in SERVICES), SWEEP_ROLE],
    )
    assert found == []


async def test_the_desk_cannot_change_a_contact(engine_of: Callable[[str], AsyncEngine]) -> None:
    await add_contact(engine_of("ticketing"), "acme")
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with in_tenant(engine_of("desk"), "acme") as connection:
            await connection.execute(update(contacts).values(name="Eve"))


async def test_ingest_cannot_read_tickets(engine_of: Callable[[str], AsyncEngine]) -> None:
    with pytest.raises(ProgrammingError, match="permission denied"):
        async with in_tenant(engine_of("ingest"), "acme") as connection:
            await connection.execute(contacts.select())


async def test_the_sweep_cannot_read_where_a_cursor_stands(engine_of: Callable[[str], AsyncEngine]) -> None:
    async with engine_of("ingest").begin() as connection:
        await connection.execute(text(f"SET LOCAL ROLE {SWEEP_ROLE}"))
        await connection.execute(text("SELECT id, tenant, due_at FROM ingest.cursor"))
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(cursors.select())


async def test_a_writer_may_draw_numbers_from_its_sequences(engine_of: Callable[[str], AsyncEngine]) -> None:
    drawn = text("SELECT nextval(pg_get_serial_sequence('ticketing.history', 'id'))")
    async with engine_of("ticketing").connect() as connection:
        assert (await connection.execute(drawn)).scalar_one() == 1
    async with engine_of("desk").connect() as connection:
        with pytest.raises(ProgrammingError, match="permission denied"):
            await connection.execute(drawn)
