"""Options of the timeline: changed while everything runs, and the next page goes by them."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from sqlalchemy import insert, select

from shared.storage.engine import in_tenant
from shared.storage.tickets import posts, tickets
from tests.installation import TENANT
from tests.service.desk.conftest import Browser
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

POST = re.compile(r'id="post-([0-9a-f-]+)"')
OLDER = re.compile(r'data-older="([^"]+)"( data-by-itself)?')
MANY = 121


async def long_ticket(walk: Walk) -> int:
    """Open a ticket by mail and fill its timeline up to `MANY` posts, as so many notes would."""
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("A long story")))
    (row,) = await walk.installation.rows(select(tickets.c.id).where(tickets.c.number == number))
    at = walk.clock()
    facts = {"tenant": TENANT, "ticket": row.id, "kind": "note", "author_name": "Eva Stein", "preview": "x"}
    rows = [
        facts
        | {"id": uuid4(), "author_address": "", "details": {}, "created_at": at}
        | {"shown_at": at + timedelta(seconds=second)}
        for second in range(1, MANY)
    ]
    async with in_tenant(walk.installation.house.engine("ticketing"), TENANT) as db:
        await db.execute(insert(posts), rows)
    return number


async def parts(eva: Browser, number: int) -> list[tuple[int, bool]]:
    """Load the page and then every part that it offers; say of each how many posts it has, and whether the
    next one comes by itself."""
    found, path = [], f"/tickets/{number}"
    while path:
        text = (await eva.get(path)).text
        older = OLDER.search(text)
        found.append((len(set(POST.findall(text))), bool(older and older[2])))
        path = older[1] if older else ""
    return found


@pytest.mark.option("load_full_timeline")
@pytest.mark.option("timeline_items_per_page")
async def test_the_next_page_loads_a_hundred_posts_or_all_by_itself_in_pages_of_the_size_that_is_set(
    walk: Walk, eva: Browser
) -> None:
    number = await long_ticket(walk)
    await walk.options(load_full_timeline=False, timeline_items_per_page=50)
    assert await parts(eva, number) == [(100, False), (21, False)]
    await walk.options(load_full_timeline=True)
    assert await parts(eva, number) == [(50, True), (50, True), (21, False)]
    await walk.options(timeline_items_per_page=60)
    assert await parts(eva, number) == [(60, True), (60, True), (1, False)]
    await walk.options(timeline_items_per_page=500)
    assert await parts(eva, number) == [(MANY, False)]
    await walk.options(load_full_timeline=False)
    assert await parts(eva, number) == [(100, False), (21, False)]


@pytest.mark.option("answer_target_hours")
async def test_who_waits_past_the_target_is_marked_in_the_list(walk: Walk, eva: Browser) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Still no answer")))
    await walk.later(timedelta(minutes=90))
    marked = []
    for hours in (8, 1, 0, 2):
        await walk.options(answer_target_hours=hours)
        page = (await eva.get(f"/tickets?view=all&among={number}")).text
        marked.append("Past the target" in page)
    assert marked == [False, True, False, False]
