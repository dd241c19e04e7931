"""Participants at the desk: the commands that become of it, and whom a reply goes to."""

from uuid import UUID

from services.desk.composing.replying import suggested
from services.desk.desk import Desk
from services.desk.queries.ticket import full_ticket
from shared.contracts.mail import Address
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent


async def takes_part(house: House, ticket: UUID, address: str, role: str = "cc", **facts: object) -> None:
    row = {"ticket": ticket, "address": address, "tenant": "default", "name": "", "role": role}
    await house.add(tables.participants, **row, **facts)


async def test_people_are_added_and_removed_by_page_or_program_with_one_command(
    house: House, eva: Browser
) -> None:
    ticket = await house.ticket(7)
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    await eva.post("/tickets/7/participants", person="Bob <Bob@x.test>")
    body = {"address": "Bob@x.test", "name": "Bob"}
    await eva.http.post("/api/v1/tickets/7/participants", json=body, headers=headers)
    await eva.post("/tickets/7/participants/remove", address="bob@x.test")
    await eva.http.delete("/api/v1/tickets/7/participants/Bob@x.test", headers=headers)
    adding = await sent(house, "ticket.participant.add.v1")
    removing = await sent(house, "ticket.participant.remove.v1")
    assert [(c["ticket"], c["person"]) for c in adding] == [
        (str(ticket), {"address": "bob@x.test", "name": "Bob"})
    ] * 2
    assert [(c["ticket"], c["person"]["address"]) for c in removing] == [(str(ticket), "bob@x.test")] * 2
    wrong = await eva.post("/tickets/7/participants", person="bob")
    assert (wrong.status_code, "is not an address" in wrong.text) == (422, True)
    answer = await eva.http.post("/api/v1/tickets/7/participants", json={"address": "x"}, headers=headers)
    assert answer.status_code == 422


async def test_a_reply_goes_to_who_was_added_and_not_to_who_was_removed(house: House, desk: Desk) -> None:
    await house.mailbox("help@acme.test")
    ticket = await house.ticket(7)
    copied = (Address(address="bob@x.test"), Address(address="carl@x.test"))
    await house.mail_in(ticket, document={"cc": copied})
    await takes_part(house, ticket, "bob@x.test")
    await takes_part(house, ticket, "carl@x.test", removed_at=NOW)
    await takes_part(house, ticket, "dora@x.test", "added")
    async with desk.reading_all("default") as reading:
        found = await full_ticket(reading, 7)
        assert found is not None
        people = await suggested(desk, reading, found)
    assert [one.address for one in people.to] == ["anna@example.test"]
    assert [one.address for one in people.cc] == ["bob@x.test", "dora@x.test"]


async def test_who_takes_part_is_shown_and_everybody_but_the_contact_can_be_removed(
    house: House, eva: Browser
) -> None:
    ticket = await house.ticket(7)
    await takes_part(house, ticket, "anna@example.test", "submitter")
    await takes_part(house, ticket, "bob@x.test")
    await takes_part(house, ticket, "carl@x.test", removed_at=NOW)
    page = (await eva.get("/tickets/7")).text
    assert 'value="bob@x.test"' in page
    assert "Remove anna@example.test" not in page
    assert "carl@x.test" not in page
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    facts = (await eva.http.get("/api/v1/tickets/7", headers=headers)).json()
    assert {one["address"]: one["role"] for one in facts["participants"]} == {
        "anna@example.test": "submitter",
        "bob@x.test": "cc",
    }
