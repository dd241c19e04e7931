"""Triggers that are added while everything runs: each type fires for what it names, and for nothing else."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import JsonValue

from services.ticketing.sweeping import prune_tenant
from shared.plugins.loading import plugins
from shared.settings import ProcessSettings
from tests.installation import TENANT, environment_of
from tests.system.shell import Shell
from tests.walk.letters import letter, read
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

DAY = timedelta(days=1)
FIRED, NOT = "high", "normal"
OWN_ACTION = """
from pydantic import BaseModel
from shared.plugins.actions import SetFields

class Params(BaseModel):
    level: int

class Escalate:
    key, title, params = "escalate", "Escalate", Params

    def decide(self, occasion, params):
        return [SetFields({"tags": [f"level {params.level}", occasion.ticket.status]})]
"""
FIELD_CHANGES: dict[str, tuple[dict[str, JsonValue], str]] = {
    "any field": ({}, FIRED),
    "this field": ({"field": "status"}, FIRED),
    "another field": ({"field": "assignee"}, NOT),
    "this old value": ({"field": "status", "old": "open"}, FIRED),
    "another old value": ({"field": "status", "old": "resolved"}, NOT),
    "this new value": ({"field": "status", "new": "pending"}, FIRED),
    "another new value": ({"field": "status", "new": "closed"}, NOT),
    "both values": ({"field": "status", "old": "open", "new": "pending"}, FIRED),
    "this old and another new value": ({"field": "status", "old": "open", "new": "closed"}, NOT),
}


@pytest.fixture(scope="module", autouse=True)
def own_action(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every process of this installation knows an action of the user's own, by its configuration."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "acme_escalation.py").write_text(OWN_ACTION)
    (folder / "postroom.toml").write_text('[actions]\nescalate = "acme_escalation:Escalate"\n')
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setenv("PYTHONPATH", str(folder))
        patch.setenv("POSTROOM_CONFIG", str(folder / "postroom.toml"))
        plugins.cache_clear()
        yield
    plugins.cache_clear()


async def opened(walk: Walk, subject: str, contact: str = "ann@firm.example") -> int:
    body = {"subject": subject, "contact": {"address": contact}, "text": "It smokes."}
    number: int = (await walk.ask("POST", "/tickets", body))["number"]
    return number


async def trigger(walk: Walk, subject: str, when: dict[str, JsonValue]) -> None:
    """Add a trigger for tickets of this subject alone, which sets their priority."""
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": subject}
    action: dict[str, JsonValue] = {"field": "priority", "value": FIRED}
    await walk.installation.add_trigger(when, "change_field", action, only)


async def priority(walk: Walk, number: int) -> str:
    found: str = (await walk.ticket(number))["priority"]
    return found


async def sweep(walk: Walk) -> None:
    await prune_tenant(walk.installation.house.units("ticketing"), TENANT)
    await walk.rest()


async def test_a_field_change_fires_by_field_and_by_old_and_new_value(walk: Walk) -> None:
    numbers = {case: await opened(walk, case) for case in FIELD_CHANGES}
    for case, (named, _) in FIELD_CHANGES.items():
        await walk.ask("PATCH", f"/tickets/{numbers[case]}", {"status": "open", "priority": NOT})
        await trigger(walk, case, {"type": "TICKET_FIELD_CHANGE", **named})
    await walk.rest()
    for number in numbers.values():
        await walk.ask("PATCH", f"/tickets/{number}", {"status": "pending"})
    await walk.rest()
    found = {case: await priority(walk, number) for case, number in numbers.items()}
    assert found == {case: fires for case, (_, fires) in FIELD_CHANGES.items()}


async def test_a_new_ticket_fires_for_the_kind_that_is_named(walk: Walk) -> None:
    people = {"internal": "eva@helpdesk.example", "external": "ann@firm.example"}
    cases = [(kinds, kind) for kinds in ("internal", "external", "both") for kind in people]
    before = [await opened(walk, f"{kinds}: {kind}", people[kind]) for kinds, kind in cases]
    for kinds, kind in cases:
        await trigger(walk, f"{kinds}: {kind}", {"type": "NEW_TICKET_CREATED", "kinds": kinds})
    numbers = [await opened(walk, f"{kinds}: {kind}", people[kind]) for kinds, kind in cases]
    await walk.rest()
    kinds_of = [(await walk.ticket(number))["kind"] for number in numbers]
    assert kinds_of == [kind for _, kind in cases]
    fired = [await priority(walk, number) == FIRED for number in numbers]
    assert fired == [kinds in {kind, "both"} for kinds, kind in cases]
    assert {await priority(walk, number) for number in before} == {NOT}


async def test_closing_by_inactivity_fires_by_the_status_before_and_closing_by_a_person_does_not(
    walk: Walk,
) -> None:
    cases = {"quiet open": "open", "quiet pending": "pending", "quiet any": "open", "by a person": "pending"}
    numbers = {subject: await opened(walk, subject) for subject in cases}
    for subject, status in cases.items():
        await walk.ask("PATCH", f"/tickets/{numbers[subject]}", {"status": status, "priority": NOT})
        named: dict[str, JsonValue] = {} if subject == "quiet any" else {"status": "pending"}
        await trigger(walk, subject, {"type": "CLOSE_TICKET", **named})
    await walk.ask("PATCH", f"/tickets/{numbers['by a person']}", {"status": "closed"})
    await walk.options(close_inactive_tickets=True, close_ticket_after_days=14)
    await walk.later(15 * DAY)
    await sweep(walk)
    await walk.options(close_inactive_tickets=False)
    assert {(await walk.ticket(number))["status"] for number in numbers.values()} == {"closed"}
    assert {subject: await priority(walk, number) for subject, number in numbers.items()} == {
        "quiet open": NOT,
        "quiet pending": FIRED,
        "quiet any": FIRED,
        "by a person": NOT,
    }


async def test_a_reminder_fires_by_status_and_sends_the_mail_that_is_bound_to_it(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    numbers = {}
    for status in ("open", "pending"):
        numbers[status] = await walk.ticket_of(
            mailbox.receives(letter(f"Reminded {status}", at=walk.clock()))
        )
        await walk.ask("PATCH", f"/tickets/{numbers[status]}", {"status": status})
    text: dict[str, JsonValue] = {"subject": "Ticket {{ ticket.number }}", "body": "We close it soon."}
    when: dict[str, JsonValue] = {"type": "CLOSE_TICKET_REMINDER", "status": "pending"}
    await walk.installation.add_trigger(when, "send_email", text)
    await walk.options(close_inactive_tickets=True, send_ticket_close_reminder=True)
    await walk.later(timedelta(days=12, hours=1))
    await sweep(walk)
    (sent,) = await walk.left(mailbox)
    assert f"Ticket {numbers['pending']}" in str(read(sent.raw)["Subject"])
    await sweep(walk)
    await walk.left(mailbox)
    assert [(await walk.ticket(number))["status"] for number in numbers.values()] == ["open", "pending"]
    await walk.options(close_inactive_tickets=False, send_ticket_close_reminder=False)


async def test_an_action_of_ones_own_is_added_by_command_and_carried_out_for_the_next_event(
    walk: Walk, settings: ProcessSettings
) -> None:
    shell = Shell(environment_of(settings, walk.installation.sandbox))
    number = await opened(walk, "To be escalated")
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "low"})
    named = ("--on", "TICKET_FIELD_CHANGE", "--when", "field=priority", "--when", "new=low")
    code, said = await shell.run(
        *("trigger", "add", "Escalate", *named, "--action", "escalate", "--set", "level=high")
    )
    assert (code, "level" in said) == (78, True), said
    code, said = await shell.run(
        *("trigger", "add", "Escalate", *named, "--action", "escalate", "--set", "level=2")
    )
    assert code == 0, said
    await walk.rest()
    assert (await walk.ticket(number))["tags"] == []
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "normal"})
    await walk.ask("PATCH", f"/tickets/{number}", {"priority": "low"})
    await walk.rest()
    ticket = await walk.ticket(number)
    assert ticket["tags"] == ["level 2", ticket["status"]]


@pytest.mark.option("business_hours")
@pytest.mark.option("holidays")
async def test_a_trigger_goes_by_the_hours_and_holidays_that_are_set_by_then(walk: Walk) -> None:
    within: dict[str, JsonValue] = {"op": "is", "field": "time.business_hours", "value": True}
    mine: dict[str, JsonValue] = {"op": "begins", "field": "subject", "value": "Hours"}
    when: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "both"}
    params: dict[str, JsonValue] = {"field": "priority", "value": FIRED}
    await walk.installation.add_trigger(when, "change_field", params, {"op": "all", "of": [mine, within]})
    always, today = ["monday-sunday 00:00-24:00"], datetime.now(UTC).date()
    these_days = [(today + DAY * step).isoformat() for step in (-1, 0, 1)]
    for hours, holidays, expected in (
        (always, [], FIRED),
        ([], [], NOT),
        (always, these_days, NOT),
        (always, [], FIRED),
    ):
        await walk.options(business_hours=hours, holidays=holidays)
        number = await opened(walk, f"Hours {hours} {holidays}")
        await walk.rest()
        assert await priority(walk, number) == expected
