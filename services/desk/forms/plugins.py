"""A form from the own model of a plug-in, of a provider's settings or an action's parameters: nobody lists
plug-ins here."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from services.desk.wording.plain import sentence
from services.desk.wording.problems import plainly
from shared.plugins.loading import plugin, plugins
from shared.plugins.proofs import ChecksSecrets

GROUP = "postroom.mailboxes"
MOST_NAMED = 20
LONGEST_LINE = 2_000
"""Characters of what is typed in one line; what may be longer has a box."""


@dataclass(frozen=True)
class ProviderField:
    name: str
    label: str
    help: str
    required: bool
    kind: str
    """`text`, `long`, `lines`, `number`, `switch`, `secret`, which is never shown, or `named`: several under
    names that people give, each with the fields in `inner`."""
    default: str
    choices: tuple[str, ...] = ()
    key: str = ""
    """What such a name is called."""
    inner: tuple["ProviderField", ...] = ()


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
    return fields_of_model(_model(provider))


def fields_of_model(model: type[BaseModel]) -> list[ProviderField]:
    schema = model.model_json_schema()
    required, named = schema.get("required", []), schema.get("$defs", {})
    return [
        _field(name, _whole(facts, named), _inner(facts, named), required=name in required)
        for name, facts in schema.get("properties", {}).items()
    ]


def looks_at_secrets(provider: str) -> bool:
    """Say whether a provider takes more than one line of text. Raises Permanent as `fields_of`."""
    return isinstance(plugin(GROUP, provider), ChecksSecrets)


def checked_settings(provider: str, typed: Mapping[str, str]) -> dict[str, JsonValue]:
    """Check what was typed by the provider's model. Raises ValidationError."""
    model = _model(provider)
    checked: dict[str, JsonValue] = model.model_validate(values_typed(model, typed)).model_dump(mode="json")
    return checked


def values_typed(model: type[BaseModel], typed: Mapping[str, str]) -> dict[str, Any]:  # Any: into the model
    """Read what was typed, field by field; what is left empty is not given."""
    given = {field.name: _given(field, typed) for field in fields_of_model(model)}
    return {name: value for name, value in given.items() if value is not None}


def as_typed(value: JsonValue) -> str:
    """A value as a person would type it."""
    match value:
        case None | False:
            return ""
        case True:
            return "on"
        case list(parts):
            return "\n".join(str(part) for part in parts)
        case _:
            return str(value)


def params_as_typed(params: Mapping[str, JsonValue]) -> dict[str, str]:
    """Parameters as a person would type them into the form of their model, by the names of its inputs."""
    typed: dict[str, str] = {}
    for name, value in params.items():
        if not isinstance(value, dict):
            typed[name] = as_typed(value)
            continue
        for number, (key, inner) in enumerate(value.items()):
            fields = inner if isinstance(inner, dict) else {}
            typed[f"{name}.{number}"] = key
            typed |= {f"{name}.{number}.{field}": as_typed(text) for field, text in fields.items()}
    return typed


def problems_of(error: ValidationError) -> dict[str, str]:
    """Say what is wrong, by field."""
    return {
        str(problem["loc"][0]) if problem["loc"] else "": sentence(plainly(problem))
        for problem in error.errors(include_url=False, include_input=False)
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
def _inner(facts: dict[str, Any], named: Mapping[str, Any]) -> tuple[ProviderField, ...]:
    """The fields of each of several that have names."""
    each = facts.get("additionalProperties")
    model = named.get(str(each.get("$ref", "")).rpartition("/")[2], {}) if isinstance(each, dict) else {}
    return tuple(
        _field(name, _whole(one, named), (), required=False)
        for name, one in model.get("properties", {}).items()
    )


# Any: as above
def _field(
    name: str, facts: dict[str, Any], inner: tuple[ProviderField, ...], *, required: bool
) -> ProviderField:
    kinds = {"integer": "number", "number": "number", "boolean": "switch", "array": "lines"}
    any_of = [part for part in facts.get("anyOf", []) if part.get("type") != "null"]
    kind = facts.get("type") or (any_of[0].get("type") if any_of else "string")
    default = facts.get("default")
    is_long = facts.get("maxLength", 0) > LONGEST_LINE
    special = {"named": inner, "secret": facts.get("secret"), "long": is_long}
    return ProviderField(
        name=name,
        label=str(facts.get("title") or name.replace("_", " ").capitalize()),
        help=" ".join(str(facts.get("description", "")).split()),
        required=required,
        kind=next((word for word, so in special.items() if so), kinds.get(str(kind), "text")),
        default="" if inner else as_typed(default),
        choices=_choices(facts),
        key=str(facts.get("key", "Name")),
        inner=inner,
    )


# Any: as above
def _choices(facts: dict[str, Any]) -> tuple[str, ...]:
    """What a field may be, also when several sets of choices make it; none when anything else may be it."""
    sets = [part.get("enum", ()) for part in facts.get("anyOf", [facts])]
    return tuple(str(choice) for each in sets for choice in each) if all(sets) else ()


def _given(field: ProviderField, typed: Mapping[str, str]) -> object:
    text = typed.get(field.name, "").strip()
    if field.kind == "named":
        return _named_given(field, typed)
    if field.kind == "switch":
        return text == "on"
    if field.kind == "lines":
        return [line.strip() for line in text.splitlines() if line.strip()] or None
    return text or None


def _named_given(field: ProviderField, typed: Mapping[str, str]) -> dict[str, object] | None:
    """Read several that have names; a name that stands there twice is made one that no model takes."""
    rows: dict[str, object] = {}
    for number in range(MOST_NAMED):
        at = f"{field.name}.{number}"
        key = typed.get(at, "").strip()
        texts = {one.name: text for one in field.inner if (text := typed.get(f"{at}.{one.name}", "").strip())}
        if key or texts:
            rows[f"{key}, twice" if key in rows else key] = texts
    return rows or None
