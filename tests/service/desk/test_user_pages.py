"""Users, roles and tokens on their pages: who may do what, and what is kept of it."""

import re
from uuid import UUID

import httpx

from services.desk.desk import Desk
from shared.storage import config
from shared.storage.desk import audit, sessions
from tests.service.desk.conftest import PASSWORD, Browser, House

NEW = "another long password"


async def browser_of(
    house: House, http: httpx.AsyncClient, role: str, address: str = "tom@acme.test"
) -> Browser:
    house.users[address] = await house.user(address, role=role)
    browser = Browser(http)
    assert (await browser.sign_in(address)).status_code == 303
    return browser


async def acts(house: House) -> list[str]:
    return [row["act"] for row in sorted(await house.rows(audit), key=lambda row: row["id"])]


async def user_row(house: House, user: UUID) -> dict[str, object]:
    return next(row for row in await house.rows(config.users) if row["id"] == user)


async def test_a_user_is_added_with_role_password_and_departments_and_signs_in(
    house: House, eva: Browser
) -> None:
    sales = await house.department("sales")
    form = {"name": "Tom", "address": "Tom@Acme.test", "role": "reader", "password": NEW}
    answer = await eva.post("/settings/users", **form, department=str(sales))
    assert answer.status_code == 303
    page = await eva.get(answer.headers["location"])
    assert "added them" in page.text
    assert "let them into Sales" in page.text
    assert "user_added" in await acts(house)
    listed = (await eva.get("/settings/users")).text
    assert "tom@acme.test" in listed
    assert "Reader" in listed
    assert (await Browser(eva.http).sign_in("tom@acme.test", password=NEW)).status_code == 303


async def test_an_address_that_is_taken_or_none_is_refused(eva: Browser) -> None:
    taken = await eva.post("/settings/users", address="eva@acme.test", role="agent", password=NEW)
    assert taken.status_code == 422
    assert "There is a user eva@acme.test already" in taken.text
    none = await eva.post("/settings/users", address="eva", role="agent", password=NEW)
    assert "An address has a name, an @ and a domain, and at most 254 characters." in none.text
    short = await eva.post("/settings/users", address="x@acme.test", role="agent", password="short")
    assert "at least 10 characters" in short.text


async def test_an_address_nobody_can_write_to_is_refused_and_names_are_plain(
    house: House, eva: Browser
) -> None:
    for address in ("@", "x@", "a b@c.test", "x@localhost"):
        refused = await eva.post("/settings/users", address=address, role="agent", password=NEW)
        assert (refused.status_code, "An address has a name" in refused.text) == (422, True)
    tom = await house.user("tom@acme.test")
    assert (await eva.post(f"/settings/users/{tom}", name="To\u202em", address="x@")).status_code == 422
    assert (await eva.post(f"/settings/users/{tom}", name="To\u202em")).status_code == 303
    assert (await user_row(house, tom))["name"] == "Tom"


async def test_what_was_typed_comes_back_with_a_refusal(house: House, eva: Browser) -> None:
    sales, tom = await house.department("sales"), await house.user("tom@acme.test")
    form = {"name": "Tom Berger", "address": "eva@acme.test", "role": "reader", "department": str(sales)}
    added = await eva.post("/settings/users", **form)
    changed = await eva.post(f"/settings/users/{tom}", **form)
    for refused in (added, changed):
        assert refused.status_code == 422
        assert 'value="Tom Berger"' in refused.text
        assert 'name="address" value="eva@acme.test"' in refused.text
        assert f'value="{sales}" checked' in refused.text


async def test_the_last_administrator_stays_one(house: House, eva: Browser) -> None:
    me = house.users["eva"]
    demoted = await eva.post(f"/settings/users/{me}", role="agent")
    archived = await eva.post(f"/settings/users/{me}/archive", archived="yes")
    for answer in (demoted, archived):
        assert answer.status_code == 422
        assert "This is the last administrator." in answer.text
    row = await user_row(house, me)
    assert (row["role"], row["archived_at"]) == ("admin", None)
    await house.user("ada@acme.test", role="admin")
    assert (await eva.post(f"/settings/users/{me}", role="agent")).status_code == 303


