"""The servers that the tests run on."""

import aio_pika
import asyncpg
from redis.asyncio import Redis


async def test_a_database_of_a_test_is_migrated(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        assert await connection.fetchval("SELECT count(*) FROM ticketing.ticket") == 0
    finally:
        await connection.close()


async def test_redis_answers(redis_url: str) -> None:
    async with Redis.from_url(redis_url) as redis:
        assert await redis.set("answer", "42")


async def test_virtual_hosts_do_not_share_queues(broker_url: str, vhost_url: str) -> None:
    async with await aio_pika.connect(broker_url) as shared, await aio_pika.connect(vhost_url) as own:
        await (await shared.channel()).declare_queue("here", auto_delete=True)
        queue = await (await own.channel()).declare_queue("there", durable=True)
        assert queue.declaration_result.message_count == 0
        assert broker_url != vhost_url
