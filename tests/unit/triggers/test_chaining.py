"""How far a chain would go when what one trigger sets is what the next hears."""

from uuid import UUID

from services.triggers.chaining import LONGEST_CHAIN, chain_after
from services.triggers.deciding import Around, Outcome, Saved, Verdict
from shared.contracts.triggers import TriggerType
from shared.plugins.actions import SetFields
from tests.unit.triggers.events import CHANGED


def test_a_custom_field_that_has_the_value_already_is_no_change_and_ends_the_chain() -> None:
    hears = Saved(
        UUID(int=1),
        "any",
        TriggerType.TICKET_FIELD_CHANGE,
        {},
        None,
        "change_field",
        {"field": "priority", "value": "low"},
    )
    same = Verdict(hears, Outcome.FIRED, {}, (SetFields({"fields.serial": "A-77"}),))
    other = Verdict(hears, Outcome.FIRED, {}, (SetFields({"fields.serial": "B-1"}),))
    assert chain_after(same, CHANGED, [hears], Around()) == 1
    assert 1 < chain_after(other, CHANGED, [hears], Around()) < LONGEST_CHAIN
