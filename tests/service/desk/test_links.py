"""Links at the desk: the commands that become of them, and what both tickets show."""

from uuid import UUID, uuid4

from sqlalchemy import update

from shared.storage import tickets as tables
from shared.storage import together
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent


async def link(house: House, source: UUID, how: str, target: UUID) -> None:
    facts = {"id": uuid4(), "tenant": "default", "at": NOW}
    await house.add(together.links, source=source, target=target, how=how, **facts)


async def shown(house: House, eva: Browser, number: int) -> list[tuple[str, int]]:
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    facts = (await eva.http.get(f"/api/v1/tickets/{number}", headers=headers)).json()
    return [(one["how"], one["number"]) for one in facts["links"]]


async def test_a_link_by_page_or_program_is_one_command_with_its_end(house: House, eva: Browser) -> None:
    one, two = await house.ticket(7), await house.ticket(8)
    await eva.post("/tickets/7/links", to="#8", how="parent")
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    await eva.http.post("/api/v1/tickets/7/links", json={"to": 8, "how": "relates"}, headers=headers)
    by_page, by_program = await sent(house, "ticket.link.v1")
    for command, how in ((by_page, "parent"), (by_program, "relates")):
        assert (command["ticket"], command["to"], command["how"]) == (str(one), str(two), how)
    await eva.post("/tickets/7/links/8/remove")
    await eva.http.delete("/api/v1/tickets/7/links/8", headers=headers)
    ends = await sent(house, "ticket.unlink.v1")
    assert [(c["ticket"], c["to"]) for c in ends] == [(str(one), str(two))] * 2
    nowhere = await eva.post("/tickets/7/links", to="99", how="relates")
    assert (nowhere.status_code, "There is no ticket “99”" in nowhere.text) == (422, True)
    answer = await eva.http.post("/api/v1/tickets/7/links", json={"to": 9, "how": "x"}, headers=headers)
    assert answer.status_code == 422


async def test_both_tickets_show_a_link_each_from_its_side(house: House, eva: Browser) -> None:
    one, two = await house.ticket(7), await house.ticket(8, "Smoke in the hall")
    three, four = await house.ticket(9), await house.ticket(10, follows=one)
    await link(house, one, "parent", two)
    await link(house, three, "duplicate_of", one)
    await link(house, two, "relates", four)
    assert await shown(house, eva, 7) == [("duplicated_by", 9), ("followed_by", 10), ("parent", 8)]
    assert await shown(house, eva, 8) == [("child", 7), ("relates", 10)]
    assert await shown(house, eva, 9) == [("duplicate_of", 7)]
    assert await shown(house, eva, 10) == [("follows", 7), ("relates", 8)]
    page = (await eva.get("/tickets/7")).text
    assert "Smoke in the hall" in page
    assert "/tickets/7/links/8/remove" in page
    assert "/tickets/7/links/10/remove" not in page


async def test_links_of_a_merged_ticket_are_shown_where_it_leads(house: House, eva: Browser) -> None:
    one, two, three = [await house.ticket(number) for number in (7, 8, 9)]
    await link(house, one, "relates", three)
    await link(house, one, "duplicate_of", two)
    merged = {"status": "merged", "category": "merged", "merged_into": two}
    await house.change(update(tables.tickets).where(tables.tickets.c.id == one).values(**merged))
    assert await shown(house, eva, 8) == [("relates", 9)]
