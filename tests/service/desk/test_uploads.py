"""Uploads: taken or refused exactly by the settings, kept for who sent them, and named by a reply."""

import json
import tracemalloc
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete

from shared.blobs.filesystem import FilesystemBlobs
from shared.storage import config, messages
from shared.storage.desk import uploads
from tests.service.desk.conftest import NOW, House

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PROGRAM = b"MZ\x90\x00" + bytes(60)
LIMIT = 1_000


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    house.users["eva"] = await house.user("eva@acme.test")
    http.headers["Authorization"] = f"Bearer {await house.token(house.users['eva'])}"
    return http


async def set_option(house: House, name: str, value: Any) -> None:  # Any: JSON
    async with house.owner.begin() as db:
        await db.execute(delete(config.options).where(config.options.c.name == name))
    row = {"changed_at": NOW, "changed_by": "test"}
    await house.add(config.options, tenant="default", name=name, value=value, **row)


async def send(http: httpx.AsyncClient, name: str, content: bytes, declared: str = "") -> httpx.Response:
    file = (name, content, declared) if declared else (name, content)
    return await http.post("/api/v1/uploads", files={"file": file})


async def uploaded(http: httpx.AsyncClient, name: str, content: bytes) -> str:
    answer = await send(http, name, content)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


async def sent(house: House) -> list[Any]:  # Any: JSON
    return [json.loads(row["body"]) for row in await house.rows(messages.outbox)]


async def test_a_file_is_kept_with_its_name_size_and_type(
    house: House, api: httpx.AsyncClient, blobs: FilesystemBlobs
) -> None:
    answer = await send(api, "Übersicht März.png", PNG, "application/x-nonsense")
    assert answer.status_code == 201
    told = answer.json()
    assert told | {"id": ""} == {
        "id": "",
        "name": "Übersicht März.png",
        "size": len(PNG),
        "media_type": "image/png",
    }
    (row,) = await house.rows(uploads)
    assert (str(row["id"]), row["user"], row["used_at"]) == (told["id"], house.users["eva"], None)
    assert await blobs.get("default", row["sha256"]) == PNG


async def test_a_file_of_exactly_the_limit_is_taken_and_one_byte_more_is_not(
    house: House, api: httpx.AsyncClient
) -> None:
    await set_option(house, "max_file_size", LIMIT)
    assert (await send(api, "a.txt", b"x" * LIMIT)).status_code == 201
    refused = await send(api, "a.txt", b"x" * (LIMIT + 1))
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"
    assert refused.json()["detail"] == "a.txt: The file has 1,001 bytes; the limit is 1,000."
    assert "max_file_size" in refused.json()["remedy"]
    assert len(await house.rows(uploads)) == 1


async def test_a_changed_limit_counts_at_once(house: House, api: httpx.AsyncClient) -> None:
    assert (await send(api, "a.txt", b"x" * 2_000)).status_code == 201
    await set_option(house, "max_file_size", LIMIT)
    assert (await send(api, "a.txt", b"x" * 2_000)).status_code == 413
    await set_option(house, "allowed_mime_types", ["application/pdf"])
    assert (await send(api, "a.txt", b"x")).status_code == 415


async def test_a_huge_upload_is_refused_before_it_has_come(house: House, api: httpx.AsyncClient) -> None:
    await set_option(house, "max_file_size", LIMIT)
    given = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal given
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\n'
        while given < 1_000_000_000:
            given += 50_000
            yield b"x" * 50_000

    form = {"Content-Type": "multipart/form-data; boundary=b"}
    tracemalloc.start()
    answer = await api.post("/api/v1/uploads", content=endless(), headers=form)
    held = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert (answer.status_code, answer.json()["status"]) == (413, 413)
    assert "more than 1,000 bytes; the limit of a file is 1,000" in answer.json()["detail"]
    assert given <= 200_000
    assert held < 10_000_000


async def test_what_says_that_it_is_huge_is_not_read(house: House, api: httpx.AsyncClient) -> None:
    await set_option(house, "max_file_size", LIMIT)

    async def unread() -> AsyncIterator[bytes]:
        pytest.fail("it was read")
        yield b""

    form = {"Content-Type": "multipart/form-data; boundary=b", "Content-Length": "70000000"}
    answer = await api.post("/api/v1/uploads", content=unread(), headers=form)
    assert answer.status_code == 413
    assert "70,000,000 bytes" in answer.json()["detail"]


