"""A mailbox of the Graph sandbox, as the suites want it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from plugins.mailboxes.graph.provider import GraphMailbox, GraphSettings
from sandbox.knobs import Fault
from sandbox.server import Sandbox
from shared.plugins.mailboxes import MailboxConnection, MailboxTools
from tests.plugins.mailbox_suite import NOW

SUPPORT = "support@acme.example"


@dataclass
class GraphPost:
    """A mailbox of the sandbox, and the requests that went to it."""

    sandbox: Sandbox
    provider: GraphMailbox = field(default_factory=GraphMailbox)
    requests: int = 0
    uploaded: int = 0
    pauses: list[timedelta] = field(default_factory=list)
    connections: list[MailboxConnection] = field(default_factory=list)

    def connect(
        self,
        *,
        secret: str | None = None,
        tenant: str | None = None,
        folder: str = "inbox",
        to: str = SUPPORT,
    ) -> MailboxConnection:
        settings = GraphSettings(tenant_id=tenant or self.sandbox.tenant, client_id=self.sandbox.client_id)
        tools = MailboxTools(
            tenant="default",
            address=to,
            folder=folder,
            secret=self.sandbox.client_secret if secret is None else secret,
            limit=self,
            clock=lambda: datetime.now(UTC),
        )
        self.connections.append(self.provider.connect(settings, tools))
        return self.connections[-1]

    async def close(self) -> None:
        for connection in self.connections:
            await connection.close()

    def receive(self, raw: bytes, received: datetime = NOW) -> None:
        self.sandbox.deliver(SUPPORT, raw, received=received)

    def left(self) -> list[bytes]:
        return [mail.raw for mail in self.sandbox.sent(SUPPORT)]

    def address(self) -> str:
        return SUPPORT

    def breaks(self, fault: Fault) -> None:
        self.sandbox.add_fault(SUPPORT, fault)

    @asynccontextmanager
    async def request(self, upload: int = 0) -> AsyncIterator[None]:
        """Count what goes through the limit, as a limiter of requests does."""
        self.requests += 1
        self.uploaded += upload
        yield

    async def pause(self, wait: timedelta) -> None:
        self.pauses.append(wait)
