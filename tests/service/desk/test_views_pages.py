"""Saved views: kept from a list, shown beside it with their counts, shared, ordered and removed."""

import re
from uuid import UUID

from shared.storage.desk import views
from tests.service.desk.conftest import Browser, House
from tests.service.desk.test_ticket_list import numbers


async def saved(eva: Browser, asked: str, name: str) -> UUID:
    answer = await eva.post("/views", list=asked, name=name)
    assert answer.status_code == 303, answer.text
    found = re.fullmatch(r"/tickets\?saved=([0-9a-f-]+)&said=view", answer.headers["location"])
    assert found
    return UUID(found[1])


async def test_a_view_keeps_filters_order_and_name_and_is_counted(house: House, eva: Browser) -> None:
    await house.ticket(1, priority="urgent", tags=["vip"])
    await house.ticket(2, priority="urgent")
    await house.ticket(3, priority="urgent", tags=["vip"])
    view = await saved(eva, "view=open&priority=urgent&tag=vip&sort=number", "  Very   important ")
    assert await numbers(eva, f"/tickets?saved={view}") == [3, 1]
    page = (await eva.get(f"/tickets?saved={view}")).text
    assert "<h1>Very important " in page
    side = re.search(rf'href="/tickets\?saved={view}" aria-current="page".*?</li>', page, re.DOTALL)
    assert side
    assert '<span class="count num">2</span>' in side[0]
    assert await numbers(eva, f"/tickets?saved={view}&sort=activity") != []


async def test_a_view_that_was_narrowed_further_is_saved_again(house: House, eva: Browser) -> None:
    await house.ticket(1, priority="urgent")
    await house.ticket(2, priority="urgent", status="new")
    view = await saved(eva, "priority=urgent", "Urgent")
    changed = f"saved={view}&view=new&priority=urgent"
    assert await numbers(eva, f"/tickets?{changed}") == [2]
    assert "Save changes" in (await eva.get(f"/tickets?{changed}")).text
    await eva.post(f"/views/{view}", do="keep", list=changed)
    assert await numbers(eva, f"/tickets?saved={view}") == [2]


async def test_views_are_private_until_shared_and_only_some_change_them(house: House, eva: Browser) -> None:
    view = await saved(eva, "view=new", "Mine alone")
    await house.user("bob@acme.test")
    await eva.sign_in("bob@acme.test")
    assert "Mine alone" not in (await eva.get("/views")).text
    assert (await eva.get(f"/tickets?saved={view}")).status_code == 404
    assert (await eva.post(f"/views/{view}", do="remove")).status_code == 404
    await eva.sign_in("eva@acme.test")
    await eva.post(f"/views/{view}", name="For all", shared="on")
    await eva.sign_in("bob@acme.test")
    assert "For all" in (await eva.get("/tickets")).text
    assert (await eva.get(f"/tickets?saved={view}")).status_code == 200
    for form in ({"do": "remove"}, {"do": "up"}, {"name": "Bob's"}):
        assert (await eva.post(f"/views/{view}", **form)).status_code == 403


async def test_views_are_ordered_by_hand_and_removed(house: House, eva: Browser) -> None:
    one, two, three = [await saved(eva, "view=new", name) for name in ("One", "Two", "Three")]
    await eva.post(f"/views/{three}", do="up")
    await eva.post(f"/views/{one}", do="down")
    await eva.post(f"/views/{one}", do="down")
    await eva.post(f"/views/{two}", do="remove")
    rows = sorted(await house.rows(views), key=lambda row: row["position"])
    assert [row["name"] for row in rows] == ["Three", "One"]
    assert (await eva.post("/views", list="", name=" ")).status_code == 422
