"""What is typed into a trigger's form becomes the value that its operator takes."""

import pytest
from pydantic import JsonValue

from services.desk.forms.conditions import Names
from services.desk.forms.triggers import settings_typed

NAMES = Names(ids={"sales": "id of sales"})


@pytest.mark.parametrize(
    ("fact", "op", "typed", "value"),
    [
        ("fields.serial", "is", "77", 77),
        ("fields.serial", "above", "77", 77),
        ("fields.serial", "one_of", "77, no", [77, False]),
        ("fields.serial", "begins", "77", "77"),
        ("fields.serial", "matches", "77", "77"),
        ("fields.serial", "matches", "yes", "yes"),
        ("fields.serial", "matches", "a{1,2}", "a{1,2}"),
        ("department", "is", "Sales", "id of sales"),
        ("department", "contains", "Sales", "id of sales"),
    ],
)
def test_a_line_of_the_form_is_read_as_its_operator_takes_it(
    fact: str, op: str, typed: str, value: JsonValue
) -> None:
    form = {"action": "add_note", "c0.field": fact, "c0.op": op, "c0.value": typed}
    assert settings_typed(form, NAMES, None)["conditions"] == {"field": fact, "op": op, "value": value}
