"""Freeze the schema of each contract: `python -m shared.contracts.freezing`. A frozen one only grows."""

import importlib
import json
import pkgutil
from pathlib import Path

from pydantic import JsonValue

import shared.contracts
from shared.contracts.base import CONTRACTS, Message

FROZEN = Path(__file__).parent / "frozen"
Schema = dict[str, JsonValue]


def every_contract() -> dict[str, type[Message]]:
    """Return the product's contracts by name; a test may have made others."""
    for module in pkgutil.iter_modules(shared.contracts.__path__):
        importlib.import_module(f"shared.contracts.{module.name}")
    ours = {name: made for name, made in CONTRACTS.items() if made.__module__.startswith("shared.contracts.")}
    return dict(sorted(ours.items()))


def schema_of(contract: type[Message]) -> Schema:
    """Return the JSON schema of a message as it travels."""
    return contract.model_json_schema(mode="serialization")


def breaks(old: JsonValue, new: JsonValue, at: str = "") -> list[str]:
    """Name every place where a reader of `old` would not understand what is written as `new`."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [f"{at or 'schema'} changed"]
    found: list[str] = []
    for key, before in old.items():
        place = f"{at}/{key}"
        if key in {"description", "title", "default"}:
            continue
        if key == "required":
            continue
        if key not in new:
            found.append(f"{place} is gone")
        else:
            found += breaks(before, new[key], place)
    return found + _newly_required(old, new, at)


def _newly_required(old: Schema, new: Schema, at: str) -> list[str]:
    """A field that old writers do not write must not be required of them."""
    before, after = old.get("required", []), new.get("required", [])
    if not isinstance(before, list) or not isinstance(after, list) or "properties" not in new:
        return []
    known = old.get("properties", {})
    assert isinstance(known, dict)
    return [
        f"{at}/{name} is new and has no default"
        for name in after
        if name not in before and _is_bare(new, name)
    ]


def _is_bare(schema: Schema, name: JsonValue) -> bool:
    fields = schema.get("properties", {})
    described = fields.get(str(name), {}) if isinstance(fields, dict) else {}
    return isinstance(described, dict) and "default" not in described


def freeze() -> None:
    """Write the schema of every contract that is not frozen yet, and grow those that are."""
    for name, contract in every_contract().items():
        path = FROZEN / f"{name}.json"
        path.write_text(json.dumps(schema_of(contract), indent=1, sort_keys=True) + "\n", encoding="utf-8")


if __name__ == "__main__":
    freeze()
