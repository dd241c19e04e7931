"""The desk as a process: its web server beside the transport that moves its commands."""

import asyncio
import socket

import uvicorn

from services.desk.app import make_app
from services.desk.asking.explaining import Explains
from services.desk.desk import Desk, Privacy
from services.desk.signin.published import Published
from services.desk.sweeping import desk_service
from services.desk.welcoming import say_where
from shared.contracts.errors import Permanent
from shared.messaging.dispatch import Assembly
from shared.messaging.topology import ANSWER_CHANNEL, LIVE_CHANNEL, PRESENCE_CHANNEL
from shared.messaging.unit import Units
from shared.observability.health import QuietServer
from shared.runtime import House, Transport
from shared.storage.engine import Listener

GOODBYE_SECONDS = 3
"""How long open pages may finish when the process stops."""

IDLE_SECONDS = 75
"""How long a connection may be idle: longer than clients (httpx: 5) and proxies (nginx: 60) keep theirs. Who
closes first must be the one that asks, or a request meets a connection that is just being closed."""


def assemble(house: House) -> Assembly:
    """Wire the service: it hears nothing, it asks, and lets uploads go in their time."""
    return Assembly(desk_service, {Units: house.units("desk")})


def listener_on(host: str, port: int) -> socket.socket:
    """Take the port before anything else begins.

    Raises:
        Permanent: another program has it.
    """
    try:
        return socket.create_server((host, port), backlog=1024)
    except OSError as error:
        reason = f"port {port} of {host} is taken by another program; set POSTROOM_DESK_PORT to a free one"
        raise Permanent(reason, code="port_taken") from error


def desk_of(house: House, transport: Transport, privacy: Privacy | None, explains: Explains | None) -> Desk:
    """Build what every part of the desk works with."""
    return Desk(
        engine=house.engine("desk"),
        units=house.units("desk"),
        blobs=house.blobs,
        sealer=house.keys.sealer("mailbox"),
        hook_sealer=house.keys.sealer("webhook"),
        sign_in=house.keys.opener("sign-in"),
        transport=transport,
        privacy=privacy,
        explains=explains,
        public_url=house.settings.public_url,
        clock=house.clock,
        published=Published(private=house.settings.private_providers),
    )


async def serve(
    house: House,
    transport: Transport,
    stop: asyncio.Event,
    privacy: Privacy | None = None,
    explains: Explains | None = None,
) -> None:
    """Serve pages and API until `stop` is set."""
    settings, desk = house.settings, desk_of(house, transport, privacy, explains)
    listener = listener_on(settings.desk_host, settings.desk_port)
    config = uvicorn.Config(
        make_app(desk),
        log_config=None,
        access_log=False,
        proxy_headers=True,
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=GOODBYE_SECONDS,
    )
    server = QuietServer(config)
    listen_url = settings.listening_url or house.database_url
    hears = {
        ANSWER_CHANNEL: desk.answers.hear,
        LIVE_CHANNEL: desk.live.hear,
        PRESENCE_CHANNEL: desk.live.presence.hear,
    }
    async with Listener(listen_url, "desk", hears):
        await say_where(desk, settings.desk_url)
        serving = asyncio.create_task(server.serve([listener]))
        stopped = asyncio.create_task(stop.wait())
        await asyncio.wait([serving, stopped], return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        desk.live.close()
        server.should_exit = True
        await serving
