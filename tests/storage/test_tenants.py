"""Row-level security: the second lock under every query's own filter."""

from collections.abc import AsyncIterator, Callable
from uuid import uuid4

import pytest
from sqlalchemy import Column, Table, delete, insert, select, text, update
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.storage.columns import metadata
from shared.storage.config import tenants
from shared.storage.engine import engine_as, in_tenant, sweeping
from shared.storage.grants import SERVICES
from shared.storage.ingest import cursors
from shared.storage.owners import NO_POLICY, READERS, SWEPT, WRITERS
from shared.storage.tables import TABLES
from shared.storage.tickets import contacts
from tests.storage.filling import fill
from tests.storage.rows import NOW, add_contact, add_cursor

Engines = Callable[[str], AsyncEngine]


async def test_without_a_tenant_there_are_no_rows(engine_of: Engines) -> None:
    await add_contact(engine_of("ticketing"), "acme")
    async with engine_of("ticketing").connect() as connection:
        assert (await connection.execute(select(contacts))).all() == []


@pytest.mark.parametrize("service", ["ticketing", "desk"])
async def test_rows_of_another_tenant_are_invisible(engine_of: Engines, service: str) -> None:
    await add_contact(engine_of("ticketing"), "acme")
    async with in_tenant(engine_of(service), "other") as connection:
        assert (await connection.execute(select(contacts))).all() == []
    async with in_tenant(engine_of(service), "acme") as connection:
        assert len((await connection.execute(select(contacts))).all()) == 1


async def test_rows_of_another_tenant_cannot_be_changed_or_deleted(engine_of: Engines) -> None:
    await add_contact(engine_of("ticketing"), "acme")
    async with in_tenant(engine_of("ticketing"), "other") as connection:
        assert (await connection.execute(update(contacts).values(name="Eve"))).rowcount == 0
        assert (await connection.execute(delete(contacts))).rowcount == 0


async def test_a_row_cannot_be_written_for_another_tenant(engine_of: Engines) -> None:
    row = {"id": uuid4(), "tenant": "other", "address": "eve@example.com", "created_at": NOW}
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with in_tenant(engine_of("ticketing"), "acme") as connection:
            await connection.execute(insert(contacts).values(**row))


async def test_a_row_cannot_be_moved_to_another_tenant(engine_of: Engines) -> None:
    await add_contact(engine_of("ticketing"), "acme")
    with pytest.raises(ProgrammingError, match="row-level security"):
        async with in_tenant(engine_of("ticketing"), "acme") as connection:
            await connection.execute(update(contacts).values(tenant="other"))


async def test_a_tenant_sees_itself_alone(engine_of: Engines) -> None:
    for tenant in ("acme", "other"):
        async with in_tenant(engine_of("desk"), tenant) as connection:
            await connection.execute(insert(tenants).values(id=tenant, name=tenant, created_at=NOW))
    async with in_tenant(engine_of("mailer"), "acme") as connection:
        assert (await connection.execute(select(tenants.c.id))).scalars().all() == ["acme"]


async def test_a_sweep_sees_every_tenant(engine_of: Engines) -> None:
    await add_cursor(engine_of("ingest"), "acme")
    await add_cursor(engine_of("ingest"), "other")
    async with sweeping(engine_of("ingest")) as connection:
        found = (await connection.execute(select(cursors.c.tenant))).scalars().all()
    assert sorted(found) == ["acme", "other"]


async def test_every_table_has_its_policies(engine_of: Engines) -> None:
    query = text(
        "SELECT c.relrowsecurity, n.nspname, c.relname,"
        " coalesce(array_agg(p.polname::text ORDER BY p.polname) FILTER (WHERE p.polname IS NOT NULL), '{}')"
        " FROM pg_class c"
        " JOIN pg_namespace n ON n.oid = c.relnamespace LEFT JOIN pg_policy p ON p.polrelid = c.oid"
        " WHERE c.relkind = 'r' GROUP BY 1, 2, 3"
    )
    async with engine_of("desk").connect() as connection:
        found = {
            f"{schema}.{table}": (on, policies)
            for on, schema, table, policies in await connection.execute(query)
        }
    for table in TABLES:
        swept = ["sweep"] if table.fullname in SWEPT else []
        expected = (False, []) if table.schema in NO_POLICY else (True, [*swept, "tenant"])
        assert found[table.fullname] == expected, table.fullname


@pytest.fixture
async def filled(database_url: str) -> AsyncIterator[None]:
    """Two tenants with a row in every table."""
    owner = engine_as(database_url, "test-owner", pool_size=1)
    await fill(owner, "acme", "acme's")
    await fill(owner, "other", "other's")
    yield
    await owner.dispose()


def tenant_of(table: Table) -> Column[str]:
    return table.c.tenant if "tenant" in table.c else table.c.id


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("service", SERVICES)
async def test_of_every_table_a_service_sees_its_tenant_alone(engine_of: Engines, service: str) -> None:
    for table in TABLES:
        if table.schema in NO_POLICY:
            continue
        seen = select(tenant_of(table))
        readable = table.schema in READERS.get(service, ()) or WRITERS[str(table.schema)] == service
        if not readable:
            with pytest.raises(ProgrammingError, match="permission denied"):
                async with in_tenant(engine_of(service), "acme") as connection:
                    await connection.execute(seen)
            continue
        async with in_tenant(engine_of(service), "acme") as connection:
            assert list(await connection.scalars(seen)) == ["acme"], table.fullname
        async with engine_of(service).connect() as connection:
            assert list(await connection.scalars(seen)) == [], table.fullname


@pytest.mark.usefixtures("filled")
@pytest.mark.parametrize("service", SERVICES)
async def test_in_every_table_a_service_writes_what_is_its_own_and_of_its_tenant(
    engine_of: Engines, service: str
) -> None:
    for table in metadata.sorted_tables[::-1]:
        if table.schema in NO_POLICY:
            continue
        tenant, written = tenant_of(table), [column for column in table.c if column.computed is None]
        writes = [
            update(table).where(tenant == "other").values({tenant: tenant}),
            delete(table).where(tenant == "other"),
            insert(table).from_select(written, select(*written)),
        ]
        for write in writes[: 2 if WRITERS[str(table.schema)] == service else 3]:
            if WRITERS[str(table.schema)] == service:
                async with in_tenant(engine_of(service), "acme") as connection:
                    assert (await connection.execute(write)).rowcount == 0, table.fullname
                continue
            with pytest.raises(ProgrammingError, match="permission denied"):
                async with in_tenant(engine_of(service), "acme") as connection:
                    await connection.execute(write)
