"""What the doctor tries: each right by itself, with files of our own that are removed again."""

import asyncio
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import aiosmtplib

from plugins.mailboxes.maildir.disk import Hands, told, write_whole
from plugins.mailboxes.maildir.outbox import Outbox
from plugins.mailboxes.maildir.probing import probe_mail, seen
from plugins.mailboxes.maildir.reading import Shelving
from plugins.mailboxes.maildir.remedies import remedy
from plugins.mailboxes.maildir.sending import Exit
from plugins.mailboxes.maildir.talking import Line, calling, refusal
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import Finding, Verdict

_SECONDS = 45
"""For one check, so that a disk or a server that hangs comes to an end."""

Check = Callable[[], Awaitable[Finding | str]]


@dataclass(frozen=True)
class Examination:
    """One look at one mailbox. A check that fails has those that need it skipped."""

    shelving: Shelving
    outbox: Outbox
    hands: Hands
    way_out: Exit
    line: Callable[[], Line] | None
    """None: mail leaves as files."""
    address: str

    async def run(self, folders: Sequence[str], *, send: bool) -> AsyncGenerator[Finding]:
        broken: dict[str, str] = {}
        for name, check, needs in self._checks(folders, send=send):
            if needs in broken:
                broken[name] = broken[needs]
                yield Finding(name, Verdict.SKIPPED, f"not tried, because of {broken[needs]}")
                continue
            finding = await self._one(name, check)
            if finding.verdict is Verdict.FAILED:
                broken[name] = name
            yield finding

    def _checks(self, folders: Sequence[str], *, send: bool) -> list[tuple[str, Check, str | None]]:
        """Each check, and the one that it needs."""
        named = [(f"folder {name}", self._folder(name), "root") for name in dict.fromkeys(folders)]
        server: list[tuple[str, Check, str | None]] = [
            ("mail server", self._server, None),
            ("send", self._may_send, "mail server"),
        ]
        return [
            ("root", self._root, None),
            ("read", self._may_read, "root"),
            *named,
            ("rename", self._may_rename, "read"),
            ("outbox", self._may_prepare, "root"),
            *(server if self.line else []),
            ("probe", self._probe if send else self._no_probe, "send" if self.line else "outbox"),
        ]

    async def _one(self, name: str, check: Check) -> Finding:
        try:
            found = await asyncio.wait_for(check(), _SECONDS)
        except TimeoutError:
            return Finding(name, Verdict.FAILED, f"no answer within {_SECONDS} seconds", remedy("watchdog"))
        except (Transient, Permanent) as error:
            return Finding(name, Verdict.FAILED, error.reason, remedy(error.code), error.code)
        return found if isinstance(found, Finding) else Finding(name, Verdict.OK, found)

    async def _root(self) -> str:
        found = await self.hands.do(self.shelving.folders)
        return f"the folder is there; folders of mail: {len(found)}"

    async def _may_read(self) -> str:
        now = datetime.now(UTC)
        page = await self.hands.do(lambda: self.shelving.page(None, None, now))
        many = f"{len(page.mails)}{' and more' if page.more else ''}"
        if page.mails:
            mail = page.mails[0].provider_id
            await self.hands.do(lambda: self.shelving.fetch(mail))
        return f"mail can be listed and read; {many} in it"

    def _folder(self, name: str) -> Check:
        async def check() -> str:
            await self.hands.do(lambda: self.shelving.folder(name))
            return "it is there"

        return check

    async def _may_rename(self) -> str:
        await self.hands.do(lambda: _rename_around(self.shelving))
        return "a mail can be marked and moved"

    async def _may_prepare(self) -> str:
        await self.hands.do(self.outbox.try_out)
        return "mail can be laid ready and kept"

    async def _server(self) -> str:
        line = self._line
        async with calling(line) as client:
            code = client.last_ehlo_response.code if client.last_ehlo_response else 0
        answered = f"{line.server} answered EHLO with {code} over {line.server.security}"
        return f"{answered}, signed in as {line.user}" if line.user else f"{answered}, without signing in"

    async def _may_send(self) -> str:
        """Say who writes, and take it back: nothing leaves."""
        async with calling(self._line) as client:
            try:
                await client.mail(self.address)
                await client.rset()
            except aiosmtplib.SMTPResponseException as error:
                raise refusal(error, f"mail from {self.address}", of_sender=True) from error
            except (aiosmtplib.SMTPException, OSError) as error:
                raise Transient("the mail server hung up", code="network") from error
        return f"mail from {self.address} is taken (asked, and taken back)"

    async def _no_probe(self) -> Finding:
        text = "no mail was sent; a probe leaves, to the mailbox itself, only when it is asked for"
        return Finding("probe", Verdict.SKIPPED, text)

    async def _probe(self) -> Finding:
        mark = str(uuid4())
        handle = await self.hands.do(lambda: self.outbox.prepare(probe_mail(self.address, mark), mark))
        await self.way_out.dispatch(handle)
        if await seen(self.shelving, self.hands, mark):
            return Finding("probe", Verdict.OK, "it left and came back; no ticket is made of it")
        cure = "See the mail server's log, and whether mail to this address is delivered into this folder."
        return Finding("probe", Verdict.WARNING, "it left and has not come back yet", cure)

    @property
    def _line(self) -> Line:
        assert self.line is not None, "asked only when mail leaves through a server"
        return self.line()


def _rename_around(shelving: Shelving) -> None:
    """A hidden file of our own goes the way of a mail that is marked, and is removed."""
    shelves = shelving.layout.shelves(shelving.folder(shelving.inbox))
    name = f".{uuid4()}"
    with told(f"the folder {shelving.inbox}"):
        write_whole(shelves[0] / name, b"Postroom doctor\r\n")
        last: Path = shelves[0] / name
        for shelf in shelves[1:]:
            os.rename(last, shelf / name)  # noqa: PTH104 - our own file, whose name nobody else has
            last = shelf / name
        last.unlink()
