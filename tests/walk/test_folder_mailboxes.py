"""A mailbox that is a folder: a file in, a ticket, a mail out, its answer in; beside one of Microsoft 365."""

import os
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path

import pytest
import pytest_asyncio
from sqlalchemy import select

from services.desk.configuration.mailboxes import MailboxSettings, add_mailbox
from shared.storage.engine import in_tenant
from shared.storage.tickets import posts, tickets
from tests.installation import TENANT
from tests.plugins.smtp_server import Fault, MailServer, mail_server
from tests.walk.letters import letter, message_id_of, read, text_of
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

SECONDS = timedelta(seconds=11)
"""After which a dropped file counts as whole."""


@dataclass
class Folder:
    """A mailbox in a folder, as the world sees it."""

    walk: Walk
    home: Path
    layout: str
    address: str
    _numbers: "count[int]" = field(default_factory=count)

    def receives(self, raw: bytes) -> None:
        shelf = self.home / "new" if self.layout == "maildir" else self.home
        at = self.walk.clock().timestamp()
        path = self.home / f".{next(self._numbers)}"
        path.write_bytes(raw)
        os.utime(path, (at, at))
        path.rename(shelf / f"{at}.{path.name[1:]}.eml")

    def files(self) -> list[bytes]:
        return [path.read_bytes() for path in sorted((self.home / "outbox").glob("*.eml"))]

    async def ticket_of(self, subject: str) -> int:
        """Wait until the only ticket of this subject is there; return its number."""
        found: list[int] = []

        async def there() -> bool:
            items = (await self.walk.read("/tickets"))["items"]
            found[:] = [one["number"] for one in items if one["subject"] == subject]
            return bool(found)

        await self.walk.installation.until(there, f"a ticket {subject}", scanning=True)
        (number,) = found
        return number


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def root(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    with pytest.MonkeyPatch.context() as patch:
        made = tmp_path_factory.mktemp("mail")
        patch.setenv("POSTROOM_MAILDIR_ROOT", str(made))
        yield made


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server() -> AsyncIterator[MailServer]:
    async with mail_server() as world:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("POSTROOM_MAILDIR_SMTP", world.url)
            yield world


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


async def added(walk: Walk, root: Path, name: str, layout: str, outgoing: str) -> Folder:
    home = root / TENANT / name
    for shelf in ("new", "cur", "tmp") if layout == "maildir" else (".",):
        (home / shelf).mkdir(parents=True, exist_ok=True)
    address = f"{name}@helpdesk.example"
    wanted = MailboxSettings.model_validate(
        {
            "address": address,
            "provider": "maildir",
            "settings": {"directory": name, "layout": layout, "outgoing": outgoing},
            "after_storing": "mark_read",
        }
    )
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await add_mailbox(db, TENANT, wanted, {}, at=walk.clock())
    return Folder(walk, home, layout, address)


@pytest.mark.parametrize("layout", ["maildir", "eml"])
async def test_a_file_becomes_a_ticket_its_answer_a_file_and_the_reply_joins(
    walk: Walk, root: Path, layout: str
) -> None:
    box = await added(walk, root, f"files-{layout}", layout, "file")
    raw = letter(f"Printer on fire, {layout}", to=box.address)
    box.receives(raw)
    await walk.later(SECONDS)
    number = await box.ticket_of(f"Printer on fire, {layout}")
    await walk.installation.until(lambda: _some(box.files()), "the automatic answer is a file")
    (sent,) = box.files()
    assert read(sent)["To"] == "Ann Archer <ann@firm.example>"
    assert read(sent)["In-Reply-To"] == f"<{message_id_of(raw)}>"
    assert read(sent)["Auto-Submitted"] == "auto-generated"
    await walk.rest()
    thread = {"to": box.address, "in_reply_to": str(read(sent)["Message-ID"])}
    box.receives(letter("Your mail", "It burns on.", at=walk.clock(), **thread))
    await walk.later(SECONDS)

    async def joined() -> bool:
        return len(await walk.timeline(number, "mail_in")) == 2

    await walk.installation.until(joined, "the answer is on the ticket", scanning=True)
    await walk.rest()
    assert len(box.files()) == 1
    if layout == "maildir":
        assert list((box.home / "new").iterdir()) == []
        assert all(path.name.endswith(":2,S") for path in (box.home / "cur").iterdir())


async def test_both_kinds_of_mailbox_work_side_by_side(walk: Walk, root: Path, server: MailServer) -> None:
    folder = await added(walk, root, "beside", "maildir", "smtp")
    graph = await walk.mailbox()
    folder.receives(letter("In a folder", to=folder.address))
    there = await walk.ticket_of(graph.receives(letter("At Microsoft", to=graph.address)))
    here = await folder.ticket_of("In a folder")
    await walk.left(graph, 1)
    await walk.installation.until(lambda: _some(server.taken), "the mail server has the answer")
    await walk.rest()
    (taken,) = server.taken
    assert (taken.sender, taken.recipients) == (folder.address, ("ann@firm.example",))
    assert "we have your mail" in text_of(taken.raw)
    for number in (here, there):
        await walk.ask("POST", f"/tickets/{number}/replies", {"text": "It is back."})
    await walk.left(graph, 2)
    await walk.rest()
    assert len(server.taken) == 2


async def test_a_mail_of_which_the_answer_was_lost_is_told_and_sent_again_by_a_person_alone(
    walk: Walk, root: Path, server: MailServer
) -> None:
    box = await added(walk, root, "lost", "maildir", "smtp")
    server.taken.clear()
    server.fault = Fault.DROPS_AFTER_DOT
    box.receives(letter("No network", to=box.address))
    number = await box.ticket_of("No network")
    outgoing = await _outgoing(walk, number)

    async def failed() -> bool:
        told = await walk.sending(outgoing, number)
        return (told["state"], told["code"]) == ("failed", "unconfirmed")

    await walk.installation.until(failed, "the desk tells that nobody knows")
    await walk.rest(passing=timedelta(hours=30))
    server.fault = None
    (first,) = server.taken
    told = select(posts.c.preview).join(tickets, tickets.c.id == posts.c.ticket)
    (note,) = await walk.installation.rows(told.where(tickets.c.number == number, posts.c.kind == "system"))
    assert "Nobody knows whether this was delivered to ann@firm.example" in note.preview
    await walk.ask("POST", f"/outgoing/{outgoing}/release")
    await walk.rest()
    assert len(server.taken) == 2
    assert read(server.taken[1].raw)["Message-ID"] == read(first.raw)["Message-ID"]
    assert (await walk.sending(outgoing, number))["state"] == "sent"


async def test_a_mail_that_the_server_does_not_take_yet_leaves_once_later(
    walk: Walk, root: Path, server: MailServer
) -> None:
    box = await added(walk, root, "later", "maildir", "smtp")
    server.taken.clear()
    server.answers["DATA"] = "451 4.7.1 Greylisted"
    box.receives(letter("Please wait", to=box.address))
    number = await box.ticket_of("Please wait")
    outgoing = await _outgoing(walk, number)

    async def refused() -> bool:
        told = await walk.sending(outgoing, number)
        return bool(told["code"] == "smtp_451")

    await walk.installation.until(refused, "the desk tells the server's answer")
    server.answers.clear()
    await walk.rest(passing=timedelta(minutes=1))
    assert len(server.taken) == 1
    assert (await walk.sending(outgoing, number))["state"] == "sent"


async def _outgoing(walk: Walk, number: int) -> str:
    found: list[str] = []

    async def shown() -> bool:
        found[:] = [one["sending"]["id"] for one in await walk.timeline(number) if one["sending"]]
        return bool(found)

    await walk.installation.until(shown, "the answer is on the ticket")
    (outgoing,) = found
    return outgoing


async def _some(found: Sequence[object]) -> bool:
    return bool(found)
