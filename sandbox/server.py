"""The sandbox as an object: start it, point msal and httpx at it, read what came of it."""

import asyncio
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Self

import uvicorn
from starlette.types import ASGIApp

from sandbox.app import application
from sandbox.apps import App, Apps
from sandbox.certificates import certificates_in
from sandbox.filling import OldMail, fill
from sandbox.folders import ROOT, add_folder, find_folder, remove_folder
from sandbox.house import House
from sandbox.items import find_item, move
from sandbox.journal import Event, SentMail, events, sent_mail
from sandbox.knobs import Fault, Knobs
from sandbox.mailboxes import Mailbox, add_mailbox, find_mailbox, void_delta_tokens, void_uploads
from sandbox.notifying import Courier
from sandbox.outgoing import deliver
from sandbox.store import Clock, Store, utc_now
from sandbox.subscribing import (
    Delivery,
    Lifecycle,
    Subscription,
    challenge,
    deliveries,
    remove_subscription,
    subscriptions_of,
)
from sandbox.tokens import Tokens
from sandbox.usage import Seen

TENANT = "5a7d3c11-0b1e-4c52-9f4e-64a1c7f0d9aa"
CLIENTS: Mapping[str, str] = MappingProxyType(
    {"c0ffee00-1d5a-4bd0-8a7e-2f5b3c9d8e71": "sandbox-secret"},
)
HOST = "127.0.0.1"
IDLE_SECONDS = 120
"""How long a connection may be idle: Graph's front keeps one for about that long."""


