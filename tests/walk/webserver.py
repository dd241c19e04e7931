"""The desk's web server of a walk, which a test ends and starts again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import httpx

from postroom.privacy import PrivacyIn
from postroom.together import Together
from services.desk.serving import serve


@dataclass
class WebServer:
    """It serves from `start` to `end`; what it kept in its memory is gone then."""

    running: Together
    url: str
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _serving: asyncio.Task[None] | None = None

    async def start(self) -> None:
        house, self._stop = self.running.house, asyncio.Event()
        work = serve(house, self.running.transport, self._stop, PrivacyIn(house))
        self._serving = asyncio.create_task(work)

    async def end(self) -> None:
        self._stop.set()
        if self._serving:
            await self._serving

    async def ready(self) -> bool:
        """Whether it answers. Raises what ended it by itself."""
        if self._serving and self._serving.done():
            await self._serving
        async with httpx.AsyncClient(base_url=self.url) as http:
            try:
                return (await http.get("/ready")).status_code == httpx.codes.OK
            except httpx.TransportError:
                return False


@asynccontextmanager
async def web_server(running: Together, port: int) -> AsyncIterator[WebServer]:
    server = WebServer(running, f"http://127.0.0.1:{port}")
    await server.start()
    try:
        yield server
    finally:
        await server.end()