async def test_another_role_signs_them_out_and_is_kept_with_both_roles(house: House, eva: Browser) -> None:
    tom = await house.user("tom@acme.test")
    other = Browser(httpx.AsyncClient(transport=eva.http._transport, base_url="http://desk.test"))  # noqa: SLF001 - a second browser on the same desk
    await other.sign_in("tom@acme.test")
    await eva.post(f"/settings/users/{tom}", role="reader")
    assert (await other.get("/tickets")).status_code == 303
    [change] = [row for row in await house.rows(audit) if row["act"] == "role_changed"]
    assert change["facts"] == {"old": "agent", "new": "reader"}
    assert change["done_by"] == "Eva"
    assert "changed their role: Agent → Reader" in (await eva.get(f"/settings/users/{tom}")).text
    await other.http.aclose()


async def test_only_an_operator_gives_or_takes_that_role(house: House, eva: Browser) -> None:
    boss = await house.user("boss@acme.test", role="operator")
    tom = await house.user("tom@acme.test")
    for path, form in (
        (f"/settings/users/{tom}", {"role": "operator"}),
        (f"/settings/users/{boss}", {"role": "agent"}),
        (f"/settings/users/{boss}", {"address": "mallory@acme.test"}),
        (f"/settings/users/{boss}/password", {"password": NEW}),
        (f"/settings/users/{boss}/archive", {"archived": "yes"}),
    ):
        answer = await eva.post(path, **form)
        assert answer.status_code == 422
        assert "Only an operator" in answer.text
    operator = Browser(eva.http)
    await operator.sign_in("boss@acme.test")
    assert (await operator.post(f"/settings/users/{tom}", role="operator")).status_code == 303


async def test_an_archived_user_is_signed_out_and_their_tokens_stay_revoked(
    house: House, eva: Browser
) -> None:
    tom = await house.user("tom@acme.test")
    bearer = {"Authorization": f"Bearer {await house.token(tom)}"}
    await eva.post(f"/settings/users/{tom}/archive", archived="yes")
    assert (await eva.http.get("/api/v1/tickets", headers=bearer)).status_code == 401
    await eva.post(f"/settings/users/{tom}/archive", archived="no")
    assert (await eva.http.get("/api/v1/tickets", headers=bearer)).status_code == 401
    assert (await user_row(house, tom))["archived_at"] is None
    assert {"user_archived", "user_restored"} <= set(await acts(house))


async def test_a_password_that_is_set_counts_and_ends_what_stood_on_the_old_one_but_tokens(
    house: House, eva: Browser
) -> None:
    tom = await house.user("tom@acme.test")
    bearer = {"Authorization": f"Bearer {await house.token(tom)}"}
    answer = await eva.post(f"/settings/users/{tom}/password", password=NEW)
    assert answer.status_code == 303
    page = (await eva.get(answer.headers["location"])).text
    assert "their API tokens go on until they are revoked." in page
    assert "their API tokens go on until they are revoked below." in page
    assert (await eva.http.get("/api/v1/tickets", headers=bearer)).status_code == 200
    assert not [row for row in await house.rows(sessions) if row["user"] == tom]
    assert NEW not in str(await house.rows(audit))
    assert (await Browser(eva.http).sign_in("tom@acme.test")).status_code == 401
    assert (await Browser(eva.http).sign_in("tom@acme.test", password=NEW)).status_code == 303


