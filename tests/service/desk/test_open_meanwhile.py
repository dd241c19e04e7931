"""A page that was open while somebody else saved gives nothing back that they took away."""

import re
from html import unescape
from uuid import UUID, uuid4

from sqlalchemy import Table

from services.desk.forms.meanwhile import marks, together
from shared.storage import config
from shared.storage.desk import saved_replies
from shared.storage.tickets import organizations
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.shown import as_shown


def drawn(page: str) -> dict[str, str]:
    """Read the fields of the form that has marks, as a browser would send them."""
    form = next(one for one in re.findall(r"<form.*?</form>", page, re.DOTALL) if 'name="as_shown"' in one)
    fields: dict[str, str] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        facts = dict(re.findall(r'(name|value)="([^"]*)"', tag))
        if 'type="checkbox"' not in tag or " checked" in tag:
            fields[facts["name"]] = unescape(facts.get("value", ""))
    for name, options in re.findall(r'<select name="([^"]*)".*?>(.*?)</select>', form, re.DOTALL):
        known = re.findall(r'<option(?: value="([^"]*)")?( selected)?>([^<]*)', options)
        value, _, word = next((one for one in known if one[1]), known[0])
        fields[name] = unescape(value or ("" if f'value="">{word}' in options else word))
    return fields


async def maildir(house: House, eva: Browser) -> str:
    """Add a mailbox and return its page."""
    form = {"provider": "maildir", "own.directory": "help", "address": "help@acme.test", "folder": "inbox"}
    form |= {"own.layout": "eml", "own.outgoing": "file", "own.outbox": "outbox"}
    form |= {"after_storing": "leave", "backfill": "ignore", "import_as": "new", "enabled": "on"}
    added = await eva.post("/mailboxes/new", **form)
    assert added.status_code == 303
    [row] = await house.rows(config.mailboxes)
    return f"/mailboxes/{row['id']}"


async def kept(house: House, table: Table, one: UUID) -> dict[str, object]:
    return next(row for row in await house.rows(table) if row["id"] == one)


def test_what_was_not_touched_is_as_it_is_now_and_what_both_changed_is_asked_about() -> None:
    was = {"name": "Tom", "role": "agent", "body": "a\nb"}
    typed = {"name": "Tim", "role": "agent", "body": "a\r\nb\r\n"}
    assert together(typed, marks(was), was | {"role": "reader"}).values["role"] == "reader"
    assert together(typed, marks(was), was | {"body": "c"}).values["body"] == "c"
    assert together(typed, marks(was), was | {"name": "Tam"}).both == ("name",)
    assert together(typed, marks(was), was | {"name": "Tim"}).both == ()
    assert together(typed, "", was | {"role": "reader"}).values == typed


async def test_an_older_page_of_a_user_gives_no_right_back(house: House, eva: Browser) -> None:
    tom = await house.user("tom@acme.test")
    at = f"/settings/users/{tom}"
    form = {"name": "Tom", "address": "tom@acme.test", "role": "agent"}
    shown = as_shown((await eva.get(at)).text)
    saved = await eva.post(at, **form | {"role": "reader"}, may_send_as="on", as_shown=shown)
    assert saved.status_code == 303
    row = await kept(house, config.users, tom)
    saved = await eva.post(at, **form | {"name": "Tom Berger"}, as_shown=shown)
    assert saved.status_code == 303
    row = await kept(house, config.users, tom)
    assert (row["name"], row["role"], row["may_send_as"]) == ("Tom Berger", "reader", True)


async def test_what_both_changed_of_a_user_is_asked_about_first(house: House, eva: Browser) -> None:
    tom = await house.user("tom@acme.test")
    at = f"/settings/users/{tom}"
    form = {"name": "Tom", "address": "tom@acme.test", "role": "reader"}
    shown = as_shown((await eva.get(at)).text)
    await eva.post(at, **form, as_shown=shown)
    asked = await eva.post(at, **form | {"role": "admin"}, as_shown=shown)
    assert asked.status_code == 409
    assert "changed the same meanwhile: Role is now “Reader”" in unescape(asked.text)
    assert (await kept(house, config.users, tom))["role"] == "reader"
    again = await eva.post(at, **form | {"role": "admin"}, as_shown=as_shown(asked.text))
    assert again.status_code == 303
    assert (await kept(house, config.users, tom))["role"] == "admin"


async def test_an_older_page_of_a_department_lets_nobody_back_in(house: House, eva: Browser) -> None:
    tom = await house.user("tom@acme.test")
    sales = await house.department("sales", tom)
    at = f"/departments/{sales}"
    shown = as_shown((await eva.get(at)).text)
    assert (await eva.post(at, name="Sales", as_shown=shown)).status_code == 303
    renamed = await eva.post(at, name="Selling", member=str(tom), as_shown=shown)
    assert renamed.status_code == 303
    assert (await kept(house, config.departments, sales))["name"] == "Selling"
    assert await house.rows(config.memberships) == []


