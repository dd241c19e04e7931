"""A form from a provider's own model of settings: nobody lists providers here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from shared.plugins.loading import plugin, plugins
from shared.plugins.proofs import ChecksSecrets

GROUP = "postroom.mailboxes"


@dataclass(frozen=True)
class ProviderField:
    name: str
    label: str
    help: str
    required: bool
    kind: str
    """`text`, `number` or `switch`."""
    default: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class ProviderChoice:
    """A provider as people choose it."""

    key: str
    title: str
    about: str
    secret: str
    """What the form calls a mailbox's secret."""


def providers() -> list[ProviderChoice]:
    """What is installed and works."""
    return [
        ProviderChoice(key, one.title, one.about, one.secret) for key, one in sorted(plugins(GROUP).items())
    ]


def fields_of(provider: str) -> list[ProviderField]:
    """Return the fields of a provider's settings. Raises Permanent when it is not installed."""
    schema = _model(provider).model_json_schema()
    required, named = schema.get("required", []), schema.get("$defs", {})
    return [
        _field(name, _whole(facts, named), required=name in required)
        for name, facts in schema.get("properties", {}).items()
    ]


def looks_at_secrets(provider: str) -> bool:
    """Say whether a provider takes more than one line of text. Raises Permanent as `fields_of`."""
    return isinstance(plugin(GROUP, provider), ChecksSecrets)


def checked_settings(provider: str, typed: Mapping[str, str]) -> dict[str, JsonValue]:
    """Check what was typed by the provider's model. Raises ValidationError."""
    model = _model(provider)
    given = {field.name: _given(field, typed) for field in fields_of(provider)}
    values = {name: value for name, value in given.items() if value is not None}
    checked: dict[str, JsonValue] = model.model_validate(values).model_dump(mode="json")
    return checked


def as_typed(value: JsonValue) -> str:
    """A value as a person would type it."""
    match value:
        case None | False:
            return ""
        case True:
            return "on"
        case _:
            return str(value)


def problems_of(error: ValidationError) -> dict[str, str]:
    """Say what is wrong, by field."""
    return {
        str(problem["loc"][0]) if problem["loc"] else "": _words(str(problem["msg"]))
        for problem in error.errors(include_url=False, include_input=False, include_context=False)
    }


def _model(provider: str) -> type[BaseModel]:
    model: type[BaseModel] = plugin(GROUP, provider).settings
    return model


# Any: JSON Schema
def _whole(facts: dict[str, Any], named: Mapping[str, Any]) -> dict[str, Any]:
    """A field with what its type says, which stands apart for a set of choices."""
    type_of = named.get(str(facts.get("$ref", "")).rpartition("/")[2], {})
    return {**type_of, **facts}


# Any: as above
def _field(name: str, facts: dict[str, Any], *, required: bool) -> ProviderField:
    kinds = {"integer": "number", "number": "number", "boolean": "switch"}
    any_of = [part for part in facts.get("anyOf", []) if part.get("type") != "null"]
    kind = facts.get("type") or (any_of[0].get("type") if any_of else "string")
    default = facts.get("default")
    return ProviderField(
        name=name,
        label=str(facts.get("title") or name.replace("_", " ").capitalize()),
        help=" ".join(str(facts.get("description", "")).split()),
        required=required,
        kind=kinds.get(str(kind), "text"),
        default="" if default is None else str(default),
        choices=tuple(str(choice) for choice in facts.get("enum", ())),
    )


def _given(field: ProviderField, typed: Mapping[str, str]) -> object:
    text = typed.get(field.name, "").strip()
    if field.kind == "switch":
        return text == "on"
    return text or None


def _words(message: str) -> str:
    text = message.removeprefix("Value error, ")
    return f"{text[0].upper()}{text[1:]}."
