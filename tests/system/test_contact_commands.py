"""`postroom contact export` and `erase`: what is known of one person, and nothing of it afterwards."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Text, cast, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from postroom.forgetting import forget, known_of
from services.ticketing.indexing import Said, keep_words
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.documents import Body, Document
from shared.contracts.mail import Address, MailFile
from shared.settings import ProcessSettings
from shared.storage import config, ingest, messages, sending, triggers
from shared.storage import tickets as tables
from shared.storage.desk import uploads
from shared.storage.engine import engine_as
from shared.storage.tables import TABLES
from tests.installation import TENANT, Installation, environment_of, installed
from tests.storage.rows import NOW
from tests.system.shell import Shell

ANNA, BOB = "anna@example.com", "bob@example.com"


@pytest.fixture
def settings(database_url: str, redis_url: str, home: Path) -> ProcessSettings:
    return ProcessSettings(home=home, database_url=database_url, redis_url=redis_url)


@pytest.fixture
async def installation(settings: ProcessSettings) -> AsyncIterator[Installation]:
    async with installed(settings) as made:
        await made.set_up()
        yield made


@dataclass
class Town:
    """A ticket of Anna's on which Bob wrote too, and one of Bob's."""

    owner: AsyncEngine
    blobs: FilesystemBlobs
    hers: dict[str, str] = field(default_factory=dict)
    shared: str = ""
    ids: dict[str, UUID] = field(default_factory=dict)

    async def add(self, table: Any, **values: Any) -> None:  # Any: columns of whichever table
        async with self.owner.begin() as db:
            await db.execute(insert(table).values(tenant=TENANT, **values))

    async def person(self, address: str, number: int) -> None:
        contact = self.ids[f"contact {address}"] = uuid4()
        ticket = self.ids[f"ticket {address}"] = uuid4()
        await self.add(
            tables.contacts, id=contact, address=address, name=f"Name of {address}", created_at=NOW
        )
        times = dict.fromkeys(("created_at", "changed_at", "last_person_post_at"), NOW)
        facts = {"subject": f"About {address}", "status": "open", "kind": "external", "contact": contact}
        await self.add(tables.tickets, id=ticket, number=number, **facts, **times)
        await self.add(tables.participants, ticket=ticket, address=address, name=address, role="submitter")
        told = {"ticket": ticket, "contract": "ticket.created.v1", "payload": {"who": address}, "at": NOW}
        await self.add(triggers.events, id=uuid4(), **told)
        parked = json.dumps({"mail": None, "sender": {"address": address}}).encode()
        gave_up = {"queue": "q", "body": parked, "headers": {}, "error": "x", "attempts": 1}
        await self.add(messages.parked, id=uuid4(), parked_at=NOW, **gave_up)

    async def wrote(self, address: str, ticket: UUID, *files: bytes) -> UUID:
        """Add a mail with its bytes, its document and its files."""
        document = document_of(address, [await self.blobs.put(TENANT, data) for data in files])
        body = await self.blobs.put(TENANT, document.model_dump_json().encode())
        raw = await self.blobs.put(TENANT, f"From: {address}\r\n\r\nWords {uuid4()}".encode())
        mail, post = uuid4(), uuid4()
        row = {
            "mailbox": uuid4(),
            "provider_id": str(mail),
            "state": "settled",
            "listed_at": NOW,
            "blob": raw,
        }
        await self.add(ingest.mails, id=mail, there_before=True, **row)
        texts = {"author_address": address, "preview": "Words", "message_id": document.message_id}
        times = {"shown_at": NOW, "created_at": NOW, "details": {}}
        await self.add(
            tables.posts,
            id=post,
            ticket=ticket,
            kind="mail_in",
            mail=mail,
            body=body,
            raw=raw,
            **{"has_files": bool(files), **texts, **times},
        )
        placed = {"outcome": "added", "reason": "", "ticket": ticket, "post": post, "document": body}
        await self.add(tables.placements, mail=mail, at=NOW, **placed)
        await self.add(tables.thread_ids, message_id=document.message_id, ticket=ticket, seen=True, at=NOW)
        if address == ANNA:
            self.hers |= {"raw": raw, "document": body}
        return mail

    async def tells(self, *, of: str) -> None:
        """Let a note, a custom field and the history of Bob's ticket name somebody."""
        ticket, note = self.ids[f"ticket {BOB}"], uuid4()
        row = {"id": note, "tenant": TENANT, "ticket": ticket, "subject": "", "author_address": BOB}
        times = {"shown_at": NOW, "created_at": NOW, "details": {}}
        texts = {"kind": "note", "author_address": BOB, "preview": "Call them"}
        await self.add(tables.posts, id=note, ticket=ticket, **texts, **times)
        async with self.owner.begin() as db:
            facts = {"author_name": "", "kind": "note", "outgoing": None}
            await keep_words(db, row | facts, Said(f"Call {of.capitalize()} back"))
            fields = {"asked_for": f"{of.capitalize()} and others", "rooms": 3}
            change = update(tables.tickets).where(tables.tickets.c.id == ticket)
            await db.execute(change.values(fields=fields))
        changed = {"field": "custom.asked_for", "old": "someone", "new": f"{of} and others"}
        await self.add(tables.history, ticket=ticket, version=1, actor={}, at=NOW, **changed)

    async def was_written(self, ticket: UUID, *to: str) -> UUID:
        mail = uuid4()
        body = await self.blobs.put(TENANT, f'{{"text": "To {to}"}}'.encode())
        people = [{"address": one, "name": ""} for one in to]
        facts = {"recipients": {"to": people, "cc": [], "bcc": []}, "actor": {}, "files": []}
        texts = {"subject": "Re", "body": body, "message_id": f"{mail}@desk", "written_by": "person"}
        row = {"snapshot": {"contact_address": {"address": to[0]}}, "state": "planned", "created_at": NOW}
        await self.add(
            sending.mails, id=mail, effect=uuid4(), ticket=ticket, due_at=NOW, **facts, **texts, **row
        )
        return mail


