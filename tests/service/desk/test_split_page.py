"""Split at the desk: the page to choose on, the command that becomes of it, and what both tickets show."""

import re
from datetime import timedelta
from uuid import uuid4

from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent


async def test_a_split_by_page_or_program_is_one_command(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7, version=4)
    post, stays = await house.mail_in(ticket, "The scanner."), await house.mail_in(ticket, "The printer.")
    page = (await eva.get("/tickets/7/split")).text
    assert all(f'value="{each}"' in page for each in (post, stays))
    assert "The scanner." in page
    assert "/tickets/7/split" in (await eva.get("/tickets/7")).text
    key = uuid4()
    await house.answers("ticketing.ticket.split.v1", key, {"ok": True, "number": 8, "version": 5})
    form = {"subject": "Scanner", "post": str(post), "version": "4"}
    done = await eva.post("/tickets/7/split", key=str(key), **form)
    assert done.headers["location"] == "/tickets/8?said=split"
    await eva.post("/tickets/7/split", **form)
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    body = {"posts": [str(post)], "subject": "Scanner", "version": 4}
    await eva.http.post("/api/v1/tickets/7/split", json=body, headers=headers)
    by_page, by_program = await sent(house, "ticket.split.v1")
    for command in (by_page, by_program):
        assert (command["ticket"], command["posts"]) == (str(ticket), [str(post)])
        assert (command["subject"], command["expected_version"]) == ("Scanner", 4)


async def test_what_was_chosen_is_shown_again_with_what_is_missing(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    post = await house.mail_in(ticket)
    nothing = await eva.post("/tickets/7/split", subject="Scanner")
    assert (nothing.status_code, "Choose at least one post." in nothing.text) == (422, True)
    assert 'value="Scanner"' in nothing.text
    nameless = await eva.post("/tickets/7/split", post=str(post), subject="")
    assert f'value="{post}" checked' in nameless.text
    assert await sent(house, "ticket.split.v1") == []


async def test_both_tickets_show_where_posts_went(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    await house.ticket(8, split_from=ticket)
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    shown = {}
    for number in (7, 8):
        facts = (await eva.http.get(f"/api/v1/tickets/{number}", headers=headers)).json()
        shown[number] = [(one["how"], one["number"]) for one in facts["links"]]
    assert shown == {7: [("split_into", 8)], 8: [("split_from", 7)]}
    assert "Split into" in (await eva.get("/tickets/7")).text


async def test_from_a_post_on_means_it_and_those_after_it(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7)
    first, second, third = [
        await house.mail_in(ticket, shown_at=NOW - timedelta(hours=3 - n)) for n in range(3)
    ]
    page = (await eva.get(f"/tickets/7/split?post={second}")).text
    chosen = re.findall(r'name="post" value="([^"]+)" checked', page)
    assert chosen == [str(second), str(third)]
    assert str(first) in page
    assert " checked" not in (await eva.get(f"/tickets/7/split?post={uuid4()}")).text
