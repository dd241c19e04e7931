"""A mailbox that is a folder, as the suites want it."""

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

from plugins.mailboxes.maildir.provider import MaildirMailbox, MaildirSettings
from shared.plugins.mailboxes import MailboxConnection, MailboxTools
from tests.plugins.graph_post import GraphPost
from tests.plugins.mailbox_suite import NOW
from tests.plugins.smtp_server import MailServer

SUPPORT = "support@acme.example"
TENANT = "default"


@dataclass
class MaildirPost:
    """A folder below a root, and the mail server that it sends through, if any."""

    root: Path
    layout: str
    server: MailServer | None = None
    provider: MaildirMailbox = field(default_factory=MaildirMailbox)
    ahead: timedelta = timedelta()
    """How much the clock of a connection is ahead."""
    connections: list[MailboxConnection] = field(default_factory=list)
    _numbers: "count[int]" = field(default_factory=count)

    @property
    def home(self) -> Path:
        return self.root / TENANT / "support"

    def make(self) -> None:
        """Make the folder as its owner would, with one more folder in it."""
        if self.layout == "maildir":
            for folder in (self.home, self.home / ".Archive"):
                for shelf in ("new", "cur", "tmp"):
                    (folder / shelf).mkdir(parents=True)
        else:
            (self.home / "Archive").mkdir(parents=True)

    def connect(
        self,
        *,
        folder: str = "inbox",
        tenant: str = TENANT,
        secret: str | None = None,
        address: str = SUPPORT,
        **settings: str,
    ) -> MailboxConnection:
        outgoing = "smtp" if self.server else "file"
        wanted = {"directory": "support", "layout": self.layout, "outgoing": outgoing} | settings
        tools = MailboxTools(
            tenant=tenant,
            address=address,
            folder=folder,
            secret=secret,
            # this provider asks for no place; another's counter stands in
            limit=GraphPost.__new__(GraphPost),
            clock=lambda: datetime.now(UTC) + self.ahead,
        )
        self.connections.append(self.provider.connect(MaildirSettings.model_validate(wanted), tools))
        return self.connections[-1]

    async def close(self) -> None:
        for connection in self.connections:
            await connection.close()

    def receive(self, raw: bytes, received: datetime = NOW) -> Path:
        """Deliver as an MTA does: write it elsewhere, then rename."""
        number = next(self._numbers)
        written = self.home / ("tmp" if self.layout == "maildir" else ".") / f".{number}"
        written.write_bytes(raw)
        os.utime(written, (received.timestamp(), received.timestamp()))
        if self.layout == "maildir":
            return written.rename(self.home / "new" / f"1772366400.M{number}P7.mx.acme.example,S={len(raw)}")
        return written.rename(self.home / f"mail {number}.eml")

    def left(self) -> list[bytes]:
        if self.server is not None:
            return [mail.raw for mail in self.server.taken]
        files = sorted((self.home / "outbox").glob("*.eml"), key=lambda path: path.stat().st_ctime_ns)
        return [path.read_bytes() for path in files]

    def address(self) -> str:
        return SUPPORT
