"""Own statuses and custom fields on the pages of the settings, and who changed them when."""

from typing import Any

import httpx

from tests.service.desk.conftest import Browser, House
from tests.service.desk.shown import as_shown

HISTORY = "/api/v1/settings/history"


async def told(house: House, http: httpx.AsyncClient, name: str) -> list[tuple[Any, Any, str]]:  # Any: JSON
    """What the history says of one thing, oldest first."""
    token = await house.token(await house.user("program@acme.test", role="admin"))
    answer = await http.get(HISTORY, params={"name": name}, headers={"Authorization": f"Bearer {token}"})
    return [(each["old"], each["new"], each["changed_by"]) for each in reversed(answer.json()["items"])]


async def test_a_status_is_added_renamed_and_put_away_with_a_history(
    house: House, http: httpx.AsyncClient, eva: Browser
) -> None:
    at = "/settings/statuses"
    form = {"key": "with_vendor", "name": "With the vendor", "category": "pending", "position": "0"}
    assert (await eva.post(at, **form)).status_code == 303
    assert (await eva.post(at, **form | {"name": "At the vendor's"})).status_code == 303
    wrong = await eva.post(at, **form | {"category": "closed"})
    assert (wrong.status_code, "is of the category pending" in wrong.text) == (422, True)
    lost = await eva.post(at, **form | {"position": "first"})
    assert "Place in lists: A whole number is needed." in lost.text
    assert (await eva.post(f"{at}/with_vendor/archive")).status_code == 303
    assert (await eva.post(f"{at}/with_vendor/archive")).status_code == 404
    page = (await eva.get(at)).text
    assert "nothing → With the vendor (pending)" in page
    assert "At the vendor&#39;s" not in page.partition("History")[0]
    names = [
        (old and old["name"], new["name"], new["archived"])
        for old, new, _ in await told(house, http, "statuses.with_vendor")
    ]
    assert names == [
        (None, "With the vendor", False),
        ("With the vendor", "At the vendor's", False),
        ("At the vendor's", "At the vendor's", True),
    ]


async def test_a_custom_field_is_added_changed_and_put_away_with_a_history(
    house: House, http: httpx.AsyncClient, eva: Browser
) -> None:
    at = "/settings/custom-fields"
    form = {"key": "floor", "name": "Floor", "type": "choice", "position": "0"}
    wrong = await eva.post(at, **form)
    assert (wrong.status_code, "Name the choices, each once" in wrong.text) == (422, True)
    assert (await eva.post(at, **form, choices="one\r\n\r\ntwo")).status_code == 303
    assert (await eva.post(at, **form, choices="one\ntwo\nthree")).status_code == 303
    assert "one\ntwo\nthree</textarea>" in (await eva.get(at)).text
    assert (await eva.post(f"{at}/floor/archive")).status_code == 303
    told_of = await told(house, http, "custom_fields.floor")
    assert [(new["choices"], new["archived"]) for _, new, _ in told_of] == [
        (["one", "two"], False),
        (["one", "two", "three"], False),
        (["one", "two", "three"], True),
    ]


async def test_a_new_one_never_goes_over_a_living_one_and_brings_one_back_from_the_archive(
    eva: Browser,
) -> None:
    status = {"key": "waits", "name": "Waits", "category": "pending"}
    field = {"key": "floor", "name": "Floor", "type": "number"}
    for at, form in (("/settings/statuses", status), ("/settings/custom-fields", field)):
        assert (await eva.post(at, **form, adding="yes")).status_code == 303
        refused = await eva.post(at, **form | {"name": "Another"}, adding="yes")
        assert (refused.status_code, "is there already" in refused.text) == (422, True)
        assert (await eva.post(f"{at}/{form['key']}/archive")).status_code == 303
        assert (await eva.post(at, **form | {"name": "Another"}, adding="yes")).status_code == 303
        assert 'value="Another"' in (await eva.get(at)).text


async def test_an_error_of_a_row_stands_in_that_row_with_what_was_typed(eva: Browser) -> None:
    status = {"key": "waits", "name": "Waits", "category": "pending"}
    field = {"key": "floor", "name": "Floor", "type": "number"}
    for at, form in (("/settings/statuses", status), ("/settings/custom-fields", field)):
        await eva.post(at, **form)
        refused = await eva.post(at, **form | {"name": "Newly", "position": "zz"})
        row, _, new = refused.text.partition('name="adding"')
        assert refused.status_code == 422
        assert ("-problem" in row, 'value="Newly"' in row, 'value="zz"' in row) == (True, True, True)
        assert ("-problem" in new, "Newly" in new, 'value="zz"' in new) == (False, False, False)


async def test_an_older_row_undoes_no_other_change_and_brings_nothing_out_of_the_archive(
    eva: Browser,
) -> None:
    at, form = "/settings/statuses", {"key": "waits", "name": "Waits", "category": "pending", "position": "1"}
    await eva.post(at, **form)
    shown = as_shown((await eva.get(at)).text)
    await eva.post(at, **form | {"position": "7"}, as_shown=shown)
    await eva.post(at, **form | {"name": "Waits long"}, as_shown=shown)
    page = (await eva.get(at)).text
    assert ('value="Waits long"' in page, 'name="position" value="7"' in page) == (True, True)
    assert (await eva.post(at, **form | {"name": "Again"}, as_shown=shown)).status_code == 409
    await eva.post(f"{at}/waits/archive")
    gone = await eva.post(at, **form | {"name": "Again"}, as_shown=shown)
    assert (gone.status_code, "was put into the archive meanwhile" in gone.text) == (422, True)


async def test_what_is_the_same_is_no_change(house: House, http: httpx.AsyncClient, eva: Browser) -> None:
    form = {"key": "waits", "name": "Waits", "category": "pending"}
    for _ in range(2):
        await eva.post("/settings/statuses", **form)
    assert len(await told(house, http, "statuses.waits")) == 1
