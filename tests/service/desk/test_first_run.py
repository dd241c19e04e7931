"""The first run: nobody begins it without the pass, one person does, and it is taken up again."""

import asyncio
from datetime import timedelta
from uuid import uuid4

import httpx
import pytest
from sqlalchemy import delete
from structlog.testing import capture_logs

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.rendering import STATIC
from services.desk.welcoming import VALID_FOR, new_pass, say_where
from shared.storage import config, ingest
from shared.storage.tickets import tickets
from tests.service.desk.conftest import NOW, Browser, Clock, House, token_in

OWN_PASSWORD = "several words do well"


def passed(desk: Desk) -> str:
    assert desk.sign_in is not None
    return new_pass(desk.sign_in, desk.clock())


async def begin(http: httpx.AsyncClient, token: str, address: str = "ada@acme.test") -> httpx.Response:
    form = {"token": token, "name": "Ada", "address": address, "password": OWN_PASSWORD}
    return await http.post("/welcome", data=form)


async def begun(desk: Desk, http: httpx.AsyncClient) -> Browser:
    assert (await begin(http, passed(desk))).status_code == 303
    browser = Browser(http)
    browser.csrf = token_in(await http.get("/welcome?step=2"))
    return browser


@pytest.mark.usefixtures("house")
async def test_without_the_pass_nobody_begins(desk: Desk, http: httpx.AsyncClient, clock: Clock) -> None:
    page = await http.get("/welcome")
    assert page.status_code == 403
    assert "postroom welcome" in page.text
    assert 'name="password"' not in page.text
    for token in ("", "00", "guess", passed(desk)[:-2] + "00"):
        assert (await begin(http, token)).status_code == 403
    old = passed(desk)
    clock.now += VALID_FOR + timedelta(seconds=1)
    assert (await http.get(f"/welcome?token={old}")).status_code == 403
    assert (await begin(http, old)).status_code == 403


