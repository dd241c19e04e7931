"""The page of templates: all words that go out by themselves, and signatures, each with a preview."""

from uuid import uuid4

from shared.storage import config
from tests.service.desk.conftest import NOW, Browser, House


async def writes(house: House, name: str, action: str, **params: object) -> str:
    trigger = uuid4()
    when = {"type": "NEW_TICKET_CREATED", "when": {"kinds": "both"}}
    facts = {"tenant": "default", "name": name, "created_at": NOW, "action": action, "params": params}
    await house.add(config.triggers, id=trigger, **facts, **when)
    return str(trigger)


async def test_every_trigger_that_writes_is_listed_and_no_other(house: House, eva: Browser) -> None:
    mail = {
        "subject": "We have it",
        "body": "Dear {{ contact.name }}",
        "texts": {"de": {"body": "Guten Tag"}},
    }
    first = await writes(house, "Answer", "send_email", **mail)
    note = await writes(house, "Remember", "add_note", text="Call {{ contact.name }}")
    other = await writes(house, "Mark", "add_tag", tag="vip")
    page = (await eva.get("/settings/templates")).text
    assert "We have it" in page
    assert "Call {{ contact.name }}" in page
    assert f"trigger:{first}" in page
    assert f"trigger:{note}" in page
    assert other not in page
    assert "</span>de</td>" in page


async def test_the_latest_ticket_stands_in_the_field_of_the_preview(house: House, eva: Browser) -> None:
    assert (
        'name="ticket" inputmode="numeric" required maxlength="10" autocomplete="off" value=""'
        in (await eva.get("/settings/templates")).text
    )
    await house.ticket(41)
    await house.ticket(42)
    assert 'value="42"' in (await eva.get("/settings/templates")).text


async def test_a_signature_is_shown_filled_and_one_of_a_department_by_itself(
    house: House, eva: Browser
) -> None:
    sales = await house.department("sales")
    await house.ticket(7)
    await eva.post("/settings", signature="{{ agent.name }}, Acme", **{"was.signature": ""})
    form = {"department": "sales", "signature": "{{ department.name }} of #{{ ticket.number }}"}
    await eva.post("/settings", **form, **{"was.signature": ""})
    page = (await eva.get("/settings/templates")).text
    assert 'value="signature:"' in page
    assert f'value="signature:{sales}"' in page
    ours = await eva.post("/settings/templates/preview", what="signature:", ticket="#7")
    assert "Eva, Acme" in ours.text
    theirs = await eva.post("/settings/templates/preview", what=f"signature:{sales}", ticket="7")
    assert "Sales of #7" in theirs.text
    assert "unsafe-inline" in theirs.headers["content-security-policy"]


async def test_what_is_not_there_cannot_be_previewed(house: House, eva: Browser) -> None:
    await house.ticket(7)
    for what in (
        "signature:",
        f"signature:{uuid4()}",
        f"trigger:{uuid4()}",
        "trigger:",
        "trigger:x",
        "all",
        "",
    ):
        assert (await eva.post("/settings/templates/preview", what=what, ticket="7")).status_code == 404, what
    await eva.post("/settings", signature="Us", **{"was.signature": ""})
    assert (await eva.post("/settings/templates/preview", what="signature:", ticket="8")).status_code == 404
    none = await eva.post("/settings/templates/preview", what="signature:", ticket="x")
    assert none.status_code == 422
    assert "needs the number of a ticket" in none.text