@pytest.mark.parametrize(
    ("name", "content", "declared", "found"),
    [
        ("photo.png", PROGRAM, "image/png", "Programs"),
        ("photo.png", b"\x00\x01\x02\x03" * 9, "image/png", "Files of type application/octet-stream"),
        (
            "letter.doc",
            b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600),
            "",
            "Files of type application/x-ole-storage",
        ),
        ("run.bat", b"@echo off\n", "text/plain", "Programs"),
        ("report.pdf", b"PK\x03\x04" + bytes(26) + b"META-INF/MANIFEST.MF", "", "Programs"),
    ],
    ids=["a program", "nothing known", "an installer", "a script", "an archive of programs"],
)
async def test_a_type_that_is_not_allowed_is_refused_whatever_the_file_calls_itself(
    *, house: House, api: httpx.AsyncClient, name: str, content: bytes, declared: str, found: str
) -> None:
    answer = await send(api, name, content, declared)
    assert answer.status_code == 415
    problem = answer.json()
    assert problem["detail"] == f"{name}: {found} are not on the list of allowed types."
    assert "allowed_mime_types allows image/*, text/*, application/pdf" in problem["remedy"]
    assert await house.rows(uploads) == []


@pytest.mark.parametrize(
    ("allowed", "name", "content", "status"),
    [
        (["image/*"], "a.exe", PNG, 201),
        (["image/png"], "a", PNG, 201),
        (["image/jpeg"], "a.jpg", PNG, 415),
        (["image/*"], "a.svg", b"no drawing at all", 415),
        (["image/svg+xml"], "a.txt", b"<svg xmlns='x'/>", 201),
        ([], "a.exe", PROGRAM, 201),
        (["text/*"], "empty.txt", b"", 201),
        (["image/*"], "empty.png", b"", 415),
    ],
)
async def test_the_list_of_allowed_types_decides_by_content(
    *, house: House, api: httpx.AsyncClient, allowed: list[str], name: str, content: bytes, status: int
) -> None:
    await set_option(house, "allowed_mime_types", allowed)
    assert (await send(api, name, content)).status_code == status


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("../../etc/passwd.txt", "passwd.txt"),
        ("C:\\Users\\eva\\list.txt", "list.txt"),
        ("invoice\u202egnp.txt", "invoicegnp.txt"),
        ("a\x07b.txt", "ab.txt"),
        ("what?.txt", "what_.txt"),
        ("invoice.pdf.txt", "invoice.pdf.txt"),
        ("...", "file"),
        ("x" * 300 + ".txt", "x" * 146 + ".txt"),
    ],
)
async def test_a_name_is_made_safe(api: httpx.AsyncClient, written: str, kept: str) -> None:
    body = (
        f'--b\r\nContent-Disposition: form-data; name="file"; filename="{written}"\r\n\r\nwords\r\n--b--\r\n'
    )
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await api.post("/api/v1/uploads", content=body.encode(), headers=form)
    assert answer.json().get("name") == kept


async def test_what_is_no_form_with_a_file_is_refused(api: httpx.AsyncClient) -> None:
    for asked in ({"json": {"file": "x"}}, {"files": {"other": ("a.txt", b"x")}}, {"content": b"x"}):
        answer = await api.post("/api/v1/uploads", **asked)
        assert answer.status_code == 422
        assert "form" in answer.json()["detail"]


async def test_a_reply_takes_its_files_along(house: House, api: httpx.AsyncClient) -> None:
    await house.mail_in(await house.ticket(7))
    ids = [await uploaded(api, "a.png", PNG), await uploaded(api, "b.txt", b"words")]
    answer = await api.post("/api/v1/tickets/7/replies", json={"text": "Here.", "files": ids})
    assert answer.status_code == 202
    (command,) = await sent(house)
    told = [(file["name"], file["media_type"], file["size"]) for file in command["files"]]
    assert told == [("a.png", "image/png", len(PNG)), ("b.txt", "text/plain", 5)]
    assert [row["used_at"] for row in await house.rows(uploads)] == [NOW, NOW]


