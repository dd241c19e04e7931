"""What every action must do, and occasions to try it on."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ValidationError

from shared.contracts.mail import Address, AutomaticKind
from shared.contracts.tickets import Kind, PostFacts, TicketSnapshot
from shared.plugins.actions import ActionType, Effect, Occasion, SendTo

ADA = Address(address="ada@customer.example", name="Ada")
BOB = Address(address="bob@acme.example", name="Bob")
SUPPORT = UUID(int=3)
TICKET = TicketSnapshot(
    id=UUID(int=1),
    number=4711,
    version=1,
    subject="Printer on fire",
    status="open",
    priority="normal",
    kind=Kind.EXTERNAL,
    department=SUPPORT,
    tags=("office",),
    contact_address=ADA,
    created_at=datetime(2026, 3, 1, tzinfo=UTC),
)


def occasion(**changes: Any) -> Occasion:  # Any: fields of an occasion
    facts: dict[str, Any] = {"ticket": TICKET, "post": None, "now": datetime(2026, 3, 1, tzinfo=UTC)}
    return Occasion(**{**facts, **changes})


def automatic_post() -> PostFacts:
    return PostFacts(id=UUID(int=2), kind="mail_in", automatic=AutomaticKind.AUTO_REPLY, by_person=False)


class ActionSuite:
    """Inherit it, and give the fixtures `action` and `saved` (parameters as a trigger saves them)."""

    def test_it_has_a_key_a_title_and_parameters(self, action: ActionType) -> None:
        assert action.key.isidentifier()
        assert action.title
        assert issubclass(action.params, BaseModel)

    def test_form_can_be_built_from_its_parameters(self, action: ActionType) -> None:
        assert action.params.model_json_schema()["properties"]

    def test_saved_parameters_are_read_again(self, action: ActionType, saved: dict[str, object]) -> None:
        once = action.params.model_validate(saved)
        assert action.params.model_validate(once.model_dump(mode="json")) == once

    def test_unknown_parameter_is_refused(self, action: ActionType, saved: dict[str, object]) -> None:
        with pytest.raises(ValidationError):
            action.params.model_validate({**saved, "no_such_parameter": 1})

    def test_same_question_has_the_same_answer(self, action: ActionType, saved: dict[str, object]) -> None:
        params = action.params.model_validate(saved)
        effects = action.decide(occasion(), params)
        assert effects
        assert effects == action.decide(occasion(), params)
        assert all(isinstance(effect, Effect) for effect in effects)

    def test_empty_ticket_breaks_nothing(self, action: ActionType, saved: dict[str, object]) -> None:
        bare = TICKET.model_copy(update={"contact_address": None, "department": None, "tags": ()})
        for effect in action.decide(occasion(ticket=bare), action.params.model_validate(saved)):
            assert not isinstance(effect, SendTo) or effect.to