@pytest.mark.usefixtures("house")
async def test_while_nobody_is_there_every_door_leads_to_the_first_run(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    assert (await http.get("/")).headers["location"].startswith(("/tickets", "/sign-in"))
    assert (await http.get("/sign-in")).headers["location"] == "/welcome"
    with capture_logs() as lines:
        await say_where(desk, "http://127.0.0.1:8025")
    assert [line["event"] for line in lines] == ["desk.open", "desk.nobody_here"]
    assert lines[0]["address"] == "http://127.0.0.1:8025"
    assert "postroom welcome" in lines[1]["remedy"]
    await begun(desk, http)
    assert (await http.get("/sign-in")).status_code == 200
    with capture_logs() as lines:
        await say_where(desk, "http://127.0.0.1:8025")
    assert [line["event"] for line in lines] == ["desk.open"]


async def test_with_it_an_operator_is_made_and_signed_in(
    house: House, desk: Desk, http: httpx.AsyncClient
) -> None:
    token = passed(desk)
    assert "Who looks after it?" in (await http.get(f"/welcome?token={token}")).text
    short = await http.post(
        "/welcome", data={"token": token, "address": "ada@acme.test", "password": "short"}
    )
    assert short.status_code == 422
    browser = await begun(desk, http)
    [user] = await house.rows(config.users)
    assert (user["address"], user["role"]) == ("ada@acme.test", "operator")
    assert (await browser.get("/settings")).status_code == 200


async def test_once_there_is_a_user_the_pass_opens_nothing(
    house: House, desk: Desk, http: httpx.AsyncClient
) -> None:
    token = passed(desk)
    await house.tenant("other")
    await house.user("eva@acme.test", tenant="other", archived_at=NOW)
    assert (await http.get(f"/welcome?token={token}")).headers["location"].startswith("/sign-in")
    assert (await begin(http, token)).headers["location"] == "/welcome"
    assert len(await house.rows(config.users)) == 1


async def test_of_two_who_begin_at_once_one_does(house: House, desk: Desk) -> None:
    token = passed(desk)

    async def one(address: str) -> None:
        transport = httpx.ASGITransport(app=make_app(desk))
        async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as http:
            assert (await begin(http, token, address)).status_code == 303

    await asyncio.gather(one("ada@acme.test"), one("bob@acme.test"))
    assert len(await house.rows(config.users)) == 1


async def leads_on(ada: Browser) -> None:
    """The form of a mailbox, and its other kinds, lead back to the first run."""
    form = (await ada.get("/mailboxes/new?onward=welcome")).text
    assert 'name="onward" value="welcome"' in form
    assert "provider=maildir&amp;onward=welcome" in form


async def test_the_steps_follow_what_there_is_and_are_taken_up_again(
    house: House, desk: Desk, http: httpx.AsyncClient
) -> None:
    ada = await begun(desk, http)
    assert (await ada.get("/welcome")).headers["location"] == "/welcome?step=2"
    assert (await ada.get("/welcome?step=5")).headers["location"] == "/welcome?step=2"
    await ada.post("/welcome/organisation", name="Acme")
    assert (await ada.get("/welcome")).headers["location"] == "/welcome?step=3"
    page = (await ada.get("/welcome?step=3")).text
    assert "/mailboxes/new?onward=welcome" in page
    assert "Continue without mail" in page
    await leads_on(ada)
    box = await house.mailbox("help@acme.test")
    waits = (await ada.get("/welcome?step=4")).text
    assert "data-open" in waits
    run = {
        "id": uuid4(),
        "tenant": "default",
        "mailbox": box,
        "send": False,
        "asked_at": NOW,
        "began_at": NOW,
    }
    failed = [{"check": "sign_in", "verdict": "failed", "found": "no", "remedy": "Type it anew."}]
    await house.add(ingest.examinations, **run, ended_at=NOW, state="done", findings=failed)
    page = (await ada.get("/welcome?step=4")).text
    assert "Type it anew." in page
    assert "Go on all the same" in page
    assert "data-open" not in page
    first = (await ada.get("/welcome?step=5")).text
    assert "help@acme.test" in first
    assert "data-open" in first
    await house.ticket(1, "Printer on fire")
    first = (await ada.get("/welcome?step=5")).text
    assert "Your first ticket" in first
    assert "Printer on fire" in first
    assert "data-open" not in first
    await ada.post("/sign-out")
    assert (await ada.get("/welcome")).headers["location"] == "/sign-in?next=%2Fwelcome"
    assert "Acme" in (await ada.get("/sign-in")).text


@pytest.mark.usefixtures("house")
async def test_a_mailbox_of_the_first_run_leads_back_to_it(desk: Desk, http: httpx.AsyncClient) -> None:
    ada = await begun(desk, http)
    form = {"provider": "maildir", "address": "help@acme.test", "folder": "inbox", "enabled": "on"}
    folder = {"own.directory": "mail/help", "own.layout": "eml", "own.outgoing": "file", "own.outbox": "out"}
    wrong = await ada.post("/mailboxes/new", **form | {"address": "help"}, **folder, onward="welcome")
    assert 'name="onward" value="welcome"' in wrong.text
    answer = await ada.post("/mailboxes/new", **form, **folder, onward="welcome")
    assert answer.headers["location"] == "/welcome?said=added"
    assert (await ada.get("/welcome")).headers["location"] == "/welcome?step=4"


async def test_it_can_be_left_and_the_list_leads_back_to_it(
    house: House, desk: Desk, http: httpx.AsyncClient
) -> None:
    ada = await begun(desk, http)
    assert "Setting up goes on with step 2 of 5: Organisation." in (await ada.get("/tickets")).text
    await ada.post("/welcome/organisation", name="Acme")
    assert "step 3 of 5: Mailbox." in (await ada.get("/tickets")).text
    await house.user("tom@acme.test")
    tom = Browser(http)
    await tom.sign_in("tom@acme.test")
    assert "Setting up" not in (await tom.get("/tickets")).text
    await ada.sign_in("ada@acme.test", password=OWN_PASSWORD)
    await house.ticket(1)
    for view in ("all", "mine"):
        assert "Setting up" not in (await ada.get(f"/tickets?view={view}")).text


async def test_once_its_end_was_shown_it_never_opens_again(
    house: House, desk: Desk, http: httpx.AsyncClient
) -> None:
    ada = await begun(desk, http)
    await house.ticket(1, "Printer on fire")
    assert (await ada.get("/welcome")).headers["location"] == "/welcome?step=5"
    assert (await ada.get("/welcome?step=2")).status_code == 200
    assert "Your first ticket" in (await ada.get("/welcome?step=5")).text
    async with house.owner.begin() as db:
        await db.execute(delete(tickets))
    for path in ("/welcome", "/welcome?step=2", "/welcome?step=5"):
        assert (await ada.get(path)).headers["location"] == "/tickets"
    for path in ("/welcome/organisation", "/welcome/doctor"):
        answer = await ada.post(path, name="Other")
        assert answer.status_code == 404
        assert "The first run is over." in answer.text
    assert "Setting up" not in (await ada.get("/tickets")).text
    [tenant] = await house.rows(config.tenants)
    assert tenant["name"] == "default"


async def test_steps_that_wait_follow_the_stream_and_ask_no_clock(
    house: House, desk: Desk, http: httpx.AsyncClient
) -> None:
    ada = await begun(desk, http)
    await ada.post("/welcome/organisation", name="Acme")
    box = await house.mailbox("help@acme.test")
    page = (await ada.get("/welcome?step=4")).text
    assert f"&amp;mailbox={box}" in page
    assert 'data-doctor="mailbox-changed" data-open' in page
    assert 'data-doctor="list-changed" data-open' in (await ada.get("/welcome?step=5")).text
    # without scripts a page is loaded again each five seconds; with them nothing is asked by the clock
    assert '<noscript><meta http-equiv="refresh" content="5"></noscript>' in page
    script = (STATIC / "doctor.js").read_text()
    assert "setTimeout" not in script
    assert "setInterval" not in script
