"""A contact exported and erased by API and on the desk's page, over the tables of every service."""

import io
import zipfile
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from sqlalchemy import select

from postroom.privacy import PrivacyIn
from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.signin.auth import digest_of, new_token
from services.desk.signin.passwords import hashed
from shared.blobs.filesystem import FilesystemBlobs
from shared.storage import config
from tests.installation import TENANT, Installation
from tests.service.desk.conftest import Browser
from tests.storage.rows import NOW
from tests.system.test_contact_commands import ANNA, BOB, Town, installation, rows_naming, settings, town

__all__ = ["installation", "settings", "town"]
EVA, PASSWORD = "eva@acme.test", "correct horse battery"


@pytest.fixture
async def http(installation: Installation) -> AsyncIterator[httpx.AsyncClient]:
    house = installation.house
    desk = Desk(
        engine=house.engine("desk"),
        units=house.units("desk"),
        blobs=house.blobs,
        privacy=PrivacyIn(house),
    )
    transport = httpx.ASGITransport(app=make_app(desk))
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


async def signs_in(town: Town, http: httpx.AsyncClient, role: str) -> UUID:
    user, value = UUID(int=1 if role == "admin" else 2), new_token(TENANT)
    facts = {"password_hash": await hashed(PASSWORD), "name": "Eva", "role": role, "created_at": NOW}
    address = EVA if role == "admin" else f"{role}@acme.test"
    await town.add(config.users, id=user, address=address, **facts)
    await town.add(config.tokens, id=user, user=user, digest=digest_of(value), name="t", created_at=NOW)
    http.headers["Authorization"] = f"Bearer {value}"
    return user


async def until_finished(installation: Installation, http: httpx.AsyncClient, erasure: str) -> None:
    async def finished() -> bool:
        return (await http.get(f"/api/v1/erasures/{erasure}")).json()["finished_at"] is not None

    await installation.until(finished, "the contact is erased")


async def test_an_administrator_exports_and_erases_a_contact_by_api(
    installation: Installation, town: Town, http: httpx.AsyncClient, blobs: FilesystemBlobs
) -> None:
    eva = await signs_in(town, http, "admin")
    at = f"/api/v1/contacts/{town.ids[f'contact {ANNA}']}"
    answer = await http.get(f"{at}/export")
    assert answer.status_code == 200, answer.text
    archive = zipfile.ZipFile(io.BytesIO(answer.content))
    assert archive.read(f"mails/{town.ids['her mail']}.eml").startswith(b"From: anna")
    assert archive.read(f"blobs/{town.hers['file']}") == b"of hers alone"
    refused = await http.post(f"{at}/erase")
    assert refused.status_code == 409
    assert refused.json()["detail"] == (
        "This erases for good: 1 tickets, 1 mails received, 2 mails sent, 5 blobs, 1 parked messages, "
        "0 posts that stay elsewhere and name them, 0 notes that stay on their tickets."
    )
    assert await rows_naming(town, ANNA)
    begun = await http.post(f"{at}/erase", params={"confirm": True})
    assert (begun.status_code, begun.json()["by"], begun.json()["by_name"]) == (202, str(eva), "Eva")
    await until_finished(installation, http, begun.json()["id"])
    assert await rows_naming(town, ANNA) == []
    assert not await blobs.exists(TENANT, town.hers["raw"])
    assert (await http.post(f"{at}/erase")).status_code == 404
    (told,) = (await http.get("/api/v1/erasures")).json()["items"]
    assert (told["id"], told["found"]["mails sent"]) == (begun.json()["id"], 2)


async def test_an_agent_neither_exports_nor_erases_a_contact(town: Town, http: httpx.AsyncClient) -> None:
    await signs_in(town, http, "agent")
    at = f"/api/v1/contacts/{town.ids[f'contact {ANNA}']}"
    answers = [await http.get(f"{at}/export"), await http.post(f"{at}/erase?confirm=true")]
    assert [answer.status_code for answer in answers] == [403, 403]
    assert await rows_naming(town, ANNA)


async def test_a_contact_is_erased_on_its_page_when_its_address_was_typed(
    installation: Installation, town: Town, http: httpx.AsyncClient
) -> None:
    await signs_in(town, http, "admin")
    browser = Browser(http)
    assert (await browser.sign_in(EVA, TENANT)).status_code == 303
    page = f"/contacts/{town.ids[f'contact {ANNA}']}"
    assert f'href="{page}/export"' in (await http.get(page)).text
    asked = (await http.get(f"{page}/erase")).text
    assert "mails received" in asked
    wrong = await browser.post(f"{page}/erase", typed=BOB)
    assert (wrong.status_code, "Nothing was erased" in wrong.text) == (409, True)
    done = await browser.post(f"{page}/erase", typed="Anna@Example.com")
    assert (done.status_code, done.headers["location"]) == (303, "/contacts/erasures?said=erasing")
    (receipt,) = await installation.rows(select(config.erasures))
    await until_finished(installation, http, str(receipt.id))
    assert await rows_naming(town, ANNA) == []
    told = (await http.get("/contacts/erasures")).text
    assert "Eva" in told
    assert "mails received" in told
    assert ANNA not in told


async def test_without_what_reaches_all_tables_the_desk_says_what_to_do(
    installation: Installation, town: Town
) -> None:
    house = installation.house
    app = make_app(Desk(engine=house.engine("desk"), units=house.units("desk"), blobs=house.blobs))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://desk.test") as http:
        await signs_in(town, http, "admin")
        answer = await http.get(f"/api/v1/contacts/{town.ids[f'contact {ANNA}']}/export")
    assert answer.status_code == 409
    assert "postroom contact export" in answer.json()["remedy"]