def document_of(address: str, hashes: list[str]) -> Document:
    kind: Any = {"media_type": "text/plain", "declared_type": "text/plain"}  # Any: fields of a file
    return Document(
        message_id=f"{uuid4()}@example.com",
        sender=Address(address=address),
        fingerprint="f",
        body=Body(reply_text=f"Words of {address}"),
        files=tuple(MailFile(name="a", size=1, sha256=sha, **kind) for sha in hashes),
    )


@pytest.fixture
async def town(installation: Installation, database_url: str, blobs: FilesystemBlobs) -> AsyncIterator[Town]:
    del installation  # it has the tenant
    owner = engine_as(database_url, "test-owner", pool_size=1)
    town = Town(owner, blobs)
    for number, address in enumerate((ANNA, BOB), 1):
        await town.person(address, number)
    ticket = town.ids[f"ticket {ANNA}"]
    town.ids["her mail"] = await town.wrote(ANNA, ticket, b"of hers alone", b"of both")
    await town.wrote(BOB, ticket, b"of both")
    town.shared = await blobs.put(TENANT, b"of both")
    town.hers["file"] = await blobs.put(TENANT, b"of hers alone")
    taken_out = {"field": "participants", "old": ANNA, "new": None, "actor": {"name": "Eva"}}
    of_bob = {"ticket": town.ids[f"ticket {BOB}"], "version": 2, "at": NOW}
    await town.add(tables.history, **of_bob, **taken_out)
    sent_to_her = {"size": 1, "media_type": "text/plain", "at": NOW, "used_at": NOW, "user": uuid4()}
    await town.add(uploads, id=uuid4(), sha256=town.hers["file"], name="sent to her", **sent_to_her)
    town.ids["alone"] = await town.was_written(ticket, ANNA)
    town.ids["with bob"] = await town.was_written(ticket, ANNA, BOB)
    yield town
    await owner.dispose()


async def rows_naming(town: Town, word: str) -> list[str]:
    """Name the tables in which a row names somebody."""
    found = []
    async with town.owner.begin() as db:
        for table in TABLES:
            row = func.lower(cast(func.to_jsonb(table.table_valued()), Text))
            if (await db.execute(select(func.count()).select_from(table).where(row.contains(word)))).scalar():
                found.append(table.fullname)
        bodies = await db.scalars(select(messages.parked.c.body))
        return found + [f"parked {body!r}" for body in bodies if word.encode() in body]


