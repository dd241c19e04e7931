"""The built-in actions that note, tag and assign, and custom fields that are changed."""

from typing import Any
from uuid import UUID

import pytest
from pydantic import JsonValue, ValidationError

from plugins.actions.add_note import AddNote, AddNoteParams
from plugins.actions.add_tag import AddTag, AddTagParams
from plugins.actions.assign import Assign, AssignParams
from plugins.actions.change_field import ChangeField, ChangeFieldParams
from shared.contracts.acting import LONGEST_NOTE
from shared.contracts.custom_fields import CustomField, FieldType
from shared.contracts.errors import Permanent
from shared.plugins.actions import ActionType, AssignNext, Nothing, PutNote, SetFields, SetTags
from tests.plugins.action_suite import BOB, SUPPORT, TICKET, ActionSuite, occasion

EVA = UUID(int=9)
FIELDS = {
    field.key: field
    for field in (
        CustomField("serial", "Serial", FieldType.TEXT),
        CustomField("floor", "Floor", FieldType.NUMBER),
        CustomField("urgent", "Urgent", FieldType.BOOLEAN),
        CustomField("due", "Due", FieldType.DATE),
        CustomField("colour", "Colour", FieldType.CHOICE, ("red", "blue")),
        CustomField("rooms", "Rooms", FieldType.MULTI, ("a", "b", "c")),
    )
}


class TestAddNote(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        return AddNote()

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return {"text": "Ticket {{ ticket.number }}"}


class TestAddTag(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        return AddTag()

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return {"add": ["vip"], "remove": ["office"]}


class TestAssign(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        return Assign()

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return {"to": "in_turn"}


# Any: fields of an occasion
def noted(text: str, **around: Any) -> object:
    (effect,) = AddNote().decide(occasion(**around), AddNoteParams(text=text))
    return effect


def test_a_note_is_filled_in_with_the_facts_of_ticket_and_event() -> None:
    facts = {"status_before": "pending"}
    assert noted("{{ ticket.subject }} was {{ status_before }}", facts=facts) == PutNote(
        "Printer on fire was pending"
    )
    assert noted("{% if ticket.status == 'closed' %}x{% endif %}") == Nothing("the note is empty")


@pytest.mark.parametrize(
    "text", ["{{ closes_at }}", "{{ ticket.subject | truncate(5) }} {{ ticket.nothing }}"]
)
def test_a_note_that_names_what_the_event_does_not_have_is_refused_with_the_reason(text: str) -> None:
    with pytest.raises(Permanent, match="template is not valid"):
        noted(text)


def test_a_note_that_grows_too_long_is_refused() -> None:
    with pytest.raises(Permanent, match="longer than"):
        noted("{{ words }}", facts={"words": "x" * (LONGEST_NOTE + 1)})


@pytest.mark.parametrize("text", ["", "{{ ticket.", "x" * (LONGEST_NOTE + 1), "{% for a in b %}{% endfor %}"])
def test_a_wrong_note_is_refused_when_it_is_saved(text: str) -> None:
    with pytest.raises(ValidationError):
        AddNoteParams(text=text)


# Any: parameters as they are saved
def tagged(**saved: Any) -> object:
    (effect,) = AddTag().decide(occasion(), AddTagParams.model_validate(saved))
    return effect


def test_tags_are_added_and_removed_unless_that_is_so_already() -> None:
    assert tagged(add="vip, office ,vip") == SetTags(("vip",), ())
    assert tagged(add=["vip"], remove=["office", "old"]) == SetTags(("vip",), ("office",))
    assert tagged(add=["office"], remove="old") == Nothing("the tags are so already")


@pytest.mark.parametrize(
    "wrong", [{}, {"add": " , "}, {"add": ["x" * 501]}, {"add": [1]}, {"add": "a", "remove": "a"}, {"add": 3}]
)
def test_wrong_tags_are_refused_when_they_are_saved(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AddTagParams.model_validate(wrong)


# Any: as above
def assigned(where: dict[str, Any] | None = None, **saved: Any) -> object:
    there = {"users": {"eva@helpdesk.example": EVA}, **(where or {})}
    (effect,) = Assign().decide(occasion(**there), AssignParams.model_validate(saved))
    return effect


@pytest.mark.parametrize("named", ["Eva@Helpdesk.example", str(EVA)])
def test_a_ticket_is_assigned_to_a_user_by_address_or_id(named: str) -> None:
    assert assigned(to="user", user=named) == SetFields({"assignee": str(EVA)})
    mine = {"ticket": TICKET.model_copy(update={"assignee": EVA})}
    assert assigned(mine, to="user", user=named) == Nothing("this is so already")
    assert assigned(mine, to="nobody") == SetFields({"assignee": None})


def test_a_user_who_is_gone_is_a_failure_that_names_no_address() -> None:
    with pytest.raises(Permanent, match="no such user") as refused:
        assigned(to="user", user="gone@helpdesk.example")
    assert "gone@" not in refused.value.reason


def test_in_turn_needs_a_department_with_members_and_may_leave_what_is_assigned() -> None:
    assert assigned({"department_members": (BOB,)}, to="in_turn") == AssignNext(
        SUPPORT, only_unassigned=False
    )
    assert assigned(to="in_turn") == Nothing("the department has no members")
    free = {"ticket": TICKET.model_copy(update={"department": None})}
    assert assigned(free, to="in_turn") == Nothing("the ticket is of no department")
    mine = {"ticket": TICKET.model_copy(update={"assignee": EVA}), "department_members": (BOB,)}
    assert assigned(mine, to="in_turn", only_unassigned=True) == Nothing("somebody has the ticket already")


@pytest.mark.parametrize(
    "wrong", [{}, {"to": "user"}, {"to": "nobody", "user": "a@b.example"}, {"to": "all"}]
)
def test_a_wrong_assignment_is_refused_when_it_is_saved(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        AssignParams.model_validate(wrong)


# JsonValue: a value as it is saved
def own(field: str, value: JsonValue, has: dict[str, JsonValue] | None = None) -> object:
    ticket = TICKET.model_copy(update={"fields": has or {}})
    params = ChangeFieldParams.model_validate({"field": f"fields.{field}", "value": value})
    (effect,) = ChangeField().decide(occasion(ticket=ticket, custom_fields=FIELDS), params)
    return effect


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("serial", "A-77", "A-77"),
        ("floor", "3", 3),
        ("floor", "2.5", 2.5),
        ("floor", 4, 4),
        ("urgent", "yes", True),
        ("urgent", False, False),
        ("due", "2026-11-24", "2026-11-24"),
        ("colour", "red", "red"),
        ("rooms", "c, a", ["a", "c"]),
        ("rooms", ["b"], ["b"]),
    ],
)
def test_a_custom_field_is_set_from_a_text_or_from_its_own_kind(
    field: str, value: JsonValue, written: JsonValue
) -> None:
    assert own(field, value) == SetFields({f"fields.{field}": written})
    assert isinstance(own(field, value, has={field: written}), Nothing)
    assert own(field, "", has={field: written}) == SetFields({f"fields.{field}": None})


@pytest.mark.parametrize(
    ("field", "value"),
    [("floor", "third"), ("urgent", "maybe"), ("due", "today"), ("colour", "green"), ("gone", "x")],
)
def test_a_value_that_does_not_fit_a_custom_field_is_a_failure_with_its_reason(
    field: str, value: str
) -> None:
    with pytest.raises(Permanent, match=field):
        own(field, value)
