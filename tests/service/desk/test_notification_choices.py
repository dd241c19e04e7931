"""Of what somebody wants to be told: chosen on a page and by API, by each person for themselves."""

import httpx
import pytest

from shared.storage import config
from tests.service.desk.conftest import Browser, House

AT, PAGE = "/api/v1/me/notifications", "/me/notifications"
USUAL = {
    "assigned": "at_once",
    "mentioned": "at_once",
    "replied": "at_once",
    "reminder": "digest",
    "digest_hour": 8,
}


async def test_everybody_chooses_for_themselves_and_what_is_not_named_stays(
    house: House, http: httpx.AsyncClient
) -> None:
    tokens = [await house.token(await house.user(f"{name}@acme.test")) for name in ("bob", "cy")]
    bob, cy = [{"Authorization": f"Bearer {token}"} for token in tokens]
    assert (await http.get(AT, headers=bob)).json() == USUAL
    changed = await http.put(AT, json={"replied": "digest", "digest_hour": 17}, headers=bob)
    chosen = USUAL | {"replied": "digest", "digest_hour": 17}
    assert (changed.status_code, changed.json()) == (200, chosen)
    assert (await http.put(AT, json={"assigned": "off"}, headers=bob)).json() == chosen | {"assigned": "off"}
    assert (await http.get(AT, headers=cy)).json() == USUAL
    assert len(await house.rows(config.notifications)) == 1


@pytest.mark.parametrize(
    "wrong", [{"assigned": "never"}, {"digest_hour": 24}, {"digest_hour": -1}, {"digest_hour": "x"}, {"x": 1}]
)
async def test_what_is_no_choice_is_refused_and_nothing_is_kept(
    house: House, http: httpx.AsyncClient, wrong: dict[str, object]
) -> None:
    token = await house.token(await house.user("bob@acme.test"))
    answer = await http.put(AT, json=wrong, headers={"Authorization": f"Bearer {token}"})
    assert (answer.status_code, await house.rows(config.notifications)) == (422, [])


async def test_the_page_shows_what_is_chosen_and_saves_it(house: House, eva: Browser) -> None:
    page = (await eva.get(PAGE)).text
    assert 'value="digest" selected' in page.partition('name="reminder"')[2].partition("</select>")[0]
    assert 'value="at_once" selected' in page.partition('name="assigned"')[2].partition("</select>")[0]
    assert '<option value="8" selected>08:00' in page
    assert "On the clock of UTC" in page
    saved = await eva.post(PAGE, assigned="off", digest_hour="17")
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PAGE}?said=chosen")
    page = (await eva.get(saved.headers["location"])).text
    assert "Saved. It counts from the next mail on." in page
    assert 'value="off" selected' in page.partition('name="assigned"')[2].partition("</select>")[0]
    assert '<option value="17" selected>17:00' in page
    (row,) = await house.rows(config.notifications)
    assert row["choices"] == USUAL | {"assigned": "off", "digest_hour": 17}


async def test_a_form_with_what_is_no_choice_is_refused(house: House, eva: Browser) -> None:
    assert (await eva.post(PAGE, assigned="never")).status_code == 422
    assert await house.rows(config.notifications) == []


async def test_each_page_leads_there_from_the_name_of_who_is_signed_in(eva: Browser) -> None:
    page = (await eva.get("/tickets")).text
    assert page.count('href="/me/preferences"') == 2, "beside the name, and in the menu of a phone"
    assert 'href="/me/notifications"' in (await eva.get("/me/preferences")).text


async def test_every_choice_has_a_label_and_its_help(eva: Browser) -> None:
    page = (await eva.get(PAGE)).text
    for name in (*USUAL,):
        assert f'<label for="{name}">' in page
        assert f'id="{name}" name="{name}" aria-describedby=' in page
