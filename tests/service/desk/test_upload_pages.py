"""Files in the forms of the desk: taken without script, refused beside the file, downloaded by the rules."""

import json
import re
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import insert

from shared.storage import config, messages
from shared.storage import tickets as tables
from shared.storage.desk import uploads
from tests.service.desk.conftest import NOW, Browser, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PROGRAM = b"MZ\x90\x00" + bytes(60)
KEPT = re.compile(r'name="upload" value="([^"]+)" checked><span>([^<]+)<')
FORMS = {
    "reply": ("/tickets/7/reply", {"text": "Here it is.", "to": "anna@example.test"}),
    "note": ("/tickets/7/note", {"text": "Here it is."}),
    "new ticket": (
        "/tickets/new",
        {"text": "Here it is.", "subject": "Badge", "contact": "anna@example.test"},
    ),
}


@pytest.fixture(autouse=True)
async def ticket(house: House) -> UUID:
    ticket = await house.ticket(7)
    await house.mail_in(ticket)
    return ticket


async def post(
    eva: Browser,
    which: str,
    *files: tuple[str, bytes],
    **more: Any,  # Any: fields of the form
) -> httpx.Response:
    path, form = FORMS[which]
    parts = [("files", file) for file in files] or [("files", ("", b""))]
    return await eva.http.post(path, data={"csrf": eva.csrf} | form | more, files=parts)


async def set_option(house: House, name: str, value: Any) -> None:  # Any: JSON
    row = {"name": name, "value": value, "changed_at": NOW, "changed_by": "test"}
    await house.add(config.options, tenant="default", **row)


async def sent(house: House) -> list[Any]:  # Any: JSON
    return [json.loads(row["body"]) for row in await house.rows(messages.outbox)]


@pytest.mark.parametrize("which", FORMS)
async def test_a_form_takes_several_files(house: House, eva: Browser, which: str) -> None:
    answer = await post(eva, which, ("a.png", PNG), ("b.txt", b"words"))
    assert answer.status_code == 303, answer.text
    (command,) = await sent(house)
    assert [(file["name"], file["media_type"]) for file in command["files"]] == [
        ("a.png", "image/png"),
        ("b.txt", "text/plain"),
    ]


@pytest.mark.parametrize("which", FORMS)
async def test_a_form_without_a_file_goes_as_before(house: House, eva: Browser, which: str) -> None:
    assert (await post(eva, which)).status_code == 303
    (command,) = await sent(house)
    assert command["files"] == []


@pytest.mark.parametrize("which", FORMS)
async def test_a_refused_file_gives_back_what_was_typed_and_sends_nothing(
    house: House, eva: Browser, which: str
) -> None:
    await set_option(house, "max_file_size", 1_000)
    page = await post(eva, which, ("a.png", PNG), ("b.pdf", PROGRAM), ("c.txt", b"x" * 1_001))
    assert page.status_code == 422
    assert "Here it is.</textarea>" in page.text
    assert "b.pdf: Programs are not on the list" in page.text
    assert "c.txt: The file has 1,001 bytes; the limit is 1,000." in page.text
    assert await sent(house) == []
    ((upload, name),) = KEPT.findall(page.text)
    assert name == "a.png"
    assert (await post(eva, which, upload=upload)).status_code == 303
    (command,) = await sent(house)
    assert [file["name"] for file in command["files"]] == ["a.png"]


async def test_a_file_larger_than_a_form_without_files_is_taken(house: House, eva: Browser) -> None:
    assert (await post(eva, "note", ("long.txt", b"x" * 3_000_000))).status_code == 303
    (command,) = await sent(house)
    assert command["files"][0]["size"] == 3_000_000


async def test_a_form_of_another_session_takes_no_file(house: House, eva: Browser) -> None:
    assert (await post(eva, "note", ("a.png", PNG), csrf="x")).status_code == 403
    assert await house.rows(uploads) == []


async def noted(house: House, ticket: UUID, name: str, data: bytes) -> tuple[UUID, str]:
    """Add a note with a file, as ticketing would."""
    file = await house.file(name, data, media_type="image/png")
    body = await house.blobs.put("default", b'{"text": "See the file."}')
    note = uuid4()
    facts = {"details": {"files": [file.model_dump(mode="json")]}, "has_files": True, "body": body}
    async with house.owner.begin() as db:
        row = {"id": note, "tenant": "default", "ticket": ticket, "kind": "note", "author_name": "Eva"}
        times = {"author_address": "eva@acme.test", "preview": "See", "shown_at": NOW, "created_at": NOW}
        await db.execute(insert(tables.posts).values(**row, **facts, **times))
    return note, file.sha256


async def test_a_file_of_a_note_is_shown_and_downloaded(house: House, eva: Browser, ticket: UUID) -> None:
    note, sha = await noted(house, ticket, "Foto ü.png", PNG)
    page = await eva.get("/tickets/7")
    assert f"/posts/{note}/files/{sha}" in page.text
    file = await eva.get(f"/posts/{note}/files/{sha}")
    assert file.content == PNG
    assert "Foto%20%C3%BC.png" in file.headers["content-disposition"]


async def test_a_type_that_left_the_list_since_asks_before_the_download(
    house: House, eva: Browser, ticket: UUID
) -> None:
    note, sha = await noted(house, ticket, "a.png", PNG)
    await set_option(house, "allowed_mime_types", ["text/*"])
    assert "Asks before the download" in (await eva.get("/tickets/7")).text
    warning = await eva.get(f"/posts/{note}/files/{sha}")
    assert "Files of type image/png are not on the list" in warning.text
    assert "content-disposition" not in warning.headers
    assert (await eva.get(f"/posts/{note}/files/{sha}?anyway=1")).content == PNG
