"""How the desk looks and speaks: chosen by each person for themselves, else as their browser says."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest

from shared.contracts.sending import SendMail
from shared.storage import desk as tables
from shared.storage import messages
from tests.service.desk.conftest import NOW, Browser, House

PAGE = "/me/preferences"
USUAL = {"theme": "auto", "density": "regular", "language": "", "zone": "", "undo_seconds": "10"}


async def test_what_is_chosen_counts_on_every_page_and_for_nobody_else(
    house: House, http: httpx.AsyncClient, eva: Browser
) -> None:
    chosen = USUAL | {"theme": "dark", "density": "compact", "language": "de", "single_keys": "on"}
    saved = await eva.post(PAGE, **chosen)
    assert (saved.status_code, saved.headers["location"]) == (303, f"{PAGE}?said=preferred")
    page = (await eva.get(PAGE)).text
    assert '<html lang="de" data-theme="dark" data-density="compact">' in page
    assert "Zeilen der Listen" in page
    assert 'value="dark" selected' in page
    await eva.post("/sign-out")
    await house.user("bob@acme.test")
    bob = Browser(http)
    await bob.sign_in("bob@acme.test")
    assert '<html lang="en" data-density="regular">' in (await bob.get(PAGE)).text


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"language": "xx"}, "The desk does not speak xx."),
        ({"zone": "Europe/Atlantis"}, "There is no time zone Europe/Atlantis."),
        ({"zone": "../../etc/passwd"}, "There is no time zone ../../etc/passwd."),
        ({"undo_seconds": "31"}, "At most 30 is allowed."),
        ({"theme": "pink"}, "Choose one of these: auto, light, dark."),
    ],
)
async def test_what_cannot_be_chosen_is_refused_where_it_stands(
    house: House, eva: Browser, wrong: dict[str, str], why: str
) -> None:
    answer = await eva.post(PAGE, **(USUAL | wrong))
    assert answer.status_code == 422
    assert why in answer.text
    assert 'aria-invalid="true"' in answer.text
    assert await house.rows(tables.preferences) == []


async def test_a_choice_of_an_older_version_that_is_none_any_more_breaks_no_page(
    house: House, eva: Browser
) -> None:
    row = {"user": house.users["eva"], "tenant": "default", "changed_at": NOW}
    await house.add(tables.preferences, choices={"theme": "sepia"}, **row)
    assert '<html lang="en" data-density="regular">' in (await eva.get(PAGE)).text


async def test_times_stand_on_the_clock_of_the_browser_until_another_is_chosen(
    house: House, eva: Browser
) -> None:
    await house.mail_in(await house.ticket(1), shown_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    assert ">09:30</time>" in (await eva.get("/tickets/1")).text
    eva.http.cookies.set("postroom_zone", "Asia/Kolkata")
    page = (await eva.get("/tickets/1")).text
    assert ">15:00</time>" in page
    assert 'title="Tuesday 24 November 2026 15:00:00 ' in page
    await eva.post(PAGE, **(USUAL | {"zone": "Europe/Berlin", "language": "nl"}))
    page = (await eva.get("/tickets/1")).text
    assert ">10:30</time>" in page
    assert 'title="dinsdag 24 november 2026 10:30:00 ' in page


async def test_a_zone_that_is_none_is_as_if_nothing_had_been_said(house: House, eva: Browser) -> None:
    await house.mail_in(await house.ticket(1), shown_at=datetime(2026, 11, 24, 9, 30, tzinfo=UTC))
    eva.http.cookies.set("postroom_zone", "../secret")
    assert ">09:30</time>" in (await eva.get("/tickets/1")).text


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("fr,nl;q=0.7,en;q=0.3", "nl"),
        ("ja", "en"),
        ("de;q=0,en;q=0.1", "en"),
        ("nl;q=x, ;;, de;q=0.2", "de"),
        ("", "en"),
    ],
)
@pytest.mark.usefixtures("house")
async def test_the_browser_says_which_language_until_one_is_chosen(
    http: httpx.AsyncClient, accepted: str, language: str
) -> None:
    page = await http.get("/welcome", headers={"Accept-Language": accepted})
    assert f'<html lang="{language}"' in page.text


async def test_a_reply_can_be_taken_back_as_long_as_somebody_chose(house: House, eva: Browser) -> None:
    await eva.post(PAGE, **(USUAL | {"undo_seconds": "30"}))
    await house.mail_in(await house.ticket(1))
    await eva.post("/tickets/1/reply", text="Here.", to="anna@example.test", send="send")
    (row,) = await house.rows(messages.outbox)
    assert SendMail.model_validate_json(row["body"]).send_at == NOW + timedelta(seconds=30)
