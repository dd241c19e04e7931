"""Users, mailboxes, views, triggers, sign-in by the API: what pages do, with the same checks and history."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from services.desk.desk import Desk
from shared.storage import config, messages
from shared.storage.desk import audit
from shared.storage.secrets import Keys
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent

API = "/api/v1"
APP = {"tenant_id": "contoso", "client_id": "abc"}
MAILBOX = {"address": "Help@Acme.test", "provider": "graph", "settings": APP, "secret": "s3cret-of-the-app"}


@pytest.fixture
async def api(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    house.users["eva"] = await house.user("eva@acme.test", role="admin")
    http.headers["Authorization"] = f"Bearer {await house.token(house.users['eva'])}"
    return http


@pytest.fixture
def keys(house: House, desk: Desk) -> Keys:
    made = Keys.load(house.blobs.path("default", "0" * 64).parents[4], {})
    object.__setattr__(desk, "sealer", made.sealer("mailbox"))
    return made


async def test_a_user_is_added_signs_in_is_changed_and_put_away(house: House, api: httpx.AsyncClient) -> None:
    sales = await house.department("sales")
    wanted = {
        "address": "tom@acme.test",
        "name": "Tom",
        "password": "a long password",
        "departments": [str(sales)],
    }
    made = await api.post(f"{API}/users", json=wanted)
    assert made.status_code == 201, made.text
    assert "password" not in made.text
    assert (made.json()["role"], made.json()["departments"]) == ("agent", [str(sales)])
    one = f"{API}/users/{made.json()['id']}"
    signing = await Browser(api).sign_in("tom@acme.test", password="a long password")
    assert signing.status_code == 303
    changed = (await api.patch(one, json={"role": "reader", "departments": []})).json()
    assert (changed["role"], changed["departments"], changed["name"]) == ("reader", [], "Tom")
    assert (await api.patch(one, json={"archived": True})).json()["archived_at"] is not None
    acts = {row["act"]: row["done_by"] for row in await house.rows(audit)}
    assert {"user_added", "role_changed", "user_archived"} <= set(acts)
    told = (await api.get(f"{API}/audit?user={made.json()['id']}")).json()["items"]
    assert told[0]["act"] == "user_archived"


async def test_of_a_change_of_a_user_all_is_done_or_nothing(house: House, api: httpx.AsyncClient) -> None:
    me = f"{API}/users/{house.users['eva']}"
    answer = await api.patch(me, json={"name": "Other", "archived": True})
    assert (answer.status_code, answer.json()["remedy"]) == (409, "Nothing was changed.")
    assert (await api.get(me)).json()["name"] == "Eva"
    taken = await api.post(f"{API}/users", json={"address": "EVA@acme.test"})
    assert taken.status_code == 409
    assert "There is a user eva@acme.test already" in taken.json()["detail"]
    assert (await api.get(f"{API}/users/{uuid4()}")).status_code == 404


async def test_only_an_operator_gives_the_role_of_an_operator_and_changes_how_one_signs_in(
    house: House, api: httpx.AsyncClient
) -> None:
    wanted = {"address": "olga@acme.test", "role": "operator"}
    assert (await api.post(f"{API}/users", json=wanted)).status_code == 403
    me = f"{API}/users/{house.users['eva']}"
    assert (await api.patch(me, json={"role": "operator"})).status_code == 403
    assert (await api.get(f"{API}/tenants")).status_code == 403
    boss = await house.user("boss@acme.test", role="operator")
    bearer = {"Authorization": f"Bearer {await house.token(boss)}"}
    for change in ({"address": "mallory@acme.test"}, {"password": "another long password"}):
        refused = await api.patch(f"{API}/users/{boss}", json=change)
        assert (refused.status_code, "Only an operator" in refused.json()["detail"]) == (403, True)
    assert (await api.patch(f"{API}/users/{boss}", json={"name": "The boss"})).status_code == 200
    assert (await api.post(f"{API}/users", json=wanted, headers=bearer)).status_code == 201
    for tenant, status in (("a/b", 422), ("default", 409)):
        refused = await api.post(f"{API}/tenants", json={"id": tenant, "name": "x"}, headers=bearer)
        assert (refused.status_code, refused.json()["detail"][-1]) == (status, ".")
    made = await api.post(f"{API}/tenants", json={"id": "zeta", "name": "Zeta"}, headers=bearer)
    assert made.status_code == 201, made.text
    assert {row["id"] for row in await house.rows(config.tenants)} == {"default", "zeta"}


async def test_tokens_of_a_user_are_listed_without_their_values_and_revoked(
    house: House, api: httpx.AsyncClient
) -> None:
    tom = await house.user("tom@acme.test")
    value = await house.token(tom, scope="read")
    (listed,) = (await api.get(f"{API}/users/{tom}/tokens")).json()["items"]
    assert (listed["scope"], listed["revoked_at"]) == ("read", None)
    assert (await api.delete(f"{API}/users/{tom}/tokens/{listed['id']}")).status_code == 204
    bearer = {"Authorization": f"Bearer {value}"}
    assert (await api.get(f"{API}/tickets", headers=bearer)).status_code == 401
    assert (await api.delete(f"{API}/users/{tom}/tokens/{listed['id']}")).status_code == 404


async def test_a_mailbox_is_added_sealed_and_examined_changed_and_archived(
    house: House, api: httpx.AsyncClient, keys: Keys
) -> None:
    made = await api.post(f"{API}/mailboxes", json=MAILBOX)
    assert made.status_code == 201, made.text
    assert "s3cret" not in made.text
    (row,) = await house.rows(config.mailboxes)
    assert (row["address"], keys.opener("mailbox").open(row["secret"])) == (
        "help@acme.test",
        MAILBOX["secret"],
    )
    (asked,) = await sent(house, "mailbox.examine.v1")
    assert made.headers["location"].endswith(f"/mailboxes/{row['id']}/examinations/{asked['id']}")
    one = f"{API}/mailboxes/{row['id']}"
    wanted = {name: value for name, value in MAILBOX.items() if name != "secret"}
    changed = await api.put(one, json=wanted | {"name": "Help desk", "enabled": False})
    assert (changed.json()["name"], changed.json()["has_secret"]) == ("Help desk", True)
    assert (await api.post(f"{one}/scan")).status_code == 409
    await api.put(one, json=wanted)
    assert (await api.post(f"{one}/scan")).status_code == 202
    assert len(await sent(house, "mailbox.wake.v1")) == 1
    assert (await api.delete(one)).status_code == 204
    assert (await house.rows(config.mailboxes))[0]["archived_at"] is not None


@pytest.mark.usefixtures("keys")
@pytest.mark.parametrize(
    ("wrong", "status", "where"),
    [
        ({"provider": "carrier-pigeon"}, 409, None),
        ({"settings": {"tenant_id": "contoso"}}, 422, "settings.client_id"),
        ({"address": "help"}, 422, "address"),
        ({"after_storing": "move"}, 422, None),
    ],
)
async def test_a_mailbox_that_cannot_be_is_refused_with_the_field(
    house: House, api: httpx.AsyncClient, wrong: dict[str, Any], status: int, where: str | None
) -> None:
    answer = await api.post(f"{API}/mailboxes", json=MAILBOX | wrong)
    assert answer.status_code == status, answer.text
    if where:
        assert where in [one["field"] for one in answer.json()["errors"]]
    assert "s3cret" not in answer.text
    assert await house.rows(config.mailboxes) == []
    assert await house.rows(messages.outbox) == []


async def test_an_address_is_a_mailbox_once(api: httpx.AsyncClient, keys: Keys) -> None:
    assert keys
    await api.post(f"{API}/mailboxes", json=MAILBOX)
    again = await api.post(f"{API}/mailboxes", json=MAILBOX)
    assert (again.status_code, "is a mailbox of this tenant already" in again.json()["detail"]) == (409, True)


async def test_a_saved_view_says_what_the_list_holds(house: House, api: httpx.AsyncClient) -> None:
    await house.ticket(1, priority="urgent")
    await house.ticket(2)
    wanted = {"name": "Urgent", "asked": {"view": "all", "priority": "urgent"}, "shared": True}
    view = (await api.post(f"{API}/views", json=wanted)).json()
    listed = (await api.get(f"{API}/tickets?saved={view['id']}")).json()["items"]
    assert [one["number"] for one in listed] == [1]
    second = (await api.post(f"{API}/views", json=wanted | {"name": "More"})).json()
    assert (await api.patch(f"{API}/views/{second['id']}", json={"place": 0, "name": "First"})).is_success
    assert [one["name"] for one in (await api.get(f"{API}/views")).json()["items"]] == ["First", "Urgent"]
    assert (await api.delete(f"{API}/views/{view['id']}")).status_code == 204
    assert (await api.get(f"{API}/tickets?saved={view['id']}")).status_code == 404
    nonsense = await api.post(f"{API}/views", json={"name": "x", "asked": {"waiting": "long"}})
    assert (nonsense.status_code, nonsense.json()["errors"][0]["field"]) == (422, "waiting")


async def test_a_private_view_is_nobody_elses(house: House, api: httpx.AsyncClient) -> None:
    view = (await api.post(f"{API}/views", json={"name": "Mine", "asked": {}})).json()
    tom = {"Authorization": f"Bearer {await house.token(await house.user('tom@acme.test'))}"}
    assert (await api.get(f"{API}/views/{view['id']}", headers=tom)).status_code == 404
    await api.patch(f"{API}/views/{view['id']}", json={"shared": True})
    assert (await api.get(f"{API}/views/{view['id']}", headers=tom)).status_code == 200
    assert (await api.delete(f"{API}/views/{view['id']}", headers=tom)).status_code == 403


async def test_triggers_are_put_in_order_and_those_that_are_broken_are_told(
    house: House, api: httpx.AsyncClient
) -> None:
    wanted = {
        "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"},
        "action": "send_email",
        "params": {"subject": "Thanks", "body": "We have it."},
    }
    one, two = [
        (await api.post(f"{API}/triggers", json=wanted | {"name": name})).json()["id"] for name in ("a", "b")
    ]
    broken = uuid4()
    facts = {"tenant": "default", "type": "NEW_TICKET_CREATED", "when": {}, "params": {}, "created_at": NOW}
    await house.add(config.triggers, id=broken, name="old", action="send_email", **facts)
    ordered = await api.put(f"{API}/triggers/order", json={"triggers": [two, one]})
    assert [each["id"] for each in ordered.json()["items"]] == [two, one]
    (told,) = (await api.get(f"{API}/triggers/broken")).json()["items"]
    assert (UUID(told["id"]), bool(told["problems"])) == (broken, True)
    assert (await api.put(f"{API}/triggers/order", json={"triggers": [one]})).status_code == 409


async def test_how_people_sign_in_is_set_with_the_secret_kept_to_itself(
    house: House, api: httpx.AsyncClient
) -> None:
    answer = await api.put(f"{API}/sign-in", json={"second_factor": True})
    assert (answer.status_code, answer.json()["second_factor"]) == (200, True)
    half = await api.put(f"{API}/sign-in", json={"client_id": "abc", "secret": "s3cret"})
    assert (half.status_code, half.json()["detail"]) == (422, "Enter the issuer too, or neither.")
    assert (await api.get(f"{API}/sign-in")).json()["second_factor"] is True
    assert [row["act"] for row in await house.rows(audit)] == ["sign_in_set"]
