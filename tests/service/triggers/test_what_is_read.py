"""What the service reads for one event: who is around when a trigger fires, the clock when one asks it."""

from collections.abc import Callable, Iterator
from uuid import uuid4

import pytest
from pydantic import JsonValue
from sqlalchemy import event, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.triggers.handlers import hear
from shared.blobs.filesystem import FilesystemBlobs
from shared.messaging.unit import Units
from shared.storage.config import options, tenants, triggers
from shared.storage.engine import engine_as
from shared.storage.triggers import verdicts
from tests.unit.triggers.events import CREATED, MOMENT

AROUND = {"config.user", "config.custom_field", "ticketing.participant", "triggers.effect"}
CLOCK = "config.option"
FITS: dict[str, JsonValue] = {"op": "is", "field": "priority", "value": "high"}
NOT_SO: dict[str, JsonValue] = {"op": "is", "field": "priority", "value": "low"}


@pytest.fixture
def engine(engine_of: Callable[[str], AsyncEngine]) -> AsyncEngine:
    return engine_of("triggers")


@pytest.fixture
def asked(engine: AsyncEngine) -> Iterator[list[str]]:
    """Every statement that the service sends."""
    statements: list[str] = []

    def note(*told: object) -> None:
        statements.append(str(told[2]))

    event.listen(engine.sync_engine, "before_cursor_execute", note)
    yield statements
    event.remove(engine.sync_engine, "before_cursor_execute", note)


async def add(database_url: str, *conditions: JsonValue) -> None:
    """Add triggers that set the priority, in a tenant whose clock says that it is always closed."""
    owner = engine_as(database_url, "test-owner", pool_size=1)
    does = {
        "when": {"kinds": "both"},
        "action": "change_field",
        "params": {"field": "status", "value": "new"},
    }
    facts = {"tenant": "default", "type": "NEW_TICKET_CREATED", "created_at": MOMENT, **does}
    hours = {"name": "business_hours", "value": ["sunday 01:00-02:00"], "changed_by": "x"}
    async with owner.begin() as db:
        await db.execute(insert(tenants).values(id="default", name="Default", created_at=MOMENT))
        await db.execute(insert(options).values(tenant="default", changed_at=MOMENT, **hours))
        rows = [
            {"id": uuid4(), "name": str(n), "conditions": one, **facts} for n, one in enumerate(conditions)
        ]
        await db.execute(insert(triggers), rows)
    await owner.dispose()


async def outcomes(engine: AsyncEngine, database_url: str, blobs: FilesystemBlobs) -> set[str]:
    await hear(CREATED, Units(engine, "triggers"), blobs)
    owner = engine_as(database_url, "test-owner", pool_size=1)
    async with owner.begin() as db:
        found = set((await db.execute(select(verdicts.c.outcome))).scalars())
    await owner.dispose()
    return found


def read(asked: list[str]) -> set[str]:
    return {
        table
        for table in (*AROUND, CLOCK)
        for one in asked
        if one.lstrip().startswith(("SELECT", "WITH"))
        and f"{table} " in one.replace(chr(10), " ").replace(chr(34), "")
    }


async def test_an_event_that_nobody_fires_on_reads_nobody_around(
    engine: AsyncEngine, database_url: str, blobs: FilesystemBlobs, asked: list[str]
) -> None:
    await add(database_url, NOT_SO, {"op": "not", "of": FITS})
    assert await outcomes(engine, database_url, blobs) == {"not"}
    assert read(asked) == set()


async def test_an_event_that_one_fires_on_reads_who_is_around_and_no_clock(
    engine: AsyncEngine, database_url: str, blobs: FilesystemBlobs, asked: list[str]
) -> None:
    await add(database_url, NOT_SO, FITS)
    assert await outcomes(engine, database_url, blobs) == {"not", "fired"}
    assert read(asked) == AROUND


async def test_a_condition_that_asks_the_time_anywhere_in_it_is_asked_by_the_tenants_clock(
    engine: AsyncEngine, database_url: str, blobs: FilesystemBlobs, asked: list[str]
) -> None:
    is_open: JsonValue = {"op": "is", "field": "time.business_hours", "value": True}
    await add(database_url, {"op": "all", "of": [FITS, {"op": "not", "of": is_open}]}, is_open)
    assert await outcomes(engine, database_url, blobs) == {"not", "fired"}
    assert CLOCK in read(asked)
