"""The page Departments: who is in one, what it has of its own, and who changed that."""

from uuid import UUID, uuid4

from sqlalchemy import update

from services.desk.configuration.departments import Wanted, change_department
from services.desk.configuration.options import set_options
from services.desk.configuration.remembering import Made
from services.desk.desk import Desk
from shared.storage import config
from tests.service.desk.conftest import NOW, Browser, House


async def test_a_department_is_added_renamed_and_put_away_by_page(house: House, eva: Browser) -> None:
    assert "No department yet." in (await eva.get("/departments")).text
    made = await eva.post("/departments", department="backend", name="Back end")
    (row,) = await house.rows(config.departments)
    at = f"/departments/{row['id']}"
    assert (made.status_code, made.headers["location"]) == (303, f"{at}?said=department")
    again = await eva.post("/departments", department="backend", name="Other")
    assert (again.status_code, "There is a department backend already." in again.text) == (422, True)
    wrong = await eva.post("/departments", department="No Key", name="Kept as typed")
    assert (wrong.status_code, "Kept as typed" in wrong.text) == (422, True)
    await eva.post(at, name="Engine room")
    await eva.post(at, archived="yes")
    assert "in the archive" in (await eva.get("/departments")).text
    await eva.post(at, archived="no")
    assert (await eva.post(at, name="Engine room")).headers["location"] == f"{at}?said=same"
    page = (await eva.get(at)).text
    history = [line for line in SENTENCES if f"Eva {line}" in page]
    assert history == list(SENTENCES)
    assert len(await house.rows(config.option_history)) == len(SENTENCES)


SENTENCES = (
    "added Back end",
    "renamed it from Back end to Engine room",
    "put it into the archive",
    "took it out of the archive",
)


async def test_members_are_ticked_and_who_let_them_in_or_out_is_kept(house: House, eva: Browser) -> None:
    bob, cy = await house.user("bob@acme.test"), await house.user("cy@acme.test")
    sales = await house.department("sales")
    at = f"/departments/{sales}"
    assert "everybody sees its tickets" in (await eva.get(at)).text
    for ticked in ([bob, cy], [cy]):
        await eva.post(at, name="Sales", member=[str(user) for user in ticked])
        assert {row["user"] for row in await house.rows(config.memberships)} == set(ticked)
    page = (await eva.get(at)).text
    assert "Only its members and administrators see its tickets." in page
    assert f'value="{cy}" checked' in page
    assert f'value="{bob}">' in page
    for sentence in ("Eva let Bob in", "Eva let Cy in", "Eva let Bob out"):
        assert sentence in page
    stranger = await eva.post(at, name="Other", member=[str(uuid4())])
    assert (stranger.status_code, "Nothing was changed." in stranger.text) == (422, True)
    assert [row["name"] for row in await house.rows(config.departments)] == ["Sales"]


async def test_who_left_stays_a_member_until_somebody_takes_them_out(house: House, eva: Browser) -> None:
    """So that saving the page does not show everybody what only they could see."""
    bob = await house.user("bob@acme.test")
    at = f"/departments/{await house.department('sales', bob)}"
    left = update(config.users).where(config.users.c.id == bob)
    await house.change(left.values(archived_at=NOW))
    page = (await eva.get(at)).text
    assert f'value="{bob}" checked' in page
    assert "has left" in page
    await eva.post(at, name="Sold", member=[str(bob)])
    assert [row["user"] for row in await house.rows(config.memberships)] == [bob]
    await eva.post(at, name="Sold")
    assert await house.rows(config.memberships) == []
    assert (await eva.post(at, name="Sold", member=[str(bob)])).status_code == 422


