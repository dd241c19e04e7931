"""What fits a custom field of each type."""

import pytest
from pydantic import JsonValue

from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.forms.customfields import value_typed
from shared.contracts.custom_fields import CustomField, FieldType, Unfit, fitting

CHOICES = ("red", "green", "blue")


def field_of(kind: str) -> CustomField:
    return CustomField("key", "Name", FieldType(kind), CHOICES if kind in {"choice", "multi"} else ())


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        ("text", "X1", "X1"),
        ("text", "", None),
        ("number", 12.5, 12.5),
        ("number", 0, 0),
        ("boolean", False, False),
        ("date", "2026-02-28", "2026-02-28"),
        ("choice", "red", "red"),
        ("choice", None, None),
        ("multi", ["blue", "red", "red"], ["red", "blue"]),
        ("multi", [], None),
    ],
)
def test_what_fits_is_kept(kind: str, value: JsonValue, kept: JsonValue) -> None:
    assert fitting(field_of(kind), value) == kept


@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [
        ("text", 5, "is a text"),
        ("text", "x" * 2_001, "at most 2000 characters"),
        ("number", "12", "is a number"),
        ("number", True, "is a number"),
        ("number", float("inf"), "is a number"),
        ("boolean", "yes", "is true or false"),
        ("boolean", 0, "is true or false"),
        ("date", "2026-02-30", "is a date"),
        ("date", "20260228", "is a date"),
        ("choice", "pink", "is one of: red, green, blue"),
        ("multi", "red", "is a list of: red, green, blue"),
        ("multi", ["pink"], "is a list of"),
    ],
)
def test_what_does_not_fit_is_told_with_what_would(kind: str, value: JsonValue, wanted: str) -> None:
    found = fitting(field_of(kind), value)
    assert isinstance(found, Unfit)
    assert found.why.startswith("Name (fields.key) ")
    assert wanted in found.why


@pytest.mark.parametrize(
    ("kind", "texts", "value"),
    [
        ("text", [" X1 "], "X1"),
        ("number", ["12,5"], 12.5),
        ("number", ["3"], 3),
        ("number", ["many"], "many"),
        ("boolean", ["false"], False),
        ("multi", ["red", "blue", ""], ["red", "blue"]),
        ("multi", ["red,blue"], ["red", "blue"]),
        ("choice", [""], None),
    ],
)
def test_a_form_is_read_by_the_type_of_the_field(kind: str, texts: list[str], value: JsonValue) -> None:
    choices = list(CHOICES) if kind in {"choice", "multi"} else []
    field = CustomFieldSettings(key="key", name="Name", type=FieldType(kind), choices=choices)
    assert value_typed(field, texts) == value