async def test_a_reader_reads_and_changes_nothing_by_page_or_api(
    house: House, http: httpx.AsyncClient
) -> None:
    await house.ticket(1)
    tom = await browser_of(house, http, "reader")
    page = await tom.get("/tickets/1")
    assert page.status_code == 200
    assert 'id="editor"' not in page.text
    for path in ("/tickets/1/reply", "/tickets/1/change", "/tickets/new"):
        answer = await tom.post(path, text="Words", version="1", priority="high")
        assert answer.status_code == 403, path
        assert "You may read here, and change nothing." in answer.text
    bearer = {"Authorization": f"Bearer {await house.token(house.users['tom@acme.test'])}"}
    assert (await http.get("/api/v1/tickets/1", headers=bearer)).status_code == 200
    told = await http.patch("/api/v1/tickets/1", headers=bearer, json={"priority": "high"})
    assert told.status_code == 403
    assert told.json()["detail"] == "You may read here, and change nothing."
    assert (await tom.post("/me/notifications", digest_hour="7")).status_code == 303
    assert (await tom.post("/sign-out")).status_code == 303


async def test_an_operator_may_what_an_administrator_may(house: House, http: httpx.AsyncClient) -> None:
    boss = await browser_of(house, http, "operator")
    for path in ("/settings", "/operations", "/settings/users"):
        assert (await boss.get(path)).status_code == 200


async def test_a_token_is_shown_once_works_and_is_revoked(house: House, http: httpx.AsyncClient) -> None:
    tom = await browser_of(house, http, "agent")
    made = await tom.post("/me/tokens", name="nightly report", scope="read")
    found = re.search(r"<code>(default\.[\w-]+)</code>", made.text)
    assert found
    bearer = {"Authorization": f"Bearer {found[1]}"}
    assert (await http.get("/api/v1/tickets", headers=bearer)).status_code == 200
    page = (await tom.get("/me/tokens")).text
    assert found[1] not in page
    assert "nightly report" in page
    assert "never" not in page
    [row] = await house.rows(config.tokens)
    assert found[1] not in str(await house.rows(audit))
    await tom.post(f"/me/tokens/{row['id']}/revoke")
    assert (await http.get("/api/v1/tickets", headers=bearer)).status_code == 401
    assert {"token_made", "token_revoked"} <= set(await acts(house))


async def test_a_scope_that_is_none_makes_no_token(house: House, http: httpx.AsyncClient) -> None:
    tom = await browser_of(house, http, "agent")
    assert (await tom.post("/me/tokens", name="report", scope="everything")).status_code == 422
    assert await house.rows(config.tokens) == []


async def test_nobody_revokes_the_token_of_somebody_else_but_an_administrator(
    house: House, eva: Browser
) -> None:
    tom = await house.user("tom@acme.test")
    await house.token(tom)
    [row] = await house.rows(config.tokens)
    await eva.post(f"/me/tokens/{row['id']}/revoke")
    assert (await house.rows(config.tokens))[0]["revoked_at"] is None
    assert (await eva.post(f"/settings/users/{tom}/tokens/{row['id']}/revoke")).status_code == 303
    assert (await house.rows(config.tokens))[0]["revoked_at"] is not None


async def test_the_audit_log_is_narrowed_and_read_on_by_pages(house: House, desk: Desk, eva: Browser) -> None:
    tom = await house.user("tom@acme.test")
    facts = {"tenant": "default", "done_by": "Tom", "client": "192.0.2.1", "facts": {}, "user": tom}
    for _ in range(60):
        await house.add(audit, at=desk.clock(), act="signed_in", **facts)
    await house.add(audit, at=desk.clock(), act="token_made", **facts)
    first = (await eva.get(f"/settings/audit?what=sign-in&user={tom}")).text
    assert first.count("<tr><td><time") == 50
    assert "Token made" not in first.partition("<table")[2]
    onward = re.search(r'href="(/settings/audit\?[^"]+before=\d+)"', first)
    assert onward
    assert (await eva.get(onward[1].replace("&amp;", "&"))).text.count("<tr><td><time") == 10
    assert "Token made" in (await eva.get("/settings/audit?what=token")).text
    for odd in ("x", "99999999999999999999", "٣"):
        assert (await eva.get(f"/settings/audit?before={odd}&user=x&what=x")).status_code == 200


async def test_no_password_stands_in_any_page_of_users(house: House, eva: Browser) -> None:
    page = await eva.get(f"/settings/users/{house.users['eva']}")
    assert PASSWORD not in page.text
    assert "$argon2" not in page.text