class Sandbox:
    """A Graph of one's own on loopback. With `state` it remembers mail, cursors and certificates over a
    restart (the same port is needed for stored links); without, it forgets everything. For clients on
    other machines it listens on another `host` and has a certificate for the `names` they know it by; with
    `open_control` its control side answers them too, with `plain_hooks` it tells them without TLS."""

    def __init__(
        self,
        state: Path | None = None,
        port: int = 0,
        clients: Mapping[str, str] | None = None,
        *,
        host: str = HOST,
        names: Sequence[str] = (),
        open_control: bool = False,
        plain_hooks: bool = False,
        clock: Clock = utc_now,
    ) -> None:
        self._temporary = TemporaryDirectory(prefix="graph-sandbox-") if state is None else None
        folder = Path(self._temporary.name) if self._temporary else state
        assert folder is not None
        folder.mkdir(parents=True, exist_ok=True)
        self._certificates = certificates_in(folder, names)
        self._store = Store(folder / "sandbox.sqlite" if state else None, clock)
        self.tenant = TENANT
        self._clients = dict(clients or CLIENTS)
        self.client_id, self.client_secret = next(iter(self._clients.items()))
        tokens = Tokens(self._store, self.tenant, Apps(self._clients))
        self._house = House(self._store, tokens, open_control=open_control, plain_hooks=plain_hooks)
        self._courier = Courier(self._house)
        self._host = host
        self._port = port
        self._http_port = 0
        self._servers: dict[_Server, asyncio.Task[None]] = {}

    async def start(self) -> Self:
        """Serve in the running event loop; connections are accepted from here on."""
        try:
            listener = _listener(self._host, self._port)
            plain = _listener(HOST, 0)
        except OSError:
            await self.stop()
            raise
        self._port, self._http_port = listener.getsockname()[1], plain.getsockname()[1]
        self._serve(listener, self._certificates.server)
        self._serve(plain, None)
        await self._courier.start()
        return self

    async def stop(self) -> None:
        await self._courier.stop()
        for server in self._servers:
            server.should_exit = True
        await asyncio.gather(*self._servers.values())
        self._servers.clear()
        self._store.close()
        if self._temporary:
            self._temporary.cleanup()

    async def __aenter__(self) -> Self:
        return await self.start()

    async def __aexit__(self, *_: object) -> None:
        await self.stop()

    @property
    def origin(self) -> str:
        return f"https://{HOST}:{self._port}"

    @property
    def http_base_url(self) -> str:
        """Graph without TLS, for clients on this machine; tokens are given over https alone."""
        return f"http://localhost:{self._http_port}/v1.0"

    @property
    def identity_endpoint(self) -> str:
        """Where a process of this machine gets tokens of its managed identities, with `identity_header`."""
        return f"http://localhost:{self._http_port}/msi/token"

    @property
    def identity_header(self) -> str:
        return self._house.identity_header

    @property
    def base_url(self) -> str:
        return f"{self.origin}/v1.0"

    @property
    def authority(self) -> str:
        return f"{self.origin}/{self.tenant}"

    @property
    def ca_file(self) -> Path:
        return self._certificates.authority

    def add_mailbox(self, address: str, name: str = "") -> None:
        add_mailbox(self._store, address, name)

    def deliver(
        self, address: str, raw: bytes, folder: str = "inbox", received: datetime | None = None
    ) -> str:
        """A mail arrives; the answer is its immutable id."""
        moment = None if received is None else int(received.timestamp())
        return deliver(self._house, self._mailbox(address), raw, folder, moment).immutable_id

    def fill(self, address: str, old: OldMail) -> None:
        """Let much old mail lie there."""
        for _ in fill(self._house, self._mailbox(address), old):
            pass

    def add_folder(self, address: str, name: str) -> str:
        """A person makes a folder; the answer is its id."""
        mailbox = self._mailbox(address).id
        return add_folder(self._store, find_folder(self._store, mailbox, ROOT), name).id

    def remove_folder(self, address: str, folder: str) -> None:
        """A person deletes a folder, and with it what lies in it."""
        remove_folder(self._store, find_folder(self._store, self._mailbox(address).id, folder))

    def move(self, address: str, identifier: str, folder: str) -> None:
        """A person moves a mail to another folder."""
        mailbox = self._mailbox(address).id
        item, target = find_item(self._store, mailbox, identifier), find_folder(self._store, mailbox, folder)
        move(self._store, item, target)

    def sent(self, address: str) -> list[SentMail]:
        return sent_mail(self._store, self._mailbox(address).id)

    def log(self, address: str) -> list[Event]:
        return events(self._store, self._mailbox(address).id)

    def usage(self, address: str) -> list[Seen]:
        """What each app asked of the mailbox, to hold against Exchange's limits."""
        return self._house.usage_seen(self._mailbox(address))

    def in_flight(self, address: str) -> int:
        """How many requests for the mailbox are served at this moment."""
        return self._house.weather(self._mailbox(address)).in_flight

    def set_knobs(self, address: str, knobs: Knobs) -> None:
        self._house.set_knobs(self._mailbox(address), knobs)

    def add_fault(self, address: str, fault: Fault) -> None:
        self._house.add_fault(self._mailbox(address), fault)

    def expire_delta(self, address: str) -> None:
        """Every delta token that clients hold for this mailbox answers 410 from now on."""
        void_delta_tokens(self._store, self._mailbox(address))

    def subscriptions(self, address: str) -> list[Subscription]:
        return subscriptions_of(self._store, mailbox=self._mailbox(address).id)

    def deliveries(self, address: str) -> list[Delivery]:
        """What subscribers of the mailbox were told, or were to be told."""
        return deliveries(self._store, self._mailbox(address).id)

    def tell(self, address: str, event: Lifecycle) -> None:
        """Let an event happen to every subscription of the mailbox."""
        for subscription in self.subscriptions(address):
            challenge(self._store, subscription, event)

    def forget_subscriptions(self, address: str) -> None:
        """Every subscription of the mailbox ends, and nobody is told."""
        for subscription in self.subscriptions(address):
            remove_subscription(self._store, subscription)

    def expire_uploads(self, address: str) -> None:
        """Every upload session of this mailbox is over."""
        void_uploads(self._store, self._mailbox(address))

    def set_token_lifetime(self, seconds: int) -> None:
        self._house.tokens.lifetime_seconds = seconds

    def change_app(self, client_id: str, **values: object) -> App:
        """Change what Entra knows of an app, or register one: see `App`."""
        return self._house.tokens.apps.change(client_id, **values)

    def revoke_tokens(self) -> None:
        self._house.tokens.revoke()

    def reset(self) -> None:
        self._house.reset()

    def loaded_before(self, key: str) -> bool:
        """Whether the key was asked about before; from now on it was."""
        asked = False

        def first() -> str:
            nonlocal asked
            asked = True
            return "yes"

        self._store.kept(f"loaded {key}", first)
        return not asked

    def _application(self) -> ASGIApp:
        return application(self._house)

    def _serve(self, listener: socket.socket, certificate: Path | None) -> None:
        server = _Server(
            uvicorn.Config(
                self._application(),
                ssl_certfile=certificate,
                ssl_keyfile=certificate,
                log_config=None,
                access_log=False,
                lifespan="off",
                ws="none",
                timeout_keep_alive=IDLE_SECONDS,
                timeout_graceful_shutdown=1,
            )
        )
        self._servers[server] = asyncio.create_task(server.serve([listener]))

    def _mailbox(self, address: str) -> Mailbox:
        mailbox = find_mailbox(self._store, address)
        if mailbox is None:
            raise LookupError(f"no mailbox {address} in the sandbox")
        return mailbox


def _listener(host: str, port: int) -> socket.socket:
    # The protocol is named because asyncio sets TCP_NODELAY only where it is; otherwise each answer
    # waits 40 ms for the client's delayed acknowledgement.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        # From here on clients wait in the queue until the server has come up.
        listener.listen(1024)
    except OSError:
        listener.close()
        raise
    return listener


class _Server(uvicorn.Server):
    """A server that leaves the signals to the process it is in, and stops at once."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # A polite end of TLS waits for clients that keep their connections open for later.
        for connection in list(self.server_state.connections):
            if connection.transport is not None:
                connection.transport.abort()
        await super().shutdown(sockets)
