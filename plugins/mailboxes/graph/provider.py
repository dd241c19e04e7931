"""Mailboxes of Microsoft 365, through Microsoft Graph with the application's own permission."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from plugins.mailboxes.graph import listing, reading, sending, settling
from plugins.mailboxes.graph.client import GraphClient
from plugins.mailboxes.graph.clouds import CloudName, Overrides, endpoints_of
from plugins.mailboxes.graph.examining import Examination
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.tokens import TokenCache, Tokens
from shared.contracts.errors import AuthExpired
from shared.plugins.mailboxes import (
    Finding,
    Folder,
    MailboxTools,
    MarkRead,
    MoveTo,
    Pace,
    Page,
    Prepared,
    Sent,
)

# The tenant stands in an address that the client secret is sent to.
_TenantName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]


class GraphSettings(BaseModel):
    """What a person enters for a mailbox; the client secret is kept apart, sealed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    tenant_id: _TenantName = Field(title="Directory (tenant) ID")
    client_id: Annotated[str, Field(min_length=1, max_length=255)] = Field(title="Application (client) ID")
    cloud: CloudName = Field(CloudName.GLOBAL, title="Microsoft cloud")


class GraphMailbox:
    """The provider `graph`."""

    key: ClassVar[str] = "graph"
    title: ClassVar[str] = "Microsoft 365"
    about: ClassVar[str] = (
        "Reads and sends through Microsoft Graph, with the permission of an app of your own."
    )
    secret: ClassVar[str] = "Client secret"  # noqa: S105 - what the form calls it
    settings: ClassVar[type[BaseModel]] = GraphSettings
    pace: ClassVar[Pace | None] = Pace(recipients_a_day=10_000)
    """Microsoft's page "Exchange Online limits". More than 30 mails a minute it queues itself."""

    def __init__(self) -> None:
        self._tokens = TokenCache()

    def connect(self, settings: GraphSettings, tools: MailboxTools) -> "GraphConnection":
        """Make a connection; no network yet.

        Raises:
            AuthExpired: there is no client secret.
            Permanent: the CA file that the environment names cannot be used.
        """
        if not tools.secret:
            raise AuthExpired("the mailbox has no client secret", code="no_secret")
        endpoints = endpoints_of(settings.cloud, settings.tenant_id, Overrides())
        tokens = self._tokens.tokens(
            authority=endpoints.authority,
            client_id=settings.client_id,
            secret=tools.secret,
            scope=endpoints.scope,
            ca_file=endpoints.ca_file,
        )
        client = GraphClient(endpoints, tools.address, tokens, tools.limit, tools.clock)
        return GraphConnection(client, tokens, tools)


class GraphConnection:
    """One mailbox. Requests go one after the other."""

    def __init__(self, client: GraphClient, tokens: Tokens, tools: MailboxTools) -> None:
        self._client = client
        self._tokens = tokens
        self._tools = tools
        self._place = listing.Place(tools.address, tools.folder)
        self._folders = Folders(client)

    async def folders(self) -> list[Folder]:
        return await self._folders.all()

    async def list(self, cursor: str | None, since: datetime | None) -> Page:
        return await listing.list_page(self._client, self._folders, self._place, cursor, since)

    async def size(self, provider_id: str) -> int | None:
        return await reading.size(self._client, provider_id)

    async def fetch(self, provider_id: str) -> bytes:
        return await reading.fetch(self._client, provider_id)

    async def settle(self, provider_id: str, how: MarkRead | MoveTo) -> None:
        await settling.settle(self._client, self._folders, provider_id, how)

    async def prepare(self, mime: bytes, key: str) -> str:
        return await sending.prepare(self._client, mime, key)

    async def dispatch(self, handle: str) -> None:
        await sending.dispatch(self._client, handle)

    async def discard(self, handle: str) -> None:
        await sending.discard(self._client, handle)

    async def find_sent(self, handle: str | None, key: str) -> Sent | Prepared | None:
        return await sending.find_sent(self._client, handle, key)

    def examine(self, folders: Sequence[str], *, send: bool) -> AsyncGenerator[Finding]:
        address, clock = self._tools.address, self._tools.clock
        examination = Examination(self._client, self._tokens, self._folders, address, clock)
        return examination.run(folders, send=send)

    async def close(self) -> None:
        await self._client.close()
