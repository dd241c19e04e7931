"""The history on the page of triggers shows what was saved then, also what nobody could save any more."""

import html
import re

import pytest
from pydantic import JsonValue

from shared.storage import config
from tests.service.desk.conftest import NOW, Browser, House

NOW_VALID: dict[str, JsonValue] = {
    "name": "Answer",
    "when": {"type": "NEW_TICKET_CREATED", "kinds": "both"},
    "action": "send_email",
}
OF_OLD: dict[str, JsonValue] = {
    "an option that is gone": NOW_VALID
    | {"when": {"type": "NEW_TICKET_CREATED", "kinds": "both", "by": "fax"}},
    "a type that is gone": NOW_VALID | {"when": {"type": "FULL_MOON"}},
    "a field that is gone": NOW_VALID | {"colour": "red", "enabled": False},
    "an operator that is gone": NOW_VALID | {"conditions": {"op": "like", "field": "subject", "value": "x"}},
    "hardly anything": {"name": "Answer"},
    "other kinds of values": {"name": "Answer", "when": [], "action": 3, "enabled": "no"},
}


async def remembered(house: House, old: JsonValue, new: JsonValue) -> None:
    told = {"old": old, "new": new, "changed_at": NOW, "changed_by": "Eva"}
    await house.add(config.option_history, tenant="default", name="triggers.x", **told)


async def lines(eva: Browser) -> str:
    page = await eva.get("/settings/triggers")
    assert page.status_code == 200
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.text)).split())


@pytest.mark.parametrize("old", OF_OLD.values(), ids=OF_OLD.keys())
async def test_old_settings_that_are_not_valid_any_more_have_a_line(
    house: House, eva: Browser, old: JsonValue
) -> None:
    await remembered(house, old, NOW_VALID)
    told = await lines(eva)
    assert "Eva set trigger Answer" in told
    assert "as an earlier version saved it" in told
    assert "→ on: When a ticket is opened, send_email" in told


async def test_the_line_says_what_can_still_be_read(house: House, eva: Browser) -> None:
    await remembered(house, OF_OLD["a field that is gone"], NOW_VALID | {"archived": True})
    assert "off: NEW_TICKET_CREATED, send_email, as an earlier version saved it → archived" in await lines(
        eva
    )
