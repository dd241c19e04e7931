"""Every page of the application for somebody who reads German: nothing of the desk is said in English."""

from collections.abc import AsyncIterator

import httpx
import pytest
import pytest_asyncio

from tests.installation import TENANT
from tests.service.desk.conftest import Browser
from tests.walk.journeys.furnishing import furnish
from tests.walk.journeys.rounds import Round, go_round
from tests.walk.journeys.saying import english_on
from tests.walk.journeys.seats import EVA, SECRET
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

NOT_YET: set[str] = set()
"""Pages whose templates are not wrapped yet (tests/service/desk/test_words_wrapped.py). It only shrinks."""


WRITTEN = frozenset({"Default", "Keys", "Archive", "Door", "Sales", "Room", "status"})
"""By people: subjects, folders, names that the desk has words for too; and a value that triggers name."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def german(walk: Walk) -> AsyncIterator[tuple[httpx.AsyncClient, Round]]:
    unlinked = await furnish(walk)
    asked = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    async with httpx.AsyncClient(base_url=walk.desk.base_url, timeout=20, headers=asked) as http:
        signed = await Browser(http).sign_in(EVA, tenant=TENANT, password=SECRET)
        assert signed.status_code == 303
        yield http, await go_round(http, "/tickets?view=all", "/sign-in", "/tickets/new", *unlinked)


async def test_no_page_says_anything_in_english(german: tuple[httpx.AsyncClient, Round]) -> None:
    http, whole = german
    assert whole.broken == []
    left: dict[str, list[str]] = {}
    for route, pages in whole.pages.items():
        for path in pages:
            answer = await http.get(path)
            assert '<html lang="de"' in answer.text, path
            if route not in NOT_YET and (english := english_on(answer.text, "de", WRITTEN)):
                left[path] = english
    assert left == {}


async def test_programs_are_told_in_english(german: tuple[httpx.AsyncClient, Round]) -> None:
    http, _ = german
    refused = await http.get("/api/v1/tickets")
    assert refused.status_code == 401
    assert refused.json()["title"] == "Nobody is signed in"


async def test_what_is_not_there_is_told_in_german(german: tuple[httpx.AsyncClient, Round]) -> None:
    http, _ = german
    missing = await http.get("/tickets/999999999")
    assert missing.status_code == 404
    assert "Hier ist nichts" in missing.text