async def test_the_page_leads_to_settings_and_mailboxes_of_the_department(
    house: House, desk: Desk, eva: Browser
) -> None:
    sales, box = await house.department("sales"), await house.mailbox("sales@acme.test")
    await house.change(update(config.mailboxes).where(config.mailboxes.c.id == box).values(department=sales))
    page = (await eva.get(f"/departments/{sales}")).text
    assert "None: it goes by the settings of all departments." in page
    async with desk.writing("default") as db:
        wanted = {"close_ticket_after_days": 21}
        await set_options(db, "default", wanted, by="Eva", at=NOW, department=sales)
    page = (await eva.get(f"/departments/{sales}")).text
    assert "21" in page.partition("Settings of its own")[2].partition("Mailboxes")[0]
    assert 'href="/settings?department=sales"' in page
    assert f'<a href="/mailboxes/{box}">sales@acme.test</a>' in page
    assert "sales@acme.test" in (await eva.get("/departments")).text
    assert (await eva.get(f"/departments/{uuid4()}")).status_code == 404
    assert (await eva.post(f"/departments/{uuid4()}", name="x")).status_code == 404


async def test_the_history_of_all_departments_is_told_by_the_api(
    house: House, eva: Browser, desk: Desk
) -> None:
    headers = {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
    bob = await house.user("bob@acme.test")
    made = await eva.http.post("/api/v1/departments", json={"key": "sales", "name": "Sales"}, headers=headers)
    at = f"/api/v1/departments/{made.json()['id']}"
    await eva.http.patch(at, json={"name": "Sold", "members": [str(bob)]}, headers=headers)
    told = (await eva.http.get("/api/v1/departments/history", headers=headers)).json()["items"]
    facts = [(one["department"], one["field"], one["old"], one["new"], one["changed_by"]) for one in told]
    assert facts == [
        ("sales", "member", None, str(bob), "Eva"),
        ("sales", "name", "Sales", "Sold", "Eva"),
        ("sales", "name", None, "Sales", "Eva"),
    ]
    async with desk.writing("default") as db:
        again = Wanted("Sold", archived=False, members=[bob])
        there = UUID(made.json()["id"])
        assert await change_department(db, "default", there, again, Made("Eva", NOW)) == 0
    assert len(await house.rows(config.option_history)) == len(facts)


async def test_a_ticket_keeps_a_department_of_the_archive_when_something_else_is_saved(
    house: House, eva: Browser
) -> None:
    """What is not offered must not be lost, and with it who sees the ticket."""
    old, new = await house.department("old", name="Old trade"), await house.department("new")
    await house.change(
        update(config.departments).where(config.departments.c.id == old).values(archived_at=NOW)
    )
    await house.ticket(1, department=old)
    page = (await eva.get("/tickets/1")).text
    assert f'<option value="{old}" selected>Old trade (in the archive)</option>' in page
    assert f'<option value="{new}">New</option>' in page


async def test_the_ticket_page_says_which_departments_would_hide_it(house: House, eva: Browser) -> None:
    await house.user("bob@acme.test")
    await house.department("people", await house.user("mia@acme.test"))
    await house.ticket(1)
    assert "you will not see it" not in (await eva.get("/tickets/1")).text
    bob = Browser(eva.http)
    await bob.sign_in("bob@acme.test")
    assert "People (you will not see it)" in (await bob.get("/tickets/1")).text


async def test_a_department_has_a_name_and_a_key_of_its_own(house: House, eva: Browser) -> None:
    sales, other = await house.department("sales"), await house.department("selling")
    taken = await eva.post("/departments", department="sold", name="sales")
    assert (taken.status_code, "The department sales is called" in taken.text) == (422, True)
    others = await eva.post("/departments", department="default", name="Default")
    assert (others.status_code, "means all other departments" in others.text) == (422, True)
    renamed = await eva.post(f"/departments/{other}", name="SALES")
    assert (renamed.status_code, 'value="SALES"' in renamed.text) == (422, True)
    assert (await eva.post(f"/departments/{sales}", name="SALES\u202e")).status_code == 303
    assert "SALES" in {row["name"] for row in await house.rows(config.departments)}
