"""Serve the desk in this process."""

import asyncio

import uvicorn

from shared.observability.health import QuietServer
from shared.runtime import House, Transport


async def serve_desk(house: House, transport: Transport, port: int, stop: asyncio.Event) -> None:
    """Serve until `stop` is set."""
    from services.desk.app import make_app
    from services.desk.desk import Desk

    raise NotImplementedError(house, transport, port, stop, make_app, Desk, uvicorn, QuietServer)
