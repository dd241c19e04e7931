"""The built-in actions."""

from uuid import UUID

import pytest
from pydantic import JsonValue, ValidationError

from plugins.actions.change_field import ChangeField, ChangeFieldParams
from plugins.actions.send_email import SendEmail, SendEmailParams
from shared.contracts.mail import Address
from shared.plugins.actions import ActionType, Nothing, Occasion, SendTo, SetFields
from shared.plugins.loading import plugin
from tests.plugins.action_suite import ADA, BOB, SUPPORT, TICKET, ActionSuite, automatic_post, occasion

MAIL: dict[str, object] = {"recipient": "contact", "subject": "About {{ ticket.subject }}", "body": "Hello"}


class TestSendEmail(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        return SendEmail()

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return MAIL


class TestChangeField(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        return ChangeField()

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return {"field": "status", "value": "closed"}


@pytest.mark.parametrize("name", ["send_email", "change_field", "add_note", "add_tag", "assign"])
def test_built_in_actions_are_found_by_their_entry_points(name: str) -> None:
    assert plugin("postroom.actions", name).key == name


def sends(where: Occasion, **changes: object) -> object:
    (effect,) = SendEmail().decide(where, SendEmailParams.model_validate({**MAIL, **changes}))
    return effect


@pytest.mark.parametrize(
    ("recipient", "address", "to"),
    [
        ("contact", None, (ADA,)),
        ("assignee", None, (BOB,)),
        ("department", None, (BOB, ADA)),
        ("address", "Boss@Acme.example", (Address(address="boss@acme.example"),)),
    ],
)
def test_mail_goes_to_the_recipient(recipient: str, address: str | None, to: tuple[Address, ...]) -> None:
    where = occasion(assignee=BOB, department_members=(BOB, ADA, BOB))
    assert sends(where, recipient=recipient, address=address) == SendTo(
        to, "About {{ ticket.subject }}", "Hello", signature=recipient == "contact"
    )


@pytest.mark.parametrize(
    ("recipient", "why"), [("contact", "contact"), ("assignee", "assigned"), ("department", "members")]
)
def test_nobody_to_send_to_is_said(recipient: str, why: str) -> None:
    effect = sends(occasion(ticket=TICKET.model_copy(update={"contact_address": None})), recipient=recipient)
    assert isinstance(effect, Nothing)
    assert why in effect.why


def test_automatic_mail_is_not_answered_but_employees_are_told() -> None:
    where = occasion(post=automatic_post(), assignee=BOB)
    assert isinstance(sends(where), Nothing)
    assert isinstance(sends(where, recipient="assignee"), SendTo)


@pytest.mark.parametrize(
    "wrong",
    [
        {"recipient": "everybody"},
        {"recipient": "address"},
        {"recipient": "address", "address": "no address"},
        {"recipient": "address", "address": "a@b.example, c@d.example"},
        {"recipient": "contact", "address": "a@b.example"},
        {"subject": ""},
        {"subject": "{{ ticket."},
        {"body": "one\n{% if %}"},
        {"body": "x" * 40_000},
    ],
)
def test_wrong_mail_is_refused_when_it_is_saved(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        SendEmailParams.model_validate({**MAIL, **wrong})


def test_error_in_a_template_names_its_line() -> None:
    with pytest.raises(ValidationError, match="line 2"):
        SendEmailParams.model_validate({**MAIL, "body": "one\n{% if %}"})


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("status", "closed", "closed"),
        ("priority", "high", "high"),
        ("subject", "New words", "New words"),
        ("assignee", str(UUID(int=9)), str(UUID(int=9))),
        ("department", "", None),
        ("department", None, None),
        ("tags", "urgent, office ,urgent", ["urgent", "office"]),
        ("tags", ["urgent"], ["urgent"]),
        ("tags", [], []),
    ],
)
def test_field_is_set(field: str, value: object, written: JsonValue) -> None:
    params = ChangeFieldParams.model_validate({"field": field, "value": value})
    assert ChangeField().decide(occasion(), params) == [SetFields({field: written})]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("status", "open"),
        ("department", str(SUPPORT)),
        ("assignee", None),
        ("tags", "office"),
        ("subject", "Printer on fire"),
    ],
)
def test_value_that_is_there_already_is_no_change(field: str, value: object) -> None:
    (effect,) = ChangeField().decide(
        occasion(), ChangeFieldParams.model_validate({"field": field, "value": value})
    )
    assert isinstance(effect, Nothing)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("number", "1"),
        ("status", None),
        ("status", ""),
        ("status", ["open"]),
        ("assignee", "Bob"),
        ("subject", "x" * 501),
        ("tags", ["x" * 501]),
    ],
)
def test_wrong_change_is_refused_when_it_is_saved(field: str, value: object) -> None:
    with pytest.raises(ValidationError):
        ChangeFieldParams.model_validate({"field": field, "value": value})


def test_change_without_a_value_is_refused() -> None:
    with pytest.raises(ValidationError):
        ChangeFieldParams.model_validate({"field": "status"})
