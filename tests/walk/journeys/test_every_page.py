"""Every page of the application in a browser: no barrier, no broken policy, nothing from elsewhere."""

import json
from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.installation import TENANT
from tests.service.desk.conftest import Browser
from tests.walk.journeys.furnishing import furnish
from tests.walk.journeys.rounds import Round, go_round, routes
from tests.walk.journeys.seats import DESKTOP, EVA, PHONE, SECRET, Sits
from tests.walk.journeys.states import STATES
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

BEGINNINGS = ("/tickets?view=all", "/sign-in", "/style")
NO_PAGES = {
    "/": "leads to the list",
    "/health": "for programs",
    "/ready": "for programs",
    "/live": "a stream",
    "/side": "a part of each page",
    "/tickets/{number}/timeline": "a part of the page of a ticket",
    "/tickets/{number}/here": "a part of the page of a ticket",
    "/posts/{post}/files/{sha256}": "files",
    "/posts/{post}/source": "plain text",
    "/posts/{post}/remote": "images in a frame",
    "/posts/{post}/raw": "a file",
    "/posts/{post}/text": "plain text",
    "/posts/{post}/html": "what a frame shows; tests/browser tries it with hostile mail",
    "/posts/{post}/inline/{content_id:path}": "images in a frame",
    "/mails/{mail}/raw": "a file",
    "/contacts/{contact}/export": "a file",
    "/palette": "a part of each page",
    "/mailboxes/{mailbox}/folders": "a part of the page of a mailbox",
    "/people": "a part of the editor",
    "/tickets/{number}/colleagues": "a part of the editor",
    "/tickets/{number}/saved-replies": "a part of the editor",
    "/uploads/{upload}/image": "an image",
    "/me/security/second-factor": "only while one is set up; tests/service/desk/test_second_factor.py",
    "/me/security/second-factor/qr.svg": "an image",
    "/sign-in/code": "only after a password; test_asked_for_a_code.py",
    "/sign-in/second-factor": "only after a password; test_asked_for_a_code.py",
    "/sign-in/second-factor/qr.svg": "an image",
    "/sign-in/provider": "leads to the provider",
    "/sign-in/provider/back": "leads back from it",
    "/tickets/bulk/{bulk}": "only after tickets were chosen; tests/service/desk/test_bulk_pages.py",
    "/operations/missing/{mailbox}/{day}": "linked only when a mail is nowhere",
    "/welcome": "only while nobody is a user; test_first_run_by_hand.py",
}
"""Routes without a page to look at, and why."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def whole(walk: Walk) -> AsyncIterator[Round]:
    unlinked = await furnish(walk)
    async with httpx.AsyncClient(base_url=walk.desk.base_url, timeout=20) as http:
        signed = await Browser(http).sign_in(EVA, tenant=TENANT, password=SECRET)
        assert signed.status_code == 303
        yield await go_round(http, *BEGINNINGS, *unlinked)


async def test_each_page_is_found_by_links_and_none_is_broken(whole: Round) -> None:
    assert whole.broken == []
    unreached = set(routes()) - set(whole.pages) - set(NO_PAGES)
    assert unreached == set()


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESKTOP, "light"), (PHONE, "dark")],
    ids=["desktop", "phone, dark"],
)
async def test_no_page_has_a_barrier_or_scrolls_sideways(
    sits: Sits, whole: Round, size: tuple[int, int], scheme: str
) -> None:
    seat = await sits(size=size, scheme=scheme)
    found: dict[str, list[str]] = {}
    for address in whole.each():
        if address.startswith("/sign-in"):
            continue
        await seat.open(address)
        barriers = await seat.barriers()
        if wide := await seat.overflows():
            barriers.append(f"it scrolls sideways by {wide} px")
        if barriers:
            found[address] = barriers
    assert not found, json.dumps(found, indent=1)


async def test_the_page_of_signing_in_has_no_barrier(sits: Sits) -> None:
    for size, scheme in ((DESKTOP, "light"), (PHONE, "dark")):
        seat = await sits("", size=size, scheme=scheme)
        await seat.open("/sign-in")
        assert await seat.barriers() == []


@pytest.mark.usefixtures("whole")
@pytest.mark.parametrize(
    ("size", "scheme"),
    [(DESKTOP, "light"), (PHONE, "dark")],
    ids=["desktop, light", "phone, dark"],
)
async def test_no_open_dialog_menu_or_editor_has_a_barrier_or_scrolls_sideways(
    sits: Sits, size: tuple[int, int], scheme: str
) -> None:
    seat = await sits(size=size, scheme=scheme)
    found: dict[str, list[str]] = {}
    for state in STATES:
        await state.reach(seat)
        barriers = await seat.barriers()
        if wide := await seat.overflows():
            barriers.append(f"it scrolls sideways by {wide} px")
        if barriers:
            found[state.name] = barriers
    assert not found, json.dumps(found, indent=1)
