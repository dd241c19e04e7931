"""A trigger that waits for what cannot happen is refused when it is saved: the error says what there is."""

from typing import Any

import httpx
import pytest
from pydantic import JsonValue

from shared.storage import config
from tests.service.desk.conftest import Browser, House

ANSWER = {"name": "T", "action": "send_email", "params": {"subject": "x", "body": "x"}}
STATUSES = "new, open, pending, resolved, closed, merged"
FIELDS: tuple[tuple[str, str, list[str]], ...] = (
    ("plan", "choice", ["gold", "tin"]),
    ("seats", "number", []),
    ("of", "multi", ["a"]),
)
BY_ITS_ID = "0b3a1c5e-6a52-4e52-9a53-64d6a1f3d1f0"


@pytest.fixture
async def program(house: House, http: httpx.AsyncClient) -> httpx.AsyncClient:
    """Sign in as a program of an administrator, where there are custom fields and a status of its own."""
    for key, kind, choices in FIELDS:
        field = {"key": key, "name": key.capitalize(), "type": kind, "choices": choices}
        await house.add(config.custom_fields, tenant="default", **field)
    own = {"key": "at_lawyer", "name": "At the lawyer", "category": "pending"}
    await house.add(config.statuses, tenant="default", **own)
    token = await house.token(await house.user("ada@acme.test", role="admin"))
    http.headers["Authorization"] = f"Bearer {token}"
    return http


async def saved(program: httpx.AsyncClient, when: dict[str, Any]) -> httpx.Response:
    return await program.post("/api/v1/triggers", json={**ANSWER, "when": when})


@pytest.mark.parametrize(
    ("field", "values", "why"),
    [
        ("titel", {}, "When.field: a ticket has no 'titel'; it has assignee, contact, department"),
        ("status", {"old": "nope"}, f"When.old: there is no 'nope'; there are {STATUSES}, at_lawyer"),
        ("status", {"old": "open", "new": 5}, f"When.new: there is no 5; there are {STATUSES}"),
        ("priority", {"new": "huge"}, "When.new: there is no 'huge'; there are urgent, high, normal, low"),
        ("kind", {"new": "both"}, "When.new: there is no 'both'; there are internal, external"),
        ("assignee", {"new": "eva"}, "When.new: assignee is named by an id"),
        ("tags", {"new": "vip"}, "When.new: of tags it can only be asked whether it changed"),
        ("subject", {"old": "x"}, "When.old: of subject it can only be asked whether it changed"),
        ("fields.nope", {}, "When.field: there is no custom field 'nope'; there are: of, plan, seats"),
        ("fields.plan", {"new": "lead"}, "When.new: Plan (fields.plan) is one of: gold, tin"),
        ("fields.seats", {"old": "many"}, "When.old: Seats (fields.seats) is a number"),
        ("fields.of", {"new": ["a"]}, "When.new: of Of it can only be asked whether it changed"),
        (None, {"old": "open", "new": "closed"}, "When.field: old and new belong to a field: name it"),
    ],
)
async def test_a_change_that_cannot_happen_is_refused(
    program: httpx.AsyncClient, field: str | None, values: dict[str, JsonValue], why: str
) -> None:
    answer = await saved(program, {"type": "TICKET_FIELD_CHANGE", "field": field, **values})
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(why)


@pytest.mark.parametrize("type_", ["CLOSE_TICKET", "CLOSE_TICKET_REMINDER"])
async def test_a_status_that_nobody_has_is_refused(program: httpx.AsyncClient, type_: str) -> None:
    answer = await saved(program, {"type": type_, "status": "nope"})
    assert (answer.status_code, "there is no 'nope'" in answer.text) == (422, True)
    assert (await saved(program, {"type": type_, "status": "at_lawyer"})).status_code == 201


