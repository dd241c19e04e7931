"""Operations tells what waits on the broker, and stays a page when the broker cannot be asked."""

import asyncio
import re

from services.desk.asking.flowing import PATIENCE_SECONDS, flow_of
from services.desk.desk import Desk
from shared.contracts.errors import Transient
from shared.messaging.embedded import EmbeddedTransport
from shared.messaging.parked import ParkedMessage
from tests.service.desk.conftest import Browser


class Broker:
    """Stands for the broker: it tells, refuses, or hangs."""

    def __init__(self, *, queued: dict[str, int] | Exception, hangs: bool = False) -> None:
        self._queued = queued
        self._hangs = hangs

    async def replay(self, message: ParkedMessage) -> None:
        raise NotImplementedError

    async def unready(self) -> str | None:
        if self._hangs:
            await asyncio.Event().wait()
        return None

    async def queued(self) -> dict[str, int]:
        if isinstance(self._queued, Exception):
            raise self._queued
        return self._queued


async def operations(desk: Desk, eva: Browser, transport: Broker) -> str:
    object.__setattr__(desk, "transport", transport)
    answer = await eva.get("/operations")
    assert answer.status_code == 200
    return " ".join(re.sub("<[^>]+>", " ", answer.text).split())


async def test_each_service_has_the_sum_of_its_queues(desk: Desk, eva: Browser) -> None:
    counted = {"mailer.mail.send.v1": 3, "mailer.x": 4, "parser.mail.stored.v1": 0, "postroom.later.10": 2}
    page = await operations(desk, eva, Broker(queued=counted))
    assert "7 on the broker" in page
    assert page.count("0 on the broker") == 4
    assert "2 messages failed and wait for another attempt" in page


async def test_a_broker_that_refuses_is_a_word_on_the_page(desk: Desk, eva: Browser) -> None:
    page = await operations(desk, eva, Broker(queued=Transient("broker unreachable: AMQPError")))
    assert "How much waits on the broker is not known: Broker unreachable: AMQPError" in page
    assert "All is well" not in page
    assert "Conservation" in page


async def test_a_broker_that_hangs_does_not_hold_the_page(desk: Desk, eva: Browser) -> None:
    began = asyncio.get_running_loop().time()
    page = await operations(desk, eva, Broker(queued={}, hangs=True))
    assert f"does not answer within {PATIENCE_SECONDS:g} seconds" in page
    assert asyncio.get_running_loop().time() - began < PATIENCE_SECONDS + 10


async def test_without_a_broker_nothing_is_said_of_one(desk: Desk) -> None:
    assert (await flow_of(EmbeddedTransport(desk.engine))).queued is None
    assert (await flow_of(None)).unknown is None
