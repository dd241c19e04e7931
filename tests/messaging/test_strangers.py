"""What strangers put into queues: parked with a reason, seen, replayed or dropped; others go on."""

from typing import Any

import aio_pika
import pytest
from sqlalchemy import text
from structlog.testing import capture_logs

from shared.contracts.base import Message
from shared.messaging.parked import ParkedMessage, take
from shared.messaging.publishing import ATTEMPTS, CONTRACT, QUEUE, TENANT
from shared.messaging.topology import PARKED
from shared.storage.engine import engine_as
from tests.messaging.bench import Bench, Handling, assembly, ring, until
from tests.messaging.management import channel_to
from tests.messaging.stories import Rang

ALPHA = "alpha.test.rang.v1"
SAID = {CONTRACT: Rang.name}
NOISE = b"\xff\xfe\x00 no JSON"

JUNK: dict[str, tuple[bytes, dict[str, Any], str]] = {
    "noise": (NOISE, {"headers": SAID}, "malformed: body json_invalid"),
    "nothing at all": (b"", {}, "not_ours: the message says it is an unknown contract"),
    "no headers": (
        ring().model_dump_json().encode(),
        {},
        "not_ours: the message says it is an unknown contract",
    ),
    "unknown version": (
        b"{}",
        {"headers": {CONTRACT: "test.rang.v9"}},
        "not_ours: the message says it is an",
    ),
    "malformed": (b'{"text": []}', {"headers": SAID}, "malformed: tenant missing; text string_type"),
    "headers of other types": (
        b"{}",
        {"headers": {CONTRACT: 7, ATTEMPTS: "many", TENANT: [1]}},
        "not_ours: ",
    ),
    "more attempts than a number holds": (NOISE, {"headers": SAID | {ATTEMPTS: 2**40}}, "malformed: "),
    "headers that lie": (
        NOISE,
        {"headers": SAID | {ATTEMPTS: -3, QUEUE: "beta.test.rang.v1"}},
        "malformed: ",
    ),
    "a NUL in each name": (
        NOISE,
        {"headers": SAID | {"a\0b": "c\0d", TENANT: "e\0f", "x-death": "g\0h"}, "message_id": "i\0j"},
        "malformed: ",
    ),
    "a death of no known kind": (NOISE, {"headers": SAID | {"x-death": [7]}}, "malformed: "),
    "wants an answer": (
        NOISE,
        {"headers": SAID, "reply_to": "nobody", "correlation_id": "k\0l", "content_encoding": "gzip"},
        "malformed: ",
    ),
}


def hearing(heard: list[str]) -> Handling:
    async def hear(message: Rang) -> None:
        heard.append(message.text)

    return hear


async def put(
    bench: Bench, queue: str, body: bytes, **properties: Any
) -> None:  # Any: as aio-pika takes them
    async with channel_to(bench) as channel:
        await channel.default_exchange.publish(aio_pika.Message(body, **properties), queue)


async def taken(bench: Bench, parked: ParkedMessage) -> ParkedMessage:
    async with bench.engine.begin() as db:
        message = await take(db, parked.id)
    assert message is not None
    return message


@pytest.mark.parametrize(("body", "properties", "why"), JUNK.values(), ids=JUNK)
async def test_junk_is_parked_with_a_reason_and_others_go_on(
    rabbit: Bench, body: bytes, properties: dict[str, Any], why: str
) -> None:
    heard: list[str] = []
    await rabbit.run(assembly("alpha", Rang, hearing(heard)))
    await put(rabbit, ALPHA, body, **properties)
    await rabbit.send(ring("behind it"))
    parked = await rabbit.parked_one()
    assert (parked.queue, parked.body, parked.attempts) == (ALPHA, body, 1)
    assert parked.error.startswith(why)
    await until(lambda: heard == ["behind it"])
    assert await taken(rabbit, parked) == parked
    assert await rabbit.parked() == []


@pytest.mark.parametrize(("body", "properties", "_why"), JUNK.values(), ids=JUNK)
async def test_junk_in_the_parked_queue_itself_is_seen_and_others_follow(
    rabbit: Bench, body: bytes, properties: dict[str, Any], _why: str
) -> None:
    await rabbit.run(assembly("alpha", Rang, hearing([])))
    await put(rabbit, PARKED, body, **properties)
    parked = await rabbit.parked_one()
    assert parked.body == body
    await taken(rabbit, parked)
    await put(rabbit, ALPHA, NOISE)
    assert (await rabbit.parked_one()).queue == ALPHA


async def test_junk_that_is_replayed_reaches_only_its_queue_and_is_parked_again(rabbit: Bench) -> None:
    heard: list[str] = []

    async def overhear(message: Message) -> None:
        heard.append(message.name)

    transport = await rabbit.run(assembly("alpha", Rang, hearing(heard)), assembly("beta", Rang, overhear))
    await put(rabbit, ALPHA, NOISE, headers=SAID)
    first = await rabbit.parked_one()
    await transport.replay(await taken(rabbit, first))
    again = await rabbit.parked_one()
    assert (again.queue, again.body, again.error) == (first.queue, first.body, first.error)
    assert heard == []


async def test_what_the_table_of_parked_messages_refuses_is_kept_without_its_headers(rabbit: Bench) -> None:
    await change_the_table(rabbit, "ADD CHECK (contract IS NULL)")
    await rabbit.run(assembly("alpha", Rang, hearing([])))
    await put(rabbit, ALPHA, NOISE, headers=SAID)
    parked = await rabbit.parked_one()
    assert (parked.queue, parked.body, parked.tenant) == (PARKED, NOISE, None)
    assert parked.error.startswith("what it says of itself cannot be kept: IntegrityError 23514")


async def test_what_cannot_be_kept_now_stays_in_the_parked_queue(rabbit: Bench) -> None:
    await change_the_table(rabbit, "RENAME COLUMN body TO gone")
    await rabbit.run(assembly("alpha", Rang, hearing([])))
    with capture_logs() as told:
        await put(rabbit, ALPHA, NOISE, headers=SAID)
        await until(lambda: [line for line in told if line["event"] == "parked.undrained"])
    await change_the_table(rabbit, "RENAME COLUMN gone TO body")
    assert (await rabbit.parked_one()).error == "malformed: body json_invalid"


async def change_the_table(bench: Bench, how: str) -> None:
    owner = engine_as(bench.database_url, "test")
    async with owner.begin() as db:
        await db.execute(text(f"ALTER TABLE messages.parked {how}"))
    await owner.dispose()
