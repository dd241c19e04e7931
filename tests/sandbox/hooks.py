"""A subscriber's endpoint on this machine: what it was told, and how it answers."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from shared.observability.health import QuietServer

Json = dict[str, Any]  # Graph's JSON, read by name


def _token(query: Mapping[str, str]) -> str | None:
    return query.get("validationToken")


@dataclass
class Hook:
    url: str
    told: list[Json] = field(default_factory=list)
    """Every notification, in order."""
    bodies: list[bytes] = field(default_factory=list)
    """The same, as they came."""
    status: int = 202
    validated: list[str] = field(default_factory=list)
    """The path of each handshake."""
    handshake: Callable[[str], Response] = PlainTextResponse
    greeting: Callable[[Mapping[str, str]], str | None] = _token

    async def hear(self, request: Request) -> Response:
        token = self.greeting(request.query_params)
        if token is not None:
            self.validated.append(request.url.path)
            return self.handshake(token)
        if self.status < 300:
            self.bodies.append(await request.body())
            self.told += json.loads(self.bodies[-1]).get("value", [])
        return Response(status_code=self.status)


async def until(so: Callable[[], bool], seconds: float = 15) -> None:
    """Wait for a condition."""
    async with asyncio.timeout(seconds):
        while not so():  # noqa: ASYNC110 - others set it
            await asyncio.sleep(0.02)


@asynccontextmanager
async def hooked(
    greeting: Callable[[Mapping[str, str]], str | None] = _token,
) -> AsyncIterator[Hook]:
    """Serve a hook until the context ends. `greeting`: what a handshake is answered with."""
    listener = socket.create_server(("127.0.0.1", 0))
    hook = Hook(f"http://127.0.0.1:{listener.getsockname()[1]}/told", greeting=greeting)
    app = Starlette(routes=[Route("/{path:path}", hook.hear, methods=["POST"])])
    server = QuietServer(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield hook
    finally:
        server.should_exit = True
        await serving
