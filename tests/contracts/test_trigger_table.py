"""docs/triggers.md names each type of trigger with each of its options, and tests that are there."""

import re
from pathlib import Path

from pydantic import BaseModel

from shared.contracts.triggers import EVENT_FACTS, TICKET_FACTS, Closed, FieldChanged, Is, NewTicket, Reminder
from tests.contracts.test_from_the_original import functions_of

PAGE = Path("docs/triggers.md").read_text(encoding="utf-8")
TYPES: dict[str, type[BaseModel]] = {
    "TICKET_FIELD_CHANGE": FieldChanged,
    "NEW_TICKET_CREATED": NewTicket,
    "CLOSE_TICKET": Closed,
    "CLOSE_TICKET_REMINDER": Reminder,
}


def rows_of_types() -> dict[str, str]:
    """Return the rows of the first table, by type."""
    rows: dict[str, str] = {}
    kind = ""
    for line in PAGE.partition("## Conditions")[0].splitlines():
        if line.startswith(("| `", "| | `")):
            named = re.match(r"\| `([A-Z_]+)` \|", line)
            kind = named[1] if named else kind
            rows[kind] = rows.get(kind, "") + line.removeprefix(f"| `{kind}` |")
    return rows


def test_each_type_has_a_row_for_each_of_its_options() -> None:
    rows = rows_of_types()
    assert set(rows) == set(TYPES)
    missing = [
        f"{kind}: {option}"
        for kind, model in TYPES.items()
        for option in model.model_fields.keys() - {"type"}
        if f"`{option}`" not in rows[kind]
    ]
    assert missing == []


def test_each_test_that_is_named_is_there() -> None:
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    assert len(named) >= len(TYPES)
    assert [name for file, name in named if name not in functions_of(file)] == []


def test_each_fact_and_operator_is_explained() -> None:
    operators = Is.model_json_schema()["properties"]["op"]["enum"]
    names = (*TICKET_FACTS, *EVENT_FACTS, *operators)
    assert [name for name in names if f"`{name}`" not in PAGE] == []