async def test_an_older_page_of_a_mailbox_undoes_nothing(house: House, eva: Browser) -> None:
    at = await maildir(house, eva)
    form = drawn((await eva.get(at)).text)
    saved = await eva.post(at, **form | {"name": "Acme", "after_storing": "mark_read"})
    assert saved.status_code == 303
    assert (await eva.post(at, **form | {"aliases": "info@acme.test"})).status_code == 303
    [row] = await house.rows(config.mailboxes)
    assert (row["name"], row["after_storing"], row["aliases"]) == ("Acme", "mark_read", ["info@acme.test"])
    asked = await eva.post(at, **form | {"name": "Acme Help"})
    assert asked.status_code == 409
    assert "Display name is now “Acme”" in unescape(asked.text)


async def test_a_mailbox_keeps_its_department_when_that_is_archived(house: House, eva: Browser) -> None:
    sales, at = await house.department("sales"), await maildir(house, eva)
    await eva.post(at, **drawn((await eva.get(at)).text) | {"department": str(sales)})
    page = (await eva.get(f"/departments/{sales}")).text
    assert "Mail of help@acme.test keeps coming into it" in page
    await eva.post(f"/departments/{sales}", archived="yes")
    page = (await eva.get(at)).text
    assert "Sales, in the archive" in page
    assert (await eva.post(at, **drawn(page) | {"name": "Acme"})).status_code == 303
    [row] = await house.rows(config.mailboxes)
    assert (row["name"], row["department"]) == ("Acme", sales)


async def test_an_older_page_of_a_trigger_undoes_nothing(house: House, eva: Browser) -> None:
    form = {"name": "Answer", "when.type": "CLOSE_TICKET", "action": "add_note", "own.text": "Words"}
    form |= {
        "state": "off",
        "position": "0",
        "together": "all",
        "c0.in": "",
        "c0.field": "priority",
        "c0.op": "is",
        "c0.value": "high",
    }
    added = await eva.post("/settings/triggers/new", **form)
    assert added.status_code == 303
    at = added.headers["location"].partition("?")[0]
    shown = as_shown((await eva.get(at)).text)
    await eva.post(at, **form | {"state": "shadow", "c0.value": "low"}, as_shown=shown)
    assert (await eva.post(at, **form | {"name": "Answer them"}, as_shown=shown)).status_code == 303
    [row] = await house.rows(config.triggers)
    assert (row["name"], row["shadow"], row["conditions"]["value"]) == ("Answer them", True, "low")
    asked = await eva.post(at, **form | {"c0.value": "urgent"}, as_shown=shown)
    assert (asked.status_code, "changed the same meanwhile: Only if" in asked.text) == (409, True)


async def test_a_name_of_an_organization_that_both_changed_is_asked_about(house: House, eva: Browser) -> None:
    acme = uuid4()
    await house.add(organizations, id=acme, tenant="default", name="Acme Ltd", created_at=NOW)
    asked = await eva.post(f"/organizations/{acme}", name="Acme Inc", as_shown=marks({"name": "Acme"}))
    assert asked.status_code == 409
    assert "Name is now “Acme Ltd”" in unescape(asked.text)
    assert 'name="name" value="Acme Inc"' in asked.text


async def test_an_older_page_of_a_saved_reply_undoes_nothing(house: House, eva: Browser) -> None:
    sales = await house.department("sales")
    place = "/settings/saved-replies"
    form = {"name": "Hello", "text": "Words", "scope": "personal", "department": ""}
    await eva.post(f"{place}/new", **form)
    [row] = await house.rows(saved_replies)
    at = f"{place}/{row['id']}"
    shown = as_shown((await eva.get(at)).text)
    await eva.post(at, **form | {"scope": "department", "department": str(sales)}, as_shown=shown)
    assert (await eva.post(at, **form | {"text": "Other words"}, as_shown=shown)).status_code == 303
    [row] = await house.rows(saved_replies)
    assert (row["text"], row["department"]) == ("Other words", sales)
    assert (await eva.post(at, **form | {"text": "Third"}, as_shown=shown)).status_code == 409


async def test_a_refused_saved_reply_keeps_its_department(house: House, eva: Browser) -> None:
    sales = await house.department("sales")
    form = {"name": "Hello", "text": "{{ ticket.shoe }}", "scope": "department", "department": str(sales)}
    refused = await eva.post("/settings/saved-replies/new", **form)
    assert refused.status_code == 422
    assert f'value="{sales}" selected' in refused.text
