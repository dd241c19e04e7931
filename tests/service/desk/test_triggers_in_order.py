"""The table of triggers, and the form that the server draws anew as it grows."""

import re
from uuid import UUID

import pytest
from sqlalchemy import update

from shared.storage import config
from tests.service.desk.conftest import Browser, House

ROOM = "/settings/triggers"
NOTE = {
    "when.type": "NEW_TICKET_CREATED",
    "when.kinds": "both",
    "action": "add_note",
    "own.text": "Seen.",
    "state": "shadow",
    "position": "0",
}


async def added(eva: Browser, name: str, **more: str) -> str:
    answer = await eva.post(f"{ROOM}/new", **NOTE | more, name=name)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"].partition("?")[0].rpartition("/")[2]


async def order_of(eva: Browser) -> list[str]:
    return re.findall(r'data-id="([^"]+)"', (await eva.get(ROOM)).text)


async def test_one_that_is_not_valid_any_more_is_told_and_archived_and_breaks_nothing(
    eva: Browser, house: House
) -> None:
    one, two = await added(eva, "One", position="1"), await added(eva, "Two", position="2")
    old = await added(eva, "Of an older version")
    broken = update(config.triggers).where(config.triggers.c.id == UUID(old))
    await house.change(broken.values(when={"kinds": "some"}))
    token = {"authorization": f"Bearer {await house.token(house.users['eva'])}"}
    page = (await eva.get(ROOM)).text
    assert "Of an older version (add_note) is not valid any more" in page
    assert await order_of(eva) == [one, two]
    assert (await eva.post(f"{ROOM}/order", trigger=two, way="up")).status_code == 303
    assert await order_of(eva) == [two, one]
    assert (await eva.get(f"{ROOM}/{old}")).status_code == 404
    listed = await eva.http.get("/api/v1/triggers", headers=token)
    assert [trigger["id"] for trigger in listed.json()["items"]] == [two, one]
    assert (await eva.post(f"{ROOM}/{old}/archive")).status_code == 303
    assert "not valid any more" not in (await eva.get(ROOM)).text
    assert (await eva.get("/settings/history")).status_code == 200


async def test_triggers_are_moved_by_a_button_and_by_dragging(eva: Browser) -> None:
    one, two, three = [
        await added(eva, name, position=place) for name, place in (("One", "1"), ("Two", "2"), ("Three", "3"))
    ]
    assert await order_of(eva) == [one, two, three]
    up = await eva.post(f"{ROOM}/order", trigger=three, way="up")
    assert (up.status_code, up.headers["location"]) == (303, f"{ROOM}?said=ordered#t-{three}")
    assert await order_of(eva) == [one, three, two]
    await eva.post(f"{ROOM}/order", trigger=two, order=[two, one, three])
    assert await order_of(eva) == [two, one, three]
    await eva.post(f"{ROOM}/order", trigger=two, way="up")
    assert await order_of(eva) == [two, one, three]


async def test_an_order_that_misses_a_trigger_changes_nothing(eva: Browser) -> None:
    one, two = [await added(eva, name, position=place) for name, place in (("One", "1"), ("Two", "2"))]
    answer = await eva.post(f"{ROOM}/order", trigger=two, order=[two])
    assert (answer.status_code, "Somebody changed the list" in answer.text) == (409, True)
    assert await order_of(eva) == [one, two]


async def test_switching_on_what_was_never_tried_asks_and_then_does_it(eva: Browser) -> None:
    trigger = await added(eva, "Untried")
    asks = await eva.post(f"{ROOM}/{trigger}/state", state="on")
    assert (asks.status_code, "Untried was never tried" in asks.text) == (409, True)
    assert 'value="shadow" title="Recording, does nothing" aria-pressed="true"' in (await eva.get(ROOM)).text
    done = await eva.post(f"{ROOM}/{trigger}/state", state="on", confirm="yes")
    assert done.status_code == 303
    assert 'value="on" title="It acts" aria-pressed="true"' in (await eva.get(ROOM)).text
    assert (await eva.post(f"{ROOM}/{trigger}/state", state="off")).status_code == 303
    assert (await eva.post(f"{ROOM}/{trigger}/state", state="loud")).status_code == 422


async def test_saving_a_trigger_that_is_on_and_was_never_tried_asks_first(eva: Browser) -> None:
    asks = await eva.post(f"{ROOM}/new", **NOTE | {"state": "on"}, name="Hasty")
    assert (asks.status_code, "this trigger was never tried" in asks.text) == (409, True)
    assert await order_of(eva) == []
    await added(eva, "Hasty", state="on", confirm="yes")


async def test_the_form_grows_and_is_saved_with_groups(eva: Browser) -> None:
    drawn = (await eva.post(f"{ROOM}/draw", **NOTE, name="Nested", edit="group:")).text
    assert 'name="c0.group"' in drawn
    assert 'value="Nested"' in drawn
    lines = {"c0.group": "none", "c1.in": "0", "c1.field": "subject", "c1.op": "begins", "c1.value": "Spam"}
    trigger = await added(eva, "Nested", **lines)
    assert "When a ticket is opened and not (subject begins with Spam), add an" in (await eva.get(ROOM)).text
    page = (await eva.get(f"{ROOM}/{trigger}")).text
    assert 'value="Spam"' in page
    shorter = await eva.post(f"{ROOM}/draw", **NOTE | lines, trigger=trigger, edit="drop:0")
    assert 'value="Spam"' not in shorter.text


@pytest.mark.parametrize(
    ("kind", "field"), [("CLOSE_TICKET", "when.status"), ("TICKET_FIELD_CHANGE", "when.new")]
)
async def test_another_type_draws_its_own_form_and_keeps_what_was_typed(
    eva: Browser, kind: str, field: str
) -> None:
    drawn = await eva.post(f"{ROOM}/draw", **NOTE | {"when.type": kind}, name="Kept")
    assert drawn.status_code == 200
    assert f'name="{field}"' in drawn.text
    assert "Seen.</textarea>" in drawn.text
