"""The way to a server that a test can shut: then every connection is refused."""

import asyncio
from contextlib import suppress
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class Door:
    """A port of this machine that leads to another one while it is open."""

    def __init__(self, leads_to: int) -> None:
        self._leads_to = leads_to
        self._server: asyncio.Server | None = None
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._pass, HOST, self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    def shut(self) -> None:
        if self._server is not None:
            self._server.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.shut()

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there = await asyncio.open_connection(HOST, self._leads_to)
        await asyncio.gather(_copy(reader, there[1]), _copy(there[0], writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while chunk := await source.read(65_536):
            target.write(chunk)
            await target.drain()
    target.close()
