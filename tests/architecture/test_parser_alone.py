"""The parser starts and parses with no database in sight."""

import asyncio
import os
import sys
from pathlib import Path
from uuid import uuid4

import aio_pika

from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.mail import MailParsed, MailStored
from shared.messaging.unit import now

MAIL = (
    b"From: Anna <anna@customer.example>\r\nSubject: Printer\r\nMessage-ID: <a@b.example>"
    b"\r\n\r\nIt burns.\r\n"
)


async def test_the_parser_parses_without_a_database(vhost_url: str, home: Path) -> None:
    blobs = FilesystemBlobs(home / "blobs")
    blob = await blobs.put("default", MAIL)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("POSTROOM_")}
    environment |= {"POSTROOM_HOME": str(home), "POSTROOM_BROKER_URL": vhost_url}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "services.parser", env=environment, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        stored = MailStored(
            tenant="default",
            mail=uuid4(),
            mailbox=uuid4(),
            mailbox_address="support@helpdesk.example",
            blob=blob,
            size=len(MAIL),
            received_at=now(),
        )
        parsed = await asyncio.wait_for(_ask(vhost_url, stored), 60)
    finally:
        process.terminate()
        await process.wait()
    assert parsed.subject == "Printer"
    assert parsed.submitter.address == "anna@customer.example"


async def _ask(url: str, stored: MailStored) -> MailParsed:
    """Publish once the parser has declared its queues, and wait for what it tells ticketing."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        while not await _there(connection):  # noqa: ASYNC110 - another process is waited for
            await asyncio.sleep(0.1)
        exchange = await channel.get_exchange("postroom")
        message = aio_pika.Message(
            stored.model_dump_json().encode(),
            headers={"x-postroom-contract": stored.name, "x-postroom-tenant": stored.tenant},
            message_id=str(stored.id),
        )
        await exchange.publish(message, routing_key=stored.name)
        queue = await channel.get_queue("ticketing.mail.parsed.v1")
        async with queue.iterator() as answers:
            async for answer in answers:
                await answer.ack()
                return MailParsed.model_validate_json(answer.body)
    raise AssertionError("the connection ended")


async def _there(connection: aio_pika.abc.AbstractConnection) -> bool:
    channel = await connection.channel()
    try:
        queue = await channel.get_queue("parser.mail.stored.v1")
        return bool((await queue.declare()).consumer_count)
    except aio_pika.exceptions.ChannelClosed:
        return False
