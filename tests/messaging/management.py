"""What one sees of a broker from outside the product: its management API, and a channel of one's own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlsplit

import aio_pika
import httpx
from aio_pika.abc import AbstractChannel

from tests.brokers import Broker
from tests.messaging.bench import Bench

Rows = list[dict[str, Any]]  # Any: JSON of the broker


@asynccontextmanager
async def channel_to(bench: Bench) -> AsyncIterator[AbstractChannel]:
    async with await aio_pika.connect(bench.url) as connection, connection.channel() as channel:
        yield channel


class Api:
    """The management API on one virtual host."""

    def __init__(self, broker: Broker, vhost_url: str) -> None:
        self._url = broker.api
        self._vhost = urlsplit(vhost_url).path.strip("/")
        self._user = urlsplit(broker.url).username or "guest"

    async def queues(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: row for row in await self._rows(f"/api/queues/{self._vhost}")}

    async def prefetch(self) -> dict[str, int]:
        """How much each queue's consumer may hold."""
        rows = await self._rows(f"/api/consumers/{self._vhost}")
        return {row["queue"]["name"]: row["prefetch_count"] for row in rows}

    async def connections(self) -> list[str]:
        return [
            row["name"] for row in await self._rows("/api/connections") if row.get("vhost") == self._vhost
        ]

    async def close(self, connection: str) -> None:
        await self._ask("DELETE", f"/api/connections/{quote(connection, safe='')}")

    async def let(self, *, configure: str = ".*", read: str = ".*") -> None:
        """From now on what can be declared or deleted, and consumed, is what these expressions match."""
        allowed = {"configure": configure, "write": ".*", "read": read}
        await self._ask("PUT", f"/api/permissions/{self._vhost}/{quote(self._user)}", allowed)

    async def limit(self, queues: str, length: int) -> None:
        """From now on the queues whose names match hold no more."""
        policy = {"pattern": queues, "definition": {"max-length": length}, "apply-to": "queues"}
        await self._ask("PUT", f"/api/policies/{self._vhost}/limit", policy)

    async def _rows(self, path: str) -> Rows:
        rows: Rows = (await self._ask("GET", path)).json()
        return rows

    async def _ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self._url) as client:
            return (await client.request(method, path, json=body)).raise_for_status()
