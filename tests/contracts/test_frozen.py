"""A released contract only gains optional fields."""

import json

import pytest

from shared.contracts.freezing import FROZEN, breaks, every_contract, schema_of

CONTRACTS = every_contract()


@pytest.mark.parametrize("name", CONTRACTS)
def test_a_contract_is_understood_by_those_who_know_its_frozen_schema(name: str) -> None:
    path = FROZEN / f"{name}.json"
    assert path.exists(), "a new contract: run python -m shared.contracts.freezing"
    assert breaks(json.loads(path.read_text()), schema_of(CONTRACTS[name])) == []


def test_nothing_frozen_is_gone() -> None:
    assert {path.stem for path in FROZEN.glob("*.json")} <= set(CONTRACTS)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ({"properties": {"a": {"type": "string"}}}, {"properties": {}}, "/properties/a is gone"),
        (
            {"properties": {"a": {"type": "string"}}},
            {"properties": {"a": {"type": "integer"}}},
            "/properties/a/type changed",
        ),
        (
            {"properties": {}, "required": []},
            {"properties": {"a": {"type": "string"}}, "required": ["a"]},
            "/a is new and has no default",
        ),
    ],
)
def test_a_breaking_change_is_named(old: dict[str, object], new: dict[str, object], told: str) -> None:
    assert breaks(old, new) == [told]  # type: ignore[arg-type]  # examples, not whole schemas


def test_an_optional_field_may_come() -> None:
    new = {"properties": {"a": {"type": "string", "default": ""}}, "required": ["a"]}
    assert breaks({"properties": {}, "required": []}, new) == []  # type: ignore[arg-type]  # as above
