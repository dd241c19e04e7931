"""A webhook is sent again whatever action asked for it; what is no webhook is not."""

from collections.abc import Callable
from uuid import UUID, uuid4

import pytest
from pydantic import JsonValue
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.triggers.hooks import replay
from shared.contracts.hooks import ReplayHook
from shared.contracts.tickets import Actor
from shared.messaging.unit import Units
from shared.storage.config import tenants
from shared.storage.engine import engine_as
from shared.storage.messages import inbox
from shared.storage.triggers import effects
from tests.unit.triggers.events import MOMENT

CALL: dict[str, JsonValue] = {"url": "https://chat.test", "secret": "sealed:x", "body": "{}"}


@pytest.mark.parametrize(
    ("action", "payload", "outcome"),
    [
        ("webhook", CALL, ("waiting", {"ok"})),
        ("page_duty", CALL, ("waiting", {"ok"})),
        ("send_email", {}, ("parked", {"refused"})),
    ],
)
async def test_a_delivery_waits_again_and_what_is_none_is_refused(
    database_url: str,
    engine_of: Callable[[str], AsyncEngine],
    action: str,
    payload: dict[str, JsonValue],
    outcome: tuple[str, set[str]],
) -> None:
    owner, one = engine_as(database_url, "test-owner", pool_size=1), uuid4()
    row = {
        "id": one,
        "tenant": "default",
        "event": uuid4(),
        "trigger": UUID(int=5),
        "target": "x",
        "at": MOMENT,
    }
    async with owner.begin() as db:
        await db.execute(insert(tenants).values(id="default", name="Default", created_at=MOMENT))
        await db.execute(insert(effects).values(**row, action=action, payload=payload, state="parked"))
    command = ReplayHook(tenant="default", delivery=one, actor=Actor(name="Eva"))
    await replay(command, Units(engine_of("triggers"), "triggers"))
    async with owner.begin() as db:
        now = (await db.execute(select(effects.c.state))).scalar_one()
        (told,) = (await db.execute(select(inbox.c.result))).scalars()
    await owner.dispose()
    assert (now, set(told) & {"ok", "refused"}) == outcome