async def test_the_same_reply_again_may_name_the_same_files(house: House, api: httpx.AsyncClient) -> None:
    await house.mail_in(await house.ticket(7))
    body = {"text": "Here.", "files": [await uploaded(api, "a.png", PNG)]}
    key = {"Idempotency-Key": str(uuid4())}
    answers = [await api.post("/api/v1/tickets/7/replies", json=body, headers=key) for _ in "12"]
    assert [answer.status_code for answer in answers] == [202, 202]


async def test_files_are_checked_again_when_they_are_used(house: House, api: httpx.AsyncClient) -> None:
    await house.mail_in(await house.ticket(7))
    body = {"text": "Here.", "files": [await uploaded(api, "a.png", PNG)]}
    await set_option(house, "allowed_mime_types", ["text/*"])
    refused = await api.post("/api/v1/tickets/7/replies", json=body)
    assert refused.status_code == 415
    assert "a.png: Files of type image/png" in refused.json()["detail"]
    await set_option(house, "allowed_mime_types", ["image/*"])
    await set_option(house, "max_file_size", 10)
    assert (await api.post("/api/v1/tickets/7/replies", json=body)).status_code == 413
    assert await sent(house) == []
    assert [row["used_at"] for row in await house.rows(uploads)] == [None]


@pytest.fixture
async def others(house: House, api: httpx.AsyncClient) -> dict[str, str]:
    """Uploads that are not Eva's."""
    await house.tenant("zeta")
    strangers = {
        "a colleague": await house.token(await house.user("ben@acme.test")),
        "another tenant": await house.token(await house.user("eva@acme.test", tenant="zeta"), "zeta"),
    }
    mine, found = api.headers["Authorization"], {"nobody": str(uuid4())}
    for name, token in strangers.items():
        api.headers["Authorization"] = f"Bearer {token}"
        found[name] = await uploaded(api, "a.png", PNG)
    api.headers["Authorization"] = mine
    return found


@pytest.mark.parametrize("whose", ["a colleague", "another tenant", "nobody"])
async def test_a_file_of_somebody_else_is_not_there(
    house: House, api: httpx.AsyncClient, others: dict[str, str], whose: str
) -> None:
    await house.mail_in(await house.ticket(7))
    body = {"text": "Here.", "files": [others[whose]]}
    answer = await api.post("/api/v1/tickets/7/replies", json=body)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "files"
    assert others[whose] in answer.json()["detail"]
    assert await sent(house) == []
    assert {row["used_at"] for row in await house.rows(uploads)} == {None}


async def test_more_than_twenty_files_are_too_many(house: House, api: httpx.AsyncClient) -> None:
    await house.mail_in(await house.ticket(7))
    ids = [await uploaded(api, f"{number}.txt", b"x") for number in range(21)]
    refused = await api.post("/api/v1/tickets/7/replies", json={"text": "Here.", "files": ids})
    assert (refused.status_code, refused.json()["detail"]) == (
        422,
        "21 files are too many: one post takes 20.",
    )
    twenty = {"text": "Here.", "files": ids[:20]}
    assert (await api.post("/api/v1/tickets/7/replies", json=twenty)).status_code == 202


async def test_files_that_no_mail_can_carry_together_are_refused(
    house: House, api: httpx.AsyncClient
) -> None:
    await house.mail_in(await house.ticket(7))
    ids = [await large_upload(house, size) for size in (13_000_000, 13_000_000, 12_000_000)]
    refused = await api.post("/api/v1/tickets/7/replies", json={"text": "Here.", "files": ids[:2]})
    assert refused.status_code == 413
    why = "The files have 26,000,000 bytes together; one mail takes 25,000,000."
    assert refused.json()["detail"] == why
    fits = {"text": "Here.", "files": ids[1:]}
    assert (await api.post("/api/v1/tickets/7/replies", json=fits)).status_code == 202


async def large_upload(house: House, size: int) -> str:
    """Put a row there as if so many bytes had come."""
    upload = UUID(int=size + len(await house.rows(uploads)))
    facts = {"name": "a.txt", "media_type": "text/plain", "sha256": "0" * 64, "size": size, "at": NOW}
    await house.add(uploads, id=upload, tenant="default", user=house.users["eva"], **facts)
    return str(upload)


async def test_without_a_token_nothing_is_taken(house: House, http: httpx.AsyncClient) -> None:
    assert (await send(http, "a.png", PNG)).status_code == 401
    assert await house.rows(uploads) == []
