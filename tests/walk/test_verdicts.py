"""Why a trigger fired or did not, told on the ticket of whatever happened, mail or not."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest
from pydantic import JsonValue

from services.triggers.keeping import forget_verdicts
from shared.storage.triggers import VERDICTS_KEPT
from tests.walk.walking import Json, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

CHANGED: dict[str, JsonValue] = {"type": "TICKET_FIELD_CHANGE", "field": "priority"}


async def opened(walk: Walk, subject: str) -> int:
    body = {"subject": subject, "contact": {"address": "ann@firm.example"}, "text": "It smokes."}
    number: int = (await walk.ask("POST", "/tickets", body))["number"]
    return number


async def tag_when_urgent(walk: Walk, subject: str) -> None:
    """Add a trigger for tickets of a subject that are urgent."""
    conditions: dict[str, JsonValue] = {
        "op": "all",
        "of": [
            {"op": "is", "field": "subject", "value": subject},
            {"op": "is", "field": "priority", "value": "urgent"},
        ],
    }
    await walk.installation.add_trigger(CHANGED, "add_tag", {"add": "watched"}, conditions)


async def changed_to(walk: Walk, number: int, *priorities: str) -> None:
    for priority in priorities:
        await walk.ask("PATCH", f"/tickets/{number}", {"priority": priority})
        await walk.rest()


async def verdicts(walk: Walk, number: int, query: str = "") -> list[Json]:
    asked: list[Json] = await walk.listed(f"/tickets/{number}/verdicts{query}")
    return asked


async def test_what_a_person_changed_tells_who_fired_and_why_the_others_did_not(walk: Walk) -> None:
    subject = uuid4().hex
    await tag_when_urgent(walk, subject)
    number = await opened(walk, subject)
    await changed_to(walk, number, "high", "urgent")
    by_trigger, urgent, high = await verdicts(walk, number)
    assert high["actor"]["name"] == "Eva Stein"
    assert high["changes"] == [{"field": "priority", "old": "normal", "new": "high"}]
    (no,) = high["verdicts"]
    assert (no["trigger"], no["outcome"], no["why"]["seen"]) == ("add_tag", "not", "high")
    (yes,) = urgent["verdicts"]
    assert (yes["outcome"], yes["why"]) == ("fired", {"did": ["adds the tag watched"]})
    # the trigger's own change is told too: it waits for another field
    assert by_trigger["actor"]["trigger"] == yes["id"]
    assert [one["outcome"] for one in by_trigger["verdicts"]] == ["not"]


async def test_older_ones_come_on_request(walk: Walk) -> None:
    subject = uuid4().hex
    await tag_when_urgent(walk, subject)
    number = await opened(walk, subject)
    await changed_to(walk, number, "high", "low", "normal")
    whole = await verdicts(walk, number)
    first = await walk.read(f"/tickets/{number}/verdicts?limit=2")
    rest = await walk.read(f"/tickets/{number}/verdicts?limit=2&after={first['next']}")
    assert [*first["items"], *rest["items"]] == whole
    assert rest["next"] is None
    assert len(whole) == 3


async def test_they_are_kept_for_a_month(walk: Walk) -> None:
    subject = uuid4().hex
    await tag_when_urgent(walk, subject)
    number = await opened(walk, subject)
    await changed_to(walk, number, "high")
    forget = partial(forget_verdicts, walk.installation.house.units("triggers"))
    await walk.later(VERDICTS_KEPT - timedelta(hours=1))
    await forget()
    assert len(await verdicts(walk, number)) == 1
    await walk.later(timedelta(hours=2))
    await forget()
    assert await verdicts(walk, number) == []
