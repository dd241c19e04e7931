"""What the doctor asks Graph: each permission by itself, on a draft of our own that is thrown away again."""

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import httpx

from plugins.mailboxes.graph import expiry
from plugins.mailboxes.graph.authoring import may_write_as
from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.credentials import Credential
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.probing import Probed, probe
from plugins.mailboxes.graph.remedies import remedy
from plugins.mailboxes.graph.shapes import FolderRead, MessageRead, MessagesRead, read
from plugins.mailboxes.graph.tokens import Tokens
from shared.contracts.errors import Permanent, Throttled, Transient
from shared.plugins.mailboxes import CursorExpired, Finding, Gone, MailboxTools, Verdict

_SECONDS = 45
"""For one check, so that a mailbox that hangs comes to an end."""
_SKEW_WARNS, _SKEW_FAILS = timedelta(minutes=1), timedelta(minutes=5)
_NO_RECIPIENT = "ErrorInvalidRecipients"
_BIN = "deleteditems"

Check = Callable[[], Awaitable[Finding | str]]


class Examination:
    """One look at one mailbox. A check that fails has those that need it skipped."""

    def __init__(
        self,
        client: GraphClient,
        tokens: Tokens,
        folders: Folders,
        tools: MailboxTools,
        credential: Credential,
    ) -> None:
        self._client = client
        self._tokens = tokens
        self._folders = folders
        self._address = tools.address
        self._clock = tools.clock
        self._entered_end = tools.secret_expires_at
        self._credential = credential
        self._draft: str | None = None

    async def run(
        self, folders: Sequence[str], authors: Sequence[str] | None, *, send: bool
    ) -> AsyncGenerator[Finding]:
        """Check one thing after the other, and leave nothing behind."""
        broken: str | None = None
        try:
            for name, check, ends in self._checks(folders, authors, send=send):
                if broken:
                    yield Finding(name, Verdict.SKIPPED, f"not tried, because of {broken}")
                    continue
                finding = await self._one(name, check)
                yield finding
                if ends and finding.verdict is not Verdict.OK:
                    broken = name
        finally:
            await self._discard()

    def _checks(
        self, folders: Sequence[str], authors: Sequence[str] | None, *, send: bool
    ) -> list[tuple[str, Check, bool]]:
        """Each check, and whether those behind it need it."""
        named = [(f"folder {name}", self._folder(name), False) for name in dict.fromkeys(folders)]
        written = [(f"send as {author}", self._author(author, send=send), False) for author in authors or ()]
        return [
            (expiry.CHECK, self._proof_lasts, False),
            ("sign-in", self._sign_in, True),
            ("mailbox", self._mailbox, True),
            ("clock", self._clock_agrees, False),
            ("read", self._may_read, False),
            *named,
            ("draft", self._may_draft, True),
            ("mark", self._may_mark, False),
            ("move", self._may_move, False),
            ("send", self._may_send, True),
            *(written or [("send as", self._no_author(authors), False)]),
            ("probe", self._probe if send else self._no_probe, False),
        ]

    async def _one(self, name: str, check: Check) -> Finding:
        try:
            found = await asyncio.wait_for(check(), _SECONDS)
        except TimeoutError:
            return Finding(name, Verdict.FAILED, f"no answer within {_SECONDS} seconds", remedy("watchdog"))
        except CursorExpired as error:
            return Finding(name, Verdict.FAILED, str(error))
        except (Transient, Permanent) as error:
            verdict = Verdict.WARNING if isinstance(error, Throttled) else Verdict.FAILED
            cure = remedy(error.code) if error.code else None
            return Finding(name, verdict, error.reason, cure, error.code, error.request_id)
        return found if isinstance(found, Finding) else Finding(name, Verdict.OK, found)

    async def _proof_lasts(self) -> Finding:
        return expiry.judged(self._credential, self._entered_end, self._clock())

    async def _sign_in(self) -> str:
        await self._tokens.sign_in()
        return "the app has a token"

    async def _mailbox(self) -> str:
        inbox = read(FolderRead, await self._client.get("mailFolders/inbox"))
        return f"{self._address} answered; mails in its inbox: {inbox.total_item_count}"

    async def _clock_agrees(self) -> Finding:
        answer = await self._client.get("mailFolders/inbox", {"$select": "id"})
        theirs = _moment(answer)
        if theirs is None:
            return Finding("clock", Verdict.SKIPPED, "Graph did not say what time it is")
        skew = abs(self._clock() - theirs)
        seconds = f"{skew.total_seconds():.0f} seconds apart from Graph's clock"
        if skew < _SKEW_WARNS:
            return Finding("clock", Verdict.OK, seconds)
        verdict = Verdict.FAILED if skew > _SKEW_FAILS else Verdict.WARNING
        return Finding("clock", verdict, seconds, "Let this server keep its time by NTP.")

    async def _may_read(self) -> str:
        query = {"$select": "id", "$top": "1"}
        read(MessagesRead, await self._client.get("mailFolders/inbox/messages", query))
        return "mail can be listed"

    def _folder(self, name: str) -> Check:
        async def check() -> str:
            self._folders.forget(name)
            await self._folders.id_of(name)
            return "it is there"

        return check

    async def _may_draft(self) -> str:
        answer = await self._client.post("messages", {"subject": "Postroom doctor"})
        self._draft = read(MessageRead, answer).id
        return "a draft can be made"

    async def _may_mark(self) -> str:
        await self._client.patch(self._path, {"isRead": True})
        return "a mail can be marked read"

    async def _may_move(self) -> str:
        await self._client.post(f"{self._path}/move", {"destinationId": _BIN})
        await self._client.post(f"{self._path}/move", {"destinationId": "drafts"})
        return "a mail can be moved"

    async def _may_send(self) -> str:
        """Ask to send a draft without recipients: who may send is told of those, others of their rights."""
        try:
            await self._client.post(f"{self._path}/send")
        except Permanent as error:
            if error.code != _NO_RECIPIENT:
                raise
        return "mail can be sent (asked with a draft that has no recipient)"

    def _author(self, author: str, *, send: bool) -> Check:
        async def check() -> Finding:
            check = f"send as {author}"
            return await may_write_as(self._client, check, self._address, author, send=send)

        return check

    def _no_author(self, authors: Sequence[str] | None) -> Check:
        """Nobody writes under another address: by the options, or because nobody may."""
        text = "mail goes out from the mailbox's own address"
        if authors is not None:
            text = "nobody may write under their own address"

        async def check() -> Finding:
            return Finding("send as", Verdict.SKIPPED, text)

        return check

    async def _no_probe(self) -> Finding:
        text = "no mail was sent; a probe leaves, to the mailbox itself, only when it is asked for"
        return Finding("probe", Verdict.SKIPPED, text)

    async def _probe(self) -> Finding:
        seen = await probe(self._client, self._address)
        if seen is None:
            cure = "Look into the mailbox's junk folder and rules; ask again in some minutes."
            return Finding("probe", Verdict.FAILED, "the probe left and did not come back", cure)
        return _judged(seen)

    @property
    def _path(self) -> str:
        assert self._draft is not None, "the check before has made it"
        return f"messages/{quoted(self._draft)}"

    async def _discard(self) -> None:
        """Throw our draft away: into the bin, and out of it."""
        if self._draft is not None:
            with suppress(Gone, Transient, Permanent):
                await self._client.delete(self._path)
                await self._client.delete(self._path)


def _judged(seen: Probed) -> Finding:
    found = [
        f"came back in {seen.seconds:.0f} s",
        f"kept: {', '.join(seen.kept)}" if seen.kept else "none of its fields were kept",
    ]
    if not seen.lost and not seen.rewritten:
        return Finding("probe", Verdict.OK, "; ".join(found))
    if seen.lost:
        found.append(f"lost: {', '.join(seen.lost)}")
    if seen.rewritten:
        found.append("its Message-ID was replaced")
    cure = (
        "Nothing to do: an answer is known by any of the fields, by the id that was read back, or the number."
    )
    return Finding("probe", Verdict.WARNING, "; ".join(found), cure)


def _moment(answer: httpx.Response) -> datetime | None:
    """When the answer was given, by the server's own clock."""
    with suppress(ValueError):
        said = parsedate_to_datetime(answer.headers.get("Date", ""))
        return said if said.tzinfo else said.replace(tzinfo=UTC)
    return None