async def test_nothing_names_a_contact_that_was_erased_and_others_keep_theirs(
    installation: Installation, town: Town, blobs: FilesystemBlobs
) -> None:
    await town.tells(of=ANNA)
    of_bob = await rows_naming(town, BOB)
    known = await known_of(installation.house, TENANT, ANNA)
    assert known.found == {
        "tickets": 1, "mails received": 1, "mails sent": 2, "blobs": 5, "parked messages": 1,
        "posts that stay elsewhere and name them": 1, "notes that stay on their tickets": 0,
    }  # fmt: skip
    await forget(installation.house, TENANT, ANNA, known)
    assert await rows_naming(town, ANNA) == []
    assert (await known_of(installation.house, TENANT, ANNA)).named_elsewhere == 1
    ((fields,),) = await installation.rows(
        select(tables.tickets.c.fields).where(tables.tickets.c.number == 2)
    )
    assert fields == {"asked_for": "Erased and others", "rooms": 3}
    h = tables.history.c
    told = await installation.rows(select(h.old, h.new).where(h.field == "custom.asked_for"))
    assert [tuple(row) for row in told] == [("someone", "Erased")]
    assert not any([await blobs.exists(TENANT, sha) for sha in town.hers.values()])
    assert await blobs.exists(TENANT, town.shared)
    assert [each for each in await rows_naming(town, BOB) if each in of_bob] == of_bob
    stub, other = await installation.rows(
        select(tables.posts)
        .where(tables.posts.c.kind == "mail_in")
        .order_by(tables.posts.c.preview.startswith("Erased").desc())
    )
    assert (stub.preview[:10], stub.body, stub.raw, other.author_address) == ("Erased on ", None, None, BOB)
    sent = {row.id: row for row in await installation.rows(select(sending.mails))}
    assert (sent[town.ids["alone"]].state, sent[town.ids["with bob"]].state) == ("cancelled", "planned")
    assert [one["address"] for one in sent[town.ids["with bob"]].recipients["to"]] == [BOB]
    (ledger,) = await installation.rows(select(ingest.mails).where(ingest.mails.c.id == town.ids["her mail"]))
    assert (ledger.state, ledger.reason, ledger.blob, ledger.there_before) == (
        "ignored",
        "erased",
        None,
        False,
    )


async def test_a_contact_is_erased_again_without_harm_and_goes_on_where_it_broke_off(
    installation: Installation, town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = installation.house

    async def fails(_tenant: str, _sha: str) -> bool:
        raise OSError("no disk")

    known = await known_of(house, TENANT, ANNA)
    with monkeypatch.context() as broken:
        broken.setattr(house.blobs, "remove", fails)
        with pytest.raises(OSError, match="no disk"):
            await forget(house, TENANT, ANNA, known)
    assert await town.blobs.exists(TENANT, town.hers["raw"])
    again = await known_of(house, TENANT, ANNA)
    assert set(again.found.values()) == {0}
    await forget(house, TENANT, ANNA, again)
    assert not any([await town.blobs.exists(TENANT, sha) for sha in town.hers.values()])
    receipts = await installation.rows(select(config.erasures))
    assert [(row.plan, row.finished_at is not None) for row in receipts] == [(None, True)] * 2


async def test_a_contact_is_exported_and_erased_by_command(
    settings: ProcessSettings, installation: Installation, town: Town, tmp_path: Path
) -> None:
    shell = Shell(environment_of(settings, installation.sandbox))
    place = tmp_path / "anna"
    code, said = await shell.run("contact", "export", "Anna@Example.com", "--to", str(place))
    assert code == 0, said
    assert (place / f"mails/{town.ids['her mail']}.eml").read_bytes().startswith(b"From: anna")
    assert json.loads((place / "manifest.json").read_text())["counts"]["sending.mail"] == 2
    assert (place / "blobs" / town.hers["file"]).read_bytes() == b"of hers alone"
    code, said = await shell.run("contact", "erase", ANNA, "--yes", ANNA)
    assert code == 0, said
    assert said.startswith("1 tickets 1 mails received 2 mails sent")
    assert await rows_naming(town, ANNA) == []
