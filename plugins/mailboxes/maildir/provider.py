"""Mailboxes that are folders: mail comes as files, and leaves by SMTP or as files."""

from collections.abc import AsyncGenerator, Sequence
from datetime import datetime
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

from plugins.mailboxes.maildir.disk import Hands
from plugins.mailboxes.maildir.drops import Drops
from plugins.mailboxes.maildir.examining import Examination
from plugins.mailboxes.maildir.ground import Ground, home_of, server_of
from plugins.mailboxes.maildir.layouts import Layout
from plugins.mailboxes.maildir.maildirs import Maildirs
from plugins.mailboxes.maildir.outbox import Outbox
from plugins.mailboxes.maildir.reading import Shelving
from plugins.mailboxes.maildir.sending import ByFile, BySmtp, Exit
from plugins.mailboxes.maildir.talking import Line
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
    Settled,
    Unconfirmed,
)

_STEP = r"[A-Za-z0-9_@+=-][A-Za-z0-9_.@+=-]*"
_Below = Annotated[str, Field(min_length=1, max_length=200, pattern=rf"^{_STEP}(/{_STEP})*$")]
_Name = Annotated[str, Field(min_length=1, max_length=100, pattern=rf"^{_STEP}$")]


class MaildirSettings(BaseModel):
    """What a person enters; where the root is and which servers there are, the operator says."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    directory: _Below = Field(
        title="Folder", description="Below this tenant's part of POSTROOM_MAILDIR_ROOT."
    )
    layout: Literal["maildir", "eml"] = Field(
        "maildir",
        title="Kind of folder",
        description="maildir: with new, cur and tmp in it. eml: .eml files are dropped into it.",
    )
    outgoing: Literal["smtp", "file"] = Field(
        "smtp",
        title="Mail leaves",
        description="smtp: through a mail server. file: as .eml files in the folder for outgoing mail.",
    )
    outbox: _Name = Field("outbox", title="Folder for outgoing mail", description="Inside the mailbox's own.")
    smtp_server: Annotated[str, Field(max_length=255)] = Field(
        "", title="Mail server", description="One of POSTROOM_MAILDIR_SMTP; empty: the first of them."
    )
    smtp_user: Annotated[str, Field(max_length=255)] = Field(
        "", title="User at the mail server", description="Empty: nobody signs in."
    )


class MaildirMailbox:
    """The provider `maildir`."""

    key: ClassVar[str] = "maildir"
    title: ClassVar[str] = "A folder of mail files"
    about: ClassVar[str] = (
        "Reads a Maildir, or .eml files that are dropped into a folder; sends through a mail server, or"
        " writes what it sends as files."
    )
    secret: ClassVar[str] = "Password at the mail server"  # noqa: S105 - what the form calls it
    settings: ClassVar[type[BaseModel]] = MaildirSettings
    pace: ClassVar[Pace | None] = None

    def connect(self, settings: MaildirSettings, tools: MailboxTools) -> "MaildirConnection":
        """Make a connection; neither disk nor network yet.

        Raises:
            Transient: the environment names no root for the folders.
        """
        return MaildirConnection(Ground(), settings, tools)


class MaildirConnection:
    """One mailbox. It may be used by several workers at once."""

    def __init__(self, ground: Ground, settings: MaildirSettings, tools: MailboxTools) -> None:
        home = home_of(ground, tools.tenant, settings.directory)
        assert ground.root is not None, "home_of has looked"
        layout: Layout = Maildirs() if settings.layout == "maildir" else Drops(settings.outbox)
        self._tools = tools
        self._hands = Hands()
        self._shelving = Shelving(ground.root, home, layout, tools.folder)
        place = home / settings.outbox
        self._by_smtp = settings.outgoing == "smtp"
        self._outbox = Outbox(ground.root, place, "sent" if self._by_smtp else ".")
        self._ground, self._settings = ground, settings

    async def folders(self) -> list[Folder]:
        return await self._hands.do(self._shelving.folders)

    async def list(self, cursor: str | None, since: datetime | None) -> Page:
        now = self._tools.clock()
        return await self._hands.do(lambda: self._shelving.page(cursor, since, now))

    async def size(self, provider_id: str) -> int | None:
        return await self._hands.do(lambda: self._shelving.size(provider_id))

    async def fetch(self, provider_id: str) -> bytes:
        return await self._hands.do(lambda: self._shelving.fetch(provider_id))

    async def settle(self, provider_id: str, how: MarkRead | MoveTo) -> Settled:
        return await self._hands.do(lambda: self._shelving.settle(provider_id, how))

    async def prepare(self, mime: bytes, key: str) -> str:
        return await self._hands.do(lambda: self._outbox.prepare(mime, key))

    async def dispatch(self, handle: str) -> None:
        await self._exit().dispatch(handle)

    async def discard(self, handle: str) -> None:
        await self._hands.do(lambda: self._outbox.discard(handle))

    async def find_sent(self, handle: str | None, key: str) -> Sent | Prepared | Unconfirmed | None:
        return await self._hands.do(lambda: self._outbox.find(handle, key))

    def examine(self, folders: Sequence[str], *, send: bool) -> AsyncGenerator[Finding]:
        line = self._line if self._by_smtp else None
        address = self._tools.address
        examination = Examination(self._shelving, self._outbox, self._hands, self._exit(), line, address)
        return examination.run(folders, send=send)

    async def close(self) -> None:
        self._hands.close()

    def _exit(self) -> Exit:
        if self._by_smtp:
            return BySmtp(self._outbox, self._hands, self._line, self._tools.address)
        return ByFile(self._outbox, self._hands)

    def _line(self) -> Line:
        """How the mail server is reached; raises Transient while the operator does not allow for it."""
        ground, password = self._ground, self._ground.smtp_password
        return Line(
            server=server_of(ground, self._settings.smtp_server),
            user=self._settings.smtp_user or None,
            password=self._tools.secret or (password.get_secret_value() if password else None),
            ca_file=ground.smtp_ca_file,
            seconds=ground.smtp_timeout,
            own_name=_own_name(self._tools.address),
        )


def _own_name(address: str) -> str:
    try:
        return address.rpartition("@")[2].encode("idna").decode()
    except UnicodeError:
        return "localhost"
