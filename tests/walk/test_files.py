"""Files of the desk reach the customer as they are, and uploads go in their time."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from shared.storage.desk import uploads
from tests.installation import TENANT
from tests.walk.letters import letter, read
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

PDF = b"%PDF-1.7\n" + bytes(range(256)) * 40
NAME = "Übersicht März (1).pdf"


async def upload(walk: Walk, name: str, content: bytes) -> str:
    answer = await walk.desk.post("/api/v1/uploads", files={"file": (name, content, "text/html")})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def test_a_reply_with_a_file_arrives_with_the_same_bytes_name_and_type(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("The list, please", to=mailbox.address)))
    wanted = {"text": "Here it is.", "files": [await upload(walk, NAME, PDF)]}
    await walk.ask("POST", f"/tickets/{number}/replies", wanted)
    (sent,) = await walk.left(mailbox)
    (file,) = read(sent.raw).iter_attachments()
    told = (file.get_filename(), file.get_content_type(), file.get_payload(decode=True))
    assert told == (NAME, "application/pdf", PDF)
    (post,) = await walk.timeline(number, "mail_out")
    assert [(one["name"], one["size"], one["decision"]) for one in post["files"]] == [
        (NAME, len(PDF), "kept")
    ]


async def test_a_note_and_a_new_ticket_keep_their_files(walk: Walk) -> None:
    opened = {"subject": "New badge", "contact": {"address": "ann@firm.example"}, "text": "See the file."}
    number = (await walk.ask("POST", "/tickets", opened | {"files": [await upload(walk, "form.pdf", PDF)]}))[
        "number"
    ]
    noted = {"text": "And this.", "files": [await upload(walk, "photo.txt", b"words")]}
    await walk.ask("POST", f"/tickets/{number}/notes", noted)
    files = [[file["name"] for file in post["files"]] for post in await walk.timeline(number)]
    assert files == [["form.pdf"], ["photo.txt"]]
    found = (await walk.read("/tickets?view=all&q=photo.txt"))["items"]
    assert [ticket["number"] for ticket in found] == [number]


async def test_uploads_go_after_a_day_and_the_post_keeps_its_files(walk: Walk) -> None:
    opened = {"subject": "Old badge", "contact": {"address": "ann@firm.example"}, "text": "See the file."}
    kept = await upload(walk, "kept.pdf", PDF)
    await upload(walk, "forgotten.pdf", PDF + b"forgotten")
    number = (await walk.ask("POST", "/tickets", opened | {"files": [kept]}))["number"]
    await walk.later(timedelta(hours=23))
    await walk.rest()
    assert len(await walk.installation.rows(select(uploads))) >= 2
    await walk.later(timedelta(hours=2))

    async def gone() -> bool:
        return not await walk.installation.rows(select(uploads))

    await walk.installation.until(gone, "no upload is left")
    (post,) = await walk.timeline(number)
    (file,) = post["files"]
    assert await walk.installation.house.blobs.get(TENANT, file["sha256"]) == PDF
