"""Messages that are not ours, put straight onto the broker of a running product: seen, in nobody's way."""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aio_pika
import pytest
from aio_pika.exceptions import PublishError

from shared.contracts.base import CONTRACTS
from shared.contracts.freezing import every_contract
from shared.contracts.mail import Address, MailParsed, MailStored, MailUnreadable
from shared.messaging.publishing import ATTEMPTS, CONTRACT, TENANT
from shared.messaging.queues import depths
from shared.messaging.topology import EXCHANGE, PARKED, all_queues, queues_of
from shared.settings import ProcessSettings
from tests.installation import SUPPORT
from tests.installation import TENANT as OURS
from tests.system.nasty import ordinary
from tests.system.product import Product, running, watched

RAW, PARSED, UNREADABLE = "parser.mail.stored.v1", "ticketing.mail.parsed.v1", "ingest.mail.unreadable.v1"
NO_BLOB = "0" * 64
ROW = re.compile(r"<td><code>([^<]*)</code></td><td><code>([^<]*)</code></td>")
MAILS = 5

pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Junk:
    """A message, the queue that it is put into, and what the desk then says of it."""

    queue: str
    told: str
    body: bytes = b"{}"
    # the type of AMQP's own headers
    headers: Mapping[str, str | int | bytearray] = field(default_factory=dict)
    tenant: str | None = OURS

    def message(self) -> aio_pika.Message:
        tenant = {TENANT: self.tenant} if self.tenant else {}
        return aio_pika.Message(self.body, headers={**tenant, **self.headers}, message_id=str(uuid4()))


def junk() -> list[Junk]:
    """Everything that each queue could be given by mistake, and what only a certain queue minds."""
    everywhere = [
        Junk(queue, told, body, headers, tenant)
        for contract in every_contract().values()
        for queue in queues_of(contract)
        for told, body, headers, tenant in (
            ("malformed: body json_invalid", b"\xff\x00 not JSON", {CONTRACT: contract.name}, None),
            (
                "not_ours: the message says it is an unknown contract",
                b"{}",
                {CONTRACT: "mail.eaten.v9"},
                OURS,
            ),
            ("malformed: tenant missing", b"{}", {CONTRACT: contract.name}, OURS),
        )
    ]
    other = next(name for name in CONTRACTS if name != MailStored.name)
    return [
        *everywhere,
        Junk(RAW, "not_ours: the message says it is another contract", headers={CONTRACT: other}),
        Junk(RAW, "not_ours: the message says it is an unknown", headers={CONTRACT: 7, ATTEMPTS: "x"}),
        Junk(PARKED, "a stranger put it here", b"\x00\x01", {CONTRACT: bytearray(b"\xff\x00")}, None),
        _stored("blob_missing: ", OURS, NO_BLOB),
        _stored("blob_missing: ", "nowhere", NO_BLOB),
        _stored("ValueError", "../../etc", NO_BLOB),
        _stored("ValueError", OURS, "../../../etc/passwd"),
        _parsed("blob_missing: ", OURS),
        _parsed("blob_missing: ", "nowhere"),
        _unreadable("unknown_mail: ", OURS),
        _unreadable("unknown_mail: ", "nowhere"),
    ]


def _stored(told: str, tenant: str, blob: str) -> Junk:
    message = MailStored(
        tenant=tenant,
        mail=uuid4(),
        mailbox=uuid4(),
        mailbox_address=SUPPORT,
        blob=blob,
        size=1,
        received_at=datetime.now(UTC),
    )
    return Junk(RAW, told, message.model_dump_json().encode(), {CONTRACT: message.name}, tenant)


def _parsed(told: str, tenant: str) -> Junk:
    message = MailParsed(
        tenant=tenant,
        mail=uuid4(),
        mailbox=uuid4(),
        mailbox_address=SUPPORT,
        raw=NO_BLOB,
        document=NO_BLOB,
        received_at=datetime.now(UTC),
        message_id="stray@firm.example",
        fingerprint=NO_BLOB,
        sender=Address(address="stray@firm.example"),
        submitter=Address(address="stray@firm.example"),
    )
    return Junk(PARSED, told, message.model_dump_json().encode(), {CONTRACT: message.name}, tenant)


def _unreadable(told: str, tenant: str) -> Junk:
    message = MailUnreadable(tenant=tenant, mail=uuid4(), reason="time")
    return Junk(UNREADABLE, told, message.model_dump_json().encode(), {CONTRACT: message.name}, tenant)


@pytest.fixture
def settings(database_url: str, redis_url: str, vhost_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url, broker_url=vhost_url)


async def test_junk_on_the_broker_is_parked_and_seen_and_stops_nobody(settings: ProcessSettings) -> None:
    thrown = junk()
    async with running(settings) as product, watched(product):
        pids = {name: worker.pid for name, worker in product.workers.items()}
        await product.installation.add_mailbox()
        await deliver(product, range(MAILS))
        await throw(settings, thrown)
        await deliver(product, range(MAILS, 2 * MAILS))

        async def all_parked() -> bool:
            return len(await parked(product)) >= len(thrown)

        await product.installation.until(all_parked, "all junk is parked")
        await product.installation.until(lambda: nothing_left(settings), "nothing is left on the broker")
        seen = await parked(product)
        assert [one for one in thrown if not any(fits(one, *row) for row in seen)] == []
        assert len(seen) == len(thrown)
        assert set(await product.subjects()) == {f"Question {number}" for number in range(2 * MAILS)}
        assert {name: worker.pid for name, worker in product.workers.items() if not worker.died()} == pids


async def test_who_publishes_a_version_that_no_queue_takes_is_told(settings: ProcessSettings) -> None:
    async with running(settings), await aio_pika.connect(settings.broker_url or "") as connection:
        channel = await connection.channel(on_return_raises=True)
        exchange = await channel.get_exchange(EXCHANGE)
        with pytest.raises(PublishError):
            await exchange.publish(aio_pika.Message(b"{}"), "mail.stored.v9")


def fits(one: Junk, queue: str, told: str) -> bool:
    return queue == one.queue and told.startswith(one.told)


async def parked(product: Product) -> list[tuple[str, str]]:
    """Read queue and error of each parked message from the page that people see."""
    page = await product.page("/operations")
    return [(html.unescape(queue), html.unescape(told)) for queue, told in ROW.findall(page)]


async def throw(settings: ProcessSettings, thrown: list[Junk]) -> None:
    async with await aio_pika.connect(settings.broker_url or "") as connection:
        channel = await connection.channel(on_return_raises=True)
        for one in thrown:
            await channel.default_exchange.publish(one.message(), one.queue)


async def nothing_left(settings: ProcessSettings) -> bool:
    async with await aio_pika.connect(settings.broker_url or "") as connection:
        found = await depths(connection, [*all_queues(), PARKED])
        return not any(depth.ready for depth in found.values())


async def deliver(product: Product, numbers: range) -> None:
    """Let mails arrive and wait until they are tickets."""
    sandbox = product.installation.sandbox
    delivered = {str(number): sandbox.deliver(SUPPORT, ordinary(number)) for number in numbers}
    await product.installation.until(
        lambda: product.at_rest(delivered), "mails are placed", 60, scanning=True
    )
