"""Health, readiness with reasons, and metrics over HTTP."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

Unready = Callable[[], Awaitable[str | None]]


class HealthServer:
    """Answers `/health` while the process lives, `/ready` while it would handle a message, `/metrics`."""

    def __init__(self, port: int, unready: Unready, host: str = "0.0.0.0") -> None:  # noqa: S104 - probes come from outside the container
        self._unready = unready
        routes = [Route("/health", self._health), Route("/ready", self._ready), Route("/metrics", _metrics)]
        config = uvicorn.Config(
            Starlette(routes=routes), host=host, port=port, log_config=None, lifespan="off"
        )
        self._server = QuietServer(config)
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server.serve())

    async def stop(self) -> None:
        self._server.should_exit = True
        if self._task is not None:
            with suppress(asyncio.CancelledError):
                await self._task

    async def _health(self, _request: Request) -> Response:
        return JSONResponse({"status": "alive"})

    async def _ready(self, _request: Request) -> Response:
        reason = await self._unready()
        body = {"status": "ready"} if reason is None else {"status": "not ready", "reason": reason}
        return JSONResponse(body, status_code=200 if reason is None else 503)


class QuietServer(uvicorn.Server):
    """A server that leaves the process's signals to the runtime."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: the runtime stops us."""
        yield


async def _metrics(_request: Request) -> Response:
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
