"""A note that a trigger writes travels as a blob: no word of it is in a message or in what triggers keep."""

import json
from collections.abc import Callable
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.triggers.handlers import hear
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.sending import Draft
from shared.messaging.failures import AlreadyHandled
from shared.messaging.unit import Units
from shared.storage.config import tenants, triggers
from shared.storage.engine import engine_as
from shared.storage.messages import outbox
from shared.storage.triggers import effects, verdicts
from tests.unit.triggers.events import CREATED, MOMENT

WORDS = "Quibbleworth asked about {{ ticket.subject }}"


@pytest.fixture
async def owner(database_url: str) -> AsyncEngine:
    """The owner of the tables, with a tenant and a trigger there that writes a note on each new ticket."""
    engine = engine_as(database_url, "test-owner", pool_size=1)
    does = {"when": {"kinds": "both"}, "action": "add_note", "params": {"text": WORDS}}
    trigger = {"id": UUID(int=5), "tenant": "default", "name": "Note", "type": "NEW_TICKET_CREATED", **does}
    async with engine.begin() as db:
        await db.execute(insert(tenants).values(id="default", name="Default", created_at=MOMENT))
        await db.execute(insert(triggers).values(created_at=MOMENT, **trigger))
    return engine


async def test_a_note_is_a_blob_and_its_words_are_in_no_message(
    owner: AsyncEngine, engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs
) -> None:
    units = Units(engine_of("triggers"), "triggers")
    await hear(CREATED, units, blobs)
    with pytest.raises(AlreadyHandled):
        await hear(CREATED, units, blobs)
    async with owner.begin() as db:
        (message,) = (await db.execute(select(outbox))).all()
        kept = [*(await db.execute(select(effects))), *(await db.execute(select(verdicts)))]
    await owner.dispose()
    command = json.loads(message.body)
    assert (message.contract, command["ticket"]) == ("ticket.note.write.v2", str(CREATED.ticket.id))
    draft = Draft.model_validate_json(await blobs.get("default", command["body"]))
    assert draft.text == "Quibbleworth asked about Scanner is on fire"
    assert "Quibbleworth" not in f"{message} {kept}"
    assert len(kept) == 2
