"""Organizations by the API while all runs: new mail, old tickets, a contact that a person names."""

import pytest
from pydantic import JsonValue
from sqlalchemy import select

from shared.storage.triggers import events, verdicts
from tests.walk.letters import letter
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_organization_entered_later_is_given_to_new_mail_and_applied_to_old_tickets(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    old = await walk.ticket_of(mailbox.receives(letter("Before", sender="ann@late.example")))
    assert (await walk.ticket(old))["organization"] is None
    await walk.ask("POST", "/organizations", {"name": "Late Ltd", "domains": ["late.example"]})
    new = await walk.ticket_of(mailbox.receives(letter("After", sender="bo@mail.late.example")))
    assert (await walk.ticket(new))["organization"] == "Late Ltd"
    shown = await walk.read("/organizations/domains/late.example")
    assert [(one["number"], one["becomes"]) for one in shown["first"]] == [(old, "Late Ltd")]
    assert (await walk.ticket(old))["organization"] is None
    when: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "organization"}
    await walk.installation.add_trigger(when, "change_field", {"field": "priority", "value": "high"})
    await walk.ask("POST", "/organizations/domains/late.example")

    async def moved() -> bool:
        last = (await walk.read("/organizations/domains/late.example"))["last"]
        return last is not None and last["finished_at"] is not None

    await walk.installation.until(moved, "the domain is applied")
    assert (await walk.ticket(old))["organization"] == "Late Ltd"
    assert (await walk.read("/organizations/domains/late.example"))["tickets"] == 0

    async def heard() -> bool:
        changed = select(events.c.id).where(events.c.payload["silent"].as_boolean())
        return bool(await walk.installation.rows(changed))

    await walk.installation.until(heard, "triggers have heard of it")
    assert await walk.installation.rows(select(verdicts)) == []


async def test_contact_that_a_person_names_keeps_the_name(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    mail = letter("First", sender="Jo <jo@named.example>")
    number = await walk.ticket_of(mailbox.receives(mail))
    (contact,) = (await walk.read("/contacts?q=jo@named"))["items"]
    await walk.ask("PATCH", f"/contacts/{contact['id']}", {"name": "Jo Stone"})
    assert (await walk.ticket(number))["contact"]["name"] == "Jo Stone"
    again = await walk.ticket_of(mailbox.receives(letter("Second", sender="Joey <jo@named.example>")))
    assert (await walk.ticket(again))["contact"]["name"] == "Jo Stone"
    tickets = (await walk.read(f"/contacts/{contact['id']}"))["tickets"]
    assert {ticket["number"] for ticket in tickets} == {number, again}