@pytest.mark.parametrize(
    ("field", "values"),
    [
        (None, {}),
        ("status", {"old": "closed", "new": "at_lawyer"}),
        ("status", {"new": "merged"}),
        ("priority", {"old": "low"}),
        ("department", {"new": BY_ITS_ID}),
        ("tags", {}),
        ("participants", {}),
        ("fields.plan", {"old": "tin", "new": "gold"}),
        ("fields.seats", {"new": 5}),
        ("fields.of", {}),
    ],
)
async def test_a_change_that_can_happen_is_saved(
    program: httpx.AsyncClient, field: str | None, values: dict[str, JsonValue]
) -> None:
    answer = await saved(program, {"type": "TICKET_FIELD_CHANGE", "field": field, **values})
    assert answer.status_code == 201, answer.text


async def test_a_type_that_is_none_and_a_name_without_end_are_refused(program: httpx.AsyncClient) -> None:
    answer = await saved(program, {"type": "NEW_TICKET", "kinds": "both"})
    assert answer.json()["detail"] == (
        "when: there is no 'NEW_TICKET'; there are TICKET_FIELD_CHANGE, NEW_TICKET_CREATED, CLOSE_TICKET, "
        "CLOSE_TICKET_REMINDER"
    )
    when = {"type": "NEW_TICKET_CREATED", "kinds": "both"}
    long = await program.post("/api/v1/triggers", json={**ANSWER, "when": when, "name": "x" * 201})
    assert long.json()["detail"] == "The name has more than 200 characters."


async def with_condition(program: httpx.AsyncClient, field: str, value: JsonValue) -> httpx.Response:
    op = "one_of" if isinstance(value, list) else "is"
    asked = {"op": "any", "of": [{"field": field, "op": op, "value": value}]}
    when = {"type": "CLOSE_TICKET"}
    return await program.post("/api/v1/triggers", json={**ANSWER, "when": when, "conditions": asked})


async def test_a_condition_that_can_never_be_so_is_refused_with_what_there_is(
    house: House, program: httpx.AsyncClient
) -> None:
    sales, tom = await house.department("sales"), await house.user("tom@acme.test")
    cases: tuple[tuple[str, JsonValue, str], ...] = (
        ("department", "Suport", "there is no department 'Suport'; there are sales"),
        ("department", [str(sales), BY_ITS_ID], f"there is no department '{BY_ITS_ID}'"),
        ("department", "Sales", "by its id, on a page by its key: sales"),
        ("assignee", "nobody@acme.test", "there is no user 'nobody@acme.test'"),
        ("status", "clsed", "there is no 'clsed'; there are new"),
        ("mailbox", "help@acme.test", "mailbox is named by an id"),
    )
    for field, value, why in cases:
        answer = await with_condition(program, field, value)
        assert (answer.status_code, why in answer.text.lower() or why in answer.text) == (422, True), (
            answer.text
        )
    for field, one in (("department", sales), ("assignee", tom)):
        assert (await with_condition(program, field, str(one))).status_code == 201


async def test_a_name_that_two_departments_have_goes_by_key_on_the_page(house: House, eva: Browser) -> None:
    first = await house.department("support", name="Support")
    await house.department("support_at", name="Support")
    form = {"name": "T", "when.type": "CLOSE_TICKET", "action": "add_note", "own.text": "x", "state": "off"}
    form |= {"position": "0", "together": "all", "c0.in": "", "c0.field": "department", "c0.op": "is"}
    refused = await eva.post("/settings/triggers/new", **form, **{"c0.value": "Suport"})
    assert refused.status_code == 422
    both = await house.department("help_at", name="Help"), await house.department("help_de", name="Help")
    refused = await eva.post("/settings/triggers/new", **form, **{"c0.value": "Help"})
    assert (refused.status_code, "by its key: help_at, help_de" in refused.text) == (422, True)
    assert (await eva.post("/settings/triggers/new", **form, **{"c0.value": "help_de"})).status_code == 303
    assert (await eva.post("/settings/triggers/new", **form, **{"c0.value": "support"})).status_code == 303
    kept = {row["conditions"]["value"] for row in await house.rows(config.triggers)}
    assert kept == {str(both[1]), str(first)}
