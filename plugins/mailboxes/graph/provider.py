"""Mailboxes of Microsoft 365, through Microsoft Graph with the application's own permission."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from plugins.mailboxes.graph import listing, notifying, reading, sending, settling
from plugins.mailboxes.graph.client import GraphClient
from plugins.mailboxes.graph.clouds import CloudName, Overrides, endpoints_of
from plugins.mailboxes.graph.credentials import ENTERED, Credential, SignIn, checked, credential_for
from plugins.mailboxes.graph.examining import Examination
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.tokens import Tokens
from shared.plugins.mailboxes import (
    Finding,
    Folder,
    Listed,
    MailboxTools,
    MarkRead,
    MoveTo,
    Pace,
    Page,
    Prepared,
    Sent,
    Settled,
)
from shared.plugins.notifying import Notice, Subscription
from shared.plugins.proofs import Entered, Proof

# The tenant stands in an address that the client secret is sent to.
_TenantName = Annotated[str, Field(min_length=1, max_length=255, pattern=r"^[A-Za-z0-9][A-Za-z0-9.-]*$")]


class GraphSettings(BaseModel):
    """What a person enters for a mailbox; a client secret or certificate is kept apart, sealed."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    tenant_id: _TenantName = Field(title="Directory (tenant) ID")
    client_id: Annotated[str, Field(max_length=255)] = Field("", title="Application (client) ID")
    """Without one a managed identity is the machine's own."""
    cloud: CloudName = Field(CloudName.GLOBAL, title="Microsoft cloud")
    sign_in: SignIn = Field(SignIn.SECRET, title="Sign in with")

    @model_validator(mode="after")
    def _an_app_has_an_id(self) -> Self:
        if not self.client_id and self.sign_in is not SignIn.MANAGED_IDENTITY:
            raise ValueError("client_id: enter the application (client) id")
        return self


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

    def app_of(self, settings: GraphSettings) -> str:
        """Name the app: one that many tenants have consented to is another one in each."""
        return f"{settings.cloud}/{settings.tenant_id}/{settings.client_id}".lower()

    def connect(self, settings: GraphSettings, tools: MailboxTools) -> "GraphConnection":
        """Make a connection; no network yet.

        Raises:
            Permanent: the CA file that the environment names cannot be used.
        """
        overrides = Overrides()
        credential = credential_for(settings.sign_in, settings.client_id, tools, overrides)
        endpoints = endpoints_of(settings.cloud, settings.tenant_id, overrides)
        tokens = Tokens(endpoints, settings.client_id, credential, tools.tokens)
        client = GraphClient(endpoints, tools.address, tokens, tools.limit, tools.clock)
        return GraphConnection(client, tokens, tools, credential)

    def secret_of(self, settings: GraphSettings) -> str | None:
        return ENTERED.get(settings.sign_in)

    def checked(self, settings: GraphSettings, entered: Entered, now: datetime) -> Proof:
        return checked(settings.sign_in, entered, now)

    def greeting(self, query: Mapping[str, str]) -> str | None:
        return notifying.greeting(query)

    def notices(self, body: bytes) -> Sequence[Notice]:
        return notifying.notices(body)


class GraphConnection:
    """One mailbox. Requests go one after the other."""

    def __init__(
        self, client: GraphClient, tokens: Tokens, tools: MailboxTools, credential: Credential
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._tools = tools
        self._credential = credential
        self._place = listing.Place(tools.address, tools.folder)
        self._folders = Folders(client)

    async def folders(self) -> list[Folder]:
        return await self._folders.all()

    async def list(self, cursor: str | None, since: datetime | None) -> Page:  # noqa: ARG002 - a hint
        return await listing.list_page(self._client, self._folders, self._place, cursor)

    async def newest(self) -> tuple[Listed, ...]:
        return await listing.newest(self._client, self._folders, self._place.folder)

    async def size(self, provider_id: str) -> int | None:
        return await reading.size(self._client, provider_id)

    async def fetch(self, provider_id: str) -> bytes:
        return await reading.fetch(self._client, provider_id)

    async def settle(self, provider_id: str, how: MarkRead | MoveTo) -> Settled:
        return await settling.settle(self._client, self._folders, self._place, provider_id, how)

    async def prepare(self, mime: bytes, key: str) -> str:
        return await sending.prepare(self._client, mime, key)

    async def dispatch(self, handle: str) -> None:
        await sending.dispatch(self._client, handle)

    async def discard(self, handle: str) -> None:
        await sending.discard(self._client, handle)

    async def find_sent(self, handle: str | None, key: str) -> Sent | Prepared | None:
        return await sending.find_sent(self._client, handle, key)

    async def subscribe(self, url: str, proof: str) -> Subscription:
        now = self._tools.clock()
        return await notifying.subscribe(
            self._client, self._folders, self._place, url=url, proof=proof, now=now
        )

    async def renew(self, subscription: str) -> Subscription:
        return await notifying.renew(self._client, subscription, self._tools.clock())

    async def unsubscribe(self, subscription: str) -> None:
        await notifying.unsubscribe(self._client, subscription)

    def examine(
        self, folders: Sequence[str], *, send: bool, authors: Sequence[str] | None = None
    ) -> AsyncGenerator[Finding]:
        examination = Examination(self._client, self._tokens, self._folders, self._tools, self._credential)
        return examination.run(folders, authors, send=send)

    async def close(self) -> None:
        await self._client.close()
