"""Many tickets are changed from the list: shown first, done by a command for each, and taken back."""

import re
from uuid import UUID, uuid5

from services.desk.bulks import forget_or_go_on
from services.desk.desk import Desk
from services.desk.queries.bulks import locked_bulk
from shared.storage import config
from shared.storage import tickets as tables
from shared.storage.desk import bulk_items, bulks
from tests.service.desk.conftest import Browser, House
from tests.service.desk.holding import held_mail
from tests.service.desk.test_commands_sent import sent

QUEUE = "ticketing.ticket.change.v1"


async def previewed(eva: Browser, **form: object) -> tuple[UUID, str]:
    answer = await eva.post("/tickets/bulk", **form)
    assert answer.status_code == 303, answer.text
    path = answer.headers["location"]
    return UUID(path.rpartition("/")[2]), (await eva.get(path)).text


async def test_what_is_ticked_is_shown_with_its_effect_and_nothing_happens_yet(
    house: House, eva: Browser
) -> None:
    await held_mail(house, await house.ticket(1, status="open"))
    await house.ticket(2, status="new")
    await house.ticket(3, status="closed")
    _, page = await previewed(eva, ticket=["1", "2", "3", "99"], status="closed")
    assert "Status Open → Closed (1)." in page
    assert "Status New → Closed (1)." in page
    assert "1 has a held mail. 1 is so already." in page
    assert "Change 2 tickets" in page
    assert await sent(house, "ticket.change.v1") == []


async def test_all_of_a_list_is_more_than_what_is_shown(house: House, eva: Browser) -> None:
    for number in range(1, 61):
        await house.ticket(number, tags=["vip"] if number % 2 else [])
    _, page = await previewed(eva, all="1", list="view=open&tag=vip", add_tags="late, later")
    assert "30 tickets" in page
    assert "Tags vip → vip, late, later." in page


async def test_it_is_carried_out_told_and_taken_back(house: House, eva: Browser) -> None:
    ids = {number: await house.ticket(number) for number in (1, 2)}
    bulk, _ = await previewed(eva, ticket=["1", "2"], status="closed", list="view=all")
    await house.answers(QUEUE, uuid5(bulk, str(ids[1])), {"ok": True, "version": 2})
    await house.answers(QUEUE, uuid5(bulk, str(ids[2])), {"refused": "a mail is still going out"})
    done = await eva.post(f"/tickets/bulk/{bulk}")
    assert done.headers["location"] == f"/tickets?view=all&did={bulk}"
    page = (await eva.get(done.headers["location"])).text
    assert "1 ticket changed. #2 was not: A mail is still going out." in page
    assert f'action="/tickets/bulk/{bulk}/undo"' in page
    closed = {"status": "closed", "category": "closed", "version": 2}
    await house.change(tables.tickets.update().where(tables.tickets.c.id == ids[1]).values(**closed))
    await house.answers(QUEUE, uuid5(uuid5(bulk, "undo"), str(ids[1])), {"ok": True, "version": 3})
    undone = await eva.post(f"/tickets/bulk/{bulk}/undo")
    assert "1 ticket is as before." in (await eva.get(undone.headers["location"])).text
    assert (await sent(house, "ticket.change.v1"))[-1]["changes"] == {"status": "open"}


async def test_somebody_who_was_faster_is_asked_about_again(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    bulk, _ = await previewed(eva, ticket="1", priority="high")
    conflict = {"refused": "somebody changed this ticket a moment ago", "conflict": True, "version": 2}
    await house.answers(QUEUE, uuid5(bulk, str(ticket)), conflict)
    await house.answers(QUEUE, uuid5(bulk, f"{ticket} 1"), {"ok": True, "version": 3})
    assert (await eva.post(f"/tickets/bulk/{bulk}")).headers["location"].endswith(f"did={bulk}")
    assert [row["state"] for row in await house.rows(bulk_items)] == ["done"]


async def test_what_takes_long_goes_on_without_the_page(house: House, desk: Desk, eva: Browser) -> None:
    ids = [await house.ticket(number) for number in range(1, 131)]
    bulk, _ = await previewed(eva, all="1", list="view=open", priority="high")
    begun = await eva.post(f"/tickets/bulk/{bulk}")
    assert begun.headers["location"] == f"/tickets/bulk/{bulk}"
    assert "0 of 130 tickets done" in (await eva.get(begun.headers["location"])).text
    assert len(await sent(house, "ticket.change.v1")) == 100
    for ticket in ids:
        await house.answers(QUEUE, uuid5(bulk, str(ticket)), {"ok": True, "version": 2})
    for _ in range(2):
        await swept(desk, bulk)
    assert {row["state"] for row in await house.rows(bulk_items)} == {"done"}
    assert "130 tickets changed" in (await eva.get(f"/tickets/bulk/{bulk}")).text
    await swept(desk, bulk)
    assert await house.rows(bulks) == []


async def test_who_only_reads_since_changes_no_more_tickets(house: House, desk: Desk, eva: Browser) -> None:
    await house.ticket(1)
    bulk, _ = await previewed(eva, ticket="1", status="closed")
    await house.change(bulks.update().values(state="running"))
    await house.change(config.users.update().values(role="reader"))
    await swept(desk, bulk)
    [item] = await house.rows(bulk_items)
    assert (item["state"], item["detail"]) == ("refused", "Whoever asked for it may change nothing any more.")
    assert await sent(house, "ticket.change.v1") == []


async def swept(desk: Desk, bulk: UUID) -> None:
    async with desk.units.acting("default") as unit:
        found = await locked_bulk(unit.db, "default", bulk)
        assert found is not None
        await forget_or_go_on(unit, found)


async def test_tickets_are_marked_read_and_unread_at_once_and_back(house: House, eva: Browser) -> None:
    await house.ticket(1)
    bulk, page = await previewed(eva, ticket="1", mark="unread")
    assert "1 ticket marked as unread." in page
    done = await eva.post(f"/tickets/bulk/{bulk}")
    assert 'id="t-1" class="is-unread' in (await eva.get(done.headers["location"])).text
    await eva.post(f"/tickets/bulk/{bulk}/undo")
    assert 'id="t-1" class="is-unread' not in (await eva.get("/tickets")).text
    assert await sent(house, "ticket.change.v1") == []


async def test_nothing_ticked_and_nothing_chosen_are_told(house: House, eva: Browser) -> None:
    await house.ticket(1)
    assert "No ticket is ticked." in (await eva.post("/tickets/bulk", status="closed")).text
    assert "Nothing is chosen" in (await eva.post("/tickets/bulk", ticket="1")).text


async def test_a_bulk_is_its_owners(house: House, eva: Browser) -> None:
    await house.ticket(1)
    bulk, _ = await previewed(eva, ticket="1", status="closed")
    await house.user("bob@acme.test")
    await eva.sign_in("bob@acme.test")
    for answer in (await eva.get(f"/tickets/bulk/{bulk}"), await eva.post(f"/tickets/bulk/{bulk}")):
        assert answer.status_code == 404
    assert re.search(r"no such change", answer.text, re.IGNORECASE)
