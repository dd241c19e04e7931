"""Who sees which ticket: by membership of its department, at once, and where merges and hand-overs lead."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from sqlalchemy import delete, event, update
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.queries.counts import counts
from services.desk.queries.people import User
from services.desk.queries.search import find
from services.desk.queries.ticket import full_ticket
from services.desk.queries.tickets import Filters, count_of, ticket_page
from shared.storage import config
from shared.storage import tickets as tables
from shared.storage.together import links
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent

People = dict[str, User]


@pytest.fixture
async def people(house: House) -> People:
    """An administrator, a member of the department people, and an agent who is in none."""
    roles = {"ada": "admin", "mia": "agent", "bob": "agent"}
    return {
        name: User(
            await house.user(f"{name}@acme.test", role=role), "default", f"{name}@acme.test", "", role, False
        )
        for name, role in roles.items()
    }


@pytest.fixture
async def department(house: House, people: People) -> UUID:
    return await house.department("people", people["mia"].id)


Seen = Callable[[str], Awaitable[list[int]]]


@pytest.fixture
def seen(desk: Desk, people: People) -> Seen:
    async def numbers(name: str) -> list[int]:
        user = people[name]
        async with desk.reading(user) as reading:
            page = await ticket_page(reading, Filters("all"), user.id)
            found = sorted(row.number for row in page.rows)
            assert await count_of(reading, Filters("all"), user.id) == len(found)
            assert (await counts(reading, user.id)).views["open"] == len(found)
            one_by_one = [n for n in range(1, 10) if await full_ticket(reading, n)]
        assert one_by_one == found
        return found

    return numbers


async def test_members_and_administrators_see_it_and_others_only_what_is_everybodys(
    house: House, department: UUID, seen: Seen
) -> None:
    await house.ticket(1)
    await house.ticket(2, department=await house.department("sales"))
    await house.ticket(3, department=department)
    assert await seen("ada") == await seen("mia") == [1, 2, 3]
    assert await seen("bob") == [1, 2]


async def test_whom_a_ticket_is_assigned_to_sees_it_without_being_a_member(
    house: House, people: People, department: UUID, seen: Seen
) -> None:
    await house.ticket(1, department=department, assignee=people["bob"].id)
    await house.ticket(2, department=department, assignee=people["mia"].id)
    assert await seen("bob") == [1]


async def test_membership_counts_at_once(
    house: House, http: httpx.AsyncClient, people: People, department: UUID
) -> None:
    await house.ticket(1, department=department)
    bob = Browser(http)
    await bob.sign_in("bob@acme.test")
    in_it = {"user": people["bob"].id, "department": department}
    for wanted, is_in in ((404, False), (200, True), (404, False)):
        if is_in:
            await house.add(config.memberships, tenant="default", **in_it)
        else:
            async with house.owner.begin() as db:
                await db.execute(
                    delete(config.memberships).where(config.memberships.c.user == people["bob"].id)
                )
        assert (await bob.get("/tickets/1")).status_code == wanted


async def test_what_only_somebody_who_left_could_see_is_not_everybodys_since(
    house: House, people: People, department: UUID, seen: Seen
) -> None:
    await house.ticket(1, department=department)
    left = update(config.users).where(config.users.c.id == people["mia"].id)
    await house.change(left.values(archived_at=house.clock()))
    assert (await seen("ada"), await seen("bob")) == ([1], [])


async def test_a_search_finds_and_counts_only_what_is_seen(
    house: House, desk: Desk, people: People, department: UUID
) -> None:
    for number, of in ((1, None), (2, department)):
        await house.mail_in(await house.ticket(number, department=of), "Toner is out.")
    found = {}
    for name, user in people.items():
        for typed in ("toner", "2", "department:people"):
            async with desk.reading(user) as reading:
                what = await find(reading, typed, user.id)
                rows = (await ticket_page(reading, Filters("all"), user.id, what)).rows
                assert await count_of(reading, Filters("all"), user.id, what) == len(rows)
            found[name, typed] = sorted(row.number for row in rows)
    assert found == {
        ("ada", "toner"): [1, 2],
        ("mia", "toner"): [1, 2],
        ("bob", "toner"): [1],
        ("ada", "2"): [2],
        ("mia", "2"): [2],
        ("bob", "2"): [],
        ("ada", "department:people"): [2],
        ("mia", "department:people"): [2],
        ("bob", "department:people"): [],
    }


async def test_the_numbers_beside_the_navigation_count_what_is_seen(
    house: House, desk: Desk, people: People, department: UUID
) -> None:
    box = await house.mailbox("people@acme.test")
    await house.change(
        update(config.mailboxes).where(config.mailboxes.c.id == box).values(department=department)
    )
    for number, of in ((1, None), (2, department)):
        ticket = await house.ticket(number, status="new", department=of)
        for state in ("held", "planned", "failed"):
            await house.mail_out(ticket, state)
    told = {}
    for name, user in people.items():
        async with desk.reading(user) as reading:
            now = await counts(reading, user.id)
        told[name] = (now.views["new"], now.views["unassigned"], now.held, now.planned, now.failed)
    assert told == {"ada": (2, 2, 2, 2, 2), "mia": (2, 2, 2, 2, 2), "bob": (1, 1, 1, 1, 1)}


async def test_each_ticket_of_a_merge_goes_by_its_own_department_and_mail_by_where_it_leads(
    house: House, http: httpx.AsyncClient, people: People, department: UUID
) -> None:
    hidden, plain = await house.ticket(1, department=department), await house.ticket(2)
    first, second = await house.mail_out(hidden, "held"), await house.mail_out(plain, "held")
    http.headers["Authorization"] = f"Bearer {await house.token(people['bob'].id)}"
    merged = {"status": "merged", "merged_into": plain}
    await house.change(update(tables.tickets).where(tables.tickets.c.id == hidden).values(**merged))
    assert await told(http) == ([404, 200], [None], {str(first), str(second)})
    await house.change(
        update(tables.tickets).where(tables.tickets.c.id == hidden).values(status="open", merged_into=None)
    )
    merged = {"status": "merged", "merged_into": hidden}
    await house.change(update(tables.tickets).where(tables.tickets.c.id == plain).values(**merged))
    assert await told(http) == ([404, 200], [None], set())
    undo = await http.delete("/api/v1/tickets/2/merge")
    assert (undo.status_code, undo.json()["detail"]) == (
        409,
        "Ticket 2 was merged into a ticket that you do not see.",
    )
    page = Browser(http)
    await page.sign_in("bob@acme.test")
    assert "Merged into a ticket that you do not see" in (await page.get("/tickets/2")).text
    assert "do not see" in (await page.post("/tickets/2/merge/undo")).text
    assert await sent(house, "ticket.merge.undo.v1") == []


async def told(http: httpx.AsyncClient) -> tuple[list[int], list[Any], set[str]]:  # Any: JSON
    pages = [await http.get(f"/api/v1/tickets/{number}") for number in (1, 2)]
    into = [page.json()["merged_into"] for page in pages if page.status_code == 200]
    waits = (await http.get("/api/v1/outgoing")).json()["items"]
    return [page.status_code for page in pages], into, {one["mail"]["id"] for one in waits}


async def test_nothing_is_merged_into_what_is_hidden_and_nothing_changed_among_many(
    house: House, http: httpx.AsyncClient, people: People, department: UUID
) -> None:
    await house.ticket(1, department=department)
    await house.ticket(2)
    http.headers["Authorization"] = f"Bearer {await house.token(people['bob'].id)}"
    assert (await http.post("/api/v1/tickets/2/merge", json={"into": 1})).status_code == 404
    wanted = {"numbers": [1, 2], "changes": {"priority": "high"}}
    answer = (await http.post("/api/v1/tickets/bulk", json=wanted)).json()
    assert [one["state"] for one in answer] == ["refused", "still working"]
    assert answer[0]["detail"] == "There is no ticket 1."
    assert len(await sent(house, "ticket.change.v1")) == 1
    page = Browser(http)
    await page.sign_in("bob@acme.test")
    assert "There is no ticket" in (await page.post("/tickets/2/merge", into="1")).text
    assert await sent(house, "ticket.merge.v1") == []


async def test_links_and_what_a_ticket_follows_do_not_name_what_is_hidden(
    house: House, http: httpx.AsyncClient, people: People, department: UUID
) -> None:
    hidden = await house.ticket(1, "Secret", department=department)
    plain = await house.ticket(2, follows=hidden)
    pair = {"source": plain, "target": hidden, "how": "relates", "at": NOW}
    await house.add(links, id=uuid4(), tenant="default", **pair)
    told = {}
    for name in ("mia", "bob"):
        headers = {"Authorization": f"Bearer {await house.token(people[name].id)}"}
        facts = (await http.get("/api/v1/tickets/2", headers=headers)).json()
        told[name] = (facts["follows"], [one["number"] for one in facts["links"]])
    assert told == {"mia": (1, [1, 1]), "bob": (None, [])}


async def test_a_ticket_handed_over_leaves_its_page_with_a_sentence(
    house: House, desk: Desk, people: People, department: UUID
) -> None:
    ticket, key = await house.ticket(1), uuid4()
    patient = make_app(replace(desk, patience=timedelta(minutes=1)))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(patient), base_url="http://desk.test") as http:
        bob = Browser(http)
        await bob.sign_in(people["bob"].address)
        form = {"key": str(key), "version": "1", "department": str(department)}
        changing = asyncio.create_task(bob.post("/tickets/1/change", **form))
        while not await sent(house, "ticket.change.v1"):  # noqa: ASYNC110 - the row is what is waited for
            await asyncio.sleep(0)
        done = update(tables.tickets).where(tables.tickets.c.id == ticket).values(department=department)
        await house.change(done)
        await house.answers("ticketing.ticket.change.v1", key, {"ok": True, "version": 2})
        desk.answers.hear(str(key))
        assert (await changing).headers["location"] == "/tickets?said=handed-over"
        page = await bob.get("/tickets?said=handed-over")
    assert "Only members of its department see that ticket now." in page.text


async def test_where_nothing_is_hidden_no_query_asks_for_it(
    house: House, desk: Desk, people: People, engine_of: Callable[[str], AsyncEngine]
) -> None:
    """For administrators, and for everybody of a tenant whose departments have no members."""
    asked: list[str] = []

    def note(*told: Any) -> None:  # Any: what an event tells
        asked.append(told[2])

    await house.department("sales")
    event.listen(engine_of("desk").sync_engine, "before_cursor_execute", note)
    of_bob = await asked_by(desk, people["bob"], asked)
    await house.department("people", people["mia"].id)
    of_ada = await asked_by(desk, people["ada"], asked)
    restricted = await asked_by(desk, people["bob"], asked)
    event.remove(engine_of("desk").sync_engine, "before_cursor_execute", note)
    assert not [each for each in of_bob + of_ada if "ticket.department IS NULL" in each]
    assert [each for each in restricted if "ticket.department IS NULL" in each]


async def asked_by(desk: Desk, user: User, asked: list[str]) -> list[str]:
    asked.clear()
    async with desk.reading(user) as reading:
        await ticket_page(reading, Filters("open"), user.id)
        await counts(reading, user.id)
    assert asked
    return list(asked)
