"""Merge at the desk: the commands that become of it, and what the pages of both tickets say."""

from uuid import UUID, uuid4

from sqlalchemy import update

from services.desk.desk import Desk
from services.desk.queries.people import participants_of
from services.desk.queries.timeline import window
from shared.storage import tickets as tables
from shared.storage.desk import drafts
from tests.service.desk.conftest import Browser, House
from tests.service.desk.test_commands_sent import sent


async def merge(house: House, source: UUID, target: UUID) -> None:
    values = {"status": "merged", "merged_into": target}
    await house.change(update(tables.tickets).where(tables.tickets.c.id == source).values(**values))


async def test_a_merge_by_page_or_program_is_one_command_with_its_undo(house: House, eva: Browser) -> None:
    source, target = await house.ticket(7), await house.ticket(8)
    await eva.post("/tickets/7/merge", into="#8")
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    await eva.http.post("/api/v1/tickets/7/merge", json={"into": 8, "version": 4}, headers=headers)
    by_page, by_program = await sent(house, "ticket.merge.v1")
    for command in (by_page, by_program):
        assert (command["source"], command["target"]) == (str(source), str(target))
    assert (by_page["expected_version"], by_program["expected_version"]) == (None, 4)
    await eva.post("/tickets/7/merge/undo")
    await eva.http.delete("/api/v1/tickets/7/merge", headers=headers)
    assert [c["source"] for c in await sent(house, "ticket.merge.undo.v1")] == [str(source)] * 2
    nowhere = await eva.post("/tickets/7/merge", into="99")
    assert (nowhere.status_code, "There is no ticket “99”" in nowhere.text) == (422, True)


async def test_the_pages_lead_from_one_to_the_other_and_only_one_is_worked_on(
    house: House, eva: Browser
) -> None:
    source, target = await house.ticket(7), await house.ticket(8)
    await merge(house, source, target)
    page = (await eva.get("/tickets/7")).text
    assert "which shows its posts" in page
    assert "Undo the merge" in page
    assert "Shows also" in (await eva.get("/tickets/8")).text
    refused = await eva.post("/tickets/7/reply", text="My words", to="anna@example.test")
    assert (refused.status_code, 'answer on <a href="/tickets/8#editor">#8</a>' in refused.text) == (
        422,
        True,
    )
    assert "My words" in refused.text
    assert "<textarea" not in page
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    facts = (await eva.http.get("/api/v1/tickets/7", headers=headers)).json()
    assert (facts["status"], facts["merged_into"]) == ("merged", 8)
    answer = await eva.http.post("/api/v1/tickets/7/replies", json={"text": "Words"}, headers=headers)
    assert (answer.status_code, answer.json()["remedy"]) == (409, "Answer on #8.")
    assert await sent(house, "mail.send.v1") == []


async def test_what_was_begun_on_the_source_stands_on_the_target_and_is_kept_there(
    house: House, eva: Browser
) -> None:
    source, target, draft = await house.ticket(7), await house.ticket(8), uuid4()
    await eva.post(f"/tickets/7/drafts/{draft}", kind="reply", text="Half a", version="0")
    await merge(house, source, target)
    assert "What you began to write here stands there." in (await eva.get("/tickets/7")).text
    assert "Half a</textarea>" in (await eva.get("/tickets/8")).text
    await eva.post(f"/tickets/8/drafts/{draft}", kind="reply", text="Half a word", version="1")
    assert [row["ticket"] for row in await house.rows(drafts)] == [target]


async def test_people_and_planned_mail_of_a_merged_ticket_are_seen_where_it_leads(
    house: House, desk: Desk
) -> None:
    source, target = await house.ticket(7), await house.ticket(8)
    await house.add(
        tables.participants, ticket=source, address="bea@x.test", tenant="default", name="", role="cc"
    )
    planned = await house.mail_out(source, "planned")
    await house.change(tables.posts.update().values(outgoing=None))
    await merge(house, source, target)
    async with desk.reading_all("default") as reading:
        assert [one.address for one in await participants_of(reading, target)] == ["bea@x.test"]
        assert [mail.id for mail in (await window(reading, target, 10)).pending] == [planned]
