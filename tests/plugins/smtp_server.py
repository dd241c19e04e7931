"""A mail server on this machine, which a test makes refuse, hang up or fall silent."""

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import Enum, auto
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

HOST = "127.0.0.1"
USER, PASSWORD = "support", "of the mail server"


class Fault(Enum):
    """What a server does with a mail instead of taking it and saying so."""

    DROPS_AT_DATA = auto()
    DROPS_BEFORE_DOT = auto()
    DROPS_AFTER_DOT = auto()
    """It takes the mail, and the answer is lost."""
    HANGS_AFTER_DOT = auto()
    """It takes the mail, and never answers."""


@dataclass(frozen=True)
class Taken:
    """A mail that the server took."""

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    over_tls: bool
    user: str | None


@dataclass
class MailServer:
    """Answers with `answers[verb]` where that is set, else takes the mail."""

    tls: ssl.SSLContext | None = None
    sign_in: bool = False
    port: int = 0
    taken: list[Taken] = field(default_factory=list)
    answers: dict[str, str] = field(default_factory=dict)
    """By `MAIL`, `DATA`, or the address of a recipient."""
    fault: Fault | None = None
    delivers: Callable[[bytes, datetime], object] | None = None
    """Where mail goes on to."""
    received: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when a mail is here, whatever is answered."""
    speakers: "list[_Speaker]" = field(default_factory=list)
    """One for each connection."""
    _ends: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def url(self) -> str:
        return f"{'tls' if self.tls else 'plain'}://localhost:{self.port}"

    async def handle_MAIL(  # noqa: N802 - named by aiosmtpd
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("MAIL", "250 OK")

    async def handle_RCPT(  # noqa: N802 - as above
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        answer = self.answers.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(  # noqa: N802 - as above
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        if answer := self.answers.get("DATA"):
            return answer
        content, sender = envelope.content, envelope.mail_from
        assert isinstance(content, bytes)
        user = session.auth_data.decode() if isinstance(session.auth_data, bytes) else None
        over_tls = server.transport is not None and bool(server.transport.get_extra_info("sslcontext"))
        self.taken.append(Taken(sender or "", tuple(envelope.rcpt_tos), content, over_tls, user))
        self.received.set()
        if self.delivers is not None:
            self.delivers(content, datetime.now(UTC))
        if self.fault is Fault.DROPS_AFTER_DOT:
            _hang_up(server)
        if self.fault is Fault.HANGS_AFTER_DOT:
            await self._ends.wait()
        return "250 OK"

    # Any: aiosmtpd's own types of a protocol
    def speaker(self) -> Any:
        with warnings.catch_warnings():
            # it does not see that TLS is there before the first word
            warnings.filterwarnings("ignore", "Requiring AUTH while not requiring TLS")
            return _Speaker(
                self,
                hostname="localhost",
                enable_SMTPUTF8=True,
                auth_required=self.sign_in,
                auth_require_tls=False,
                authenticator=_signs_in if self.sign_in else None,
            )

    async def end(self) -> None:
        """Hang up on everybody, and return once all connections are closed."""
        self._ends.set()
        for speaker in self.speakers:
            if isinstance(speaker.transport, asyncio.WriteTransport):
                speaker.transport.abort()
        await asyncio.gather(*(speaker.closed.wait() for speaker in self.speakers))


class _Speaker(SMTP):
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert isinstance(self.event_handler, MailServer)
        if self not in self.event_handler.speakers:
            self.closed = asyncio.Event()
            self.event_handler.speakers.append(self)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self.closed.set()

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802 - as above
        world = self.event_handler
        assert isinstance(world, MailServer)
        if world.fault is Fault.DROPS_AT_DATA:
            _hang_up(self)
            return
        if world.fault is Fault.DROPS_BEFORE_DOT:
            await self.push("354 End data with <CR><LF>.<CR><LF>")
            _hang_up(self)
            return
        await super().smtp_DATA(arg)


def _hang_up(server: SMTP) -> None:
    assert isinstance(server.transport, asyncio.WriteTransport)
    server.transport.abort()


# Any: aiosmtpd hands over what fits no type
def _signs_in(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, given: Any) -> AuthResult:
    right = isinstance(given, LoginPassword) and (given.login, given.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=right, handled=False, auth_data=USER.encode() if right else None)


@asynccontextmanager
async def mail_server(
    *, tls: ssl.SSLContext | None = None, sign_in: bool = False
) -> AsyncIterator[MailServer]:
    world = MailServer(tls=tls, sign_in=sign_in)
    server = await asyncio.get_running_loop().create_server(world.speaker, HOST, 0, ssl=tls)
    world.port = server.sockets[0].getsockname()[1]
    try:
        yield world
    finally:
        server.close()
        await world.end()
