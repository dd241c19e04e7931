"""A trigger as a form shows and gives it. Pure; whether it is valid is decided by its model."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import BaseModel, JsonValue, ValidationError

from services.desk.configuration.triggers import TriggerSettings
from services.desk.providerforms import as_typed, fields_of_model, params_as_typed, values_typed
from shared.contracts.triggers import (
    NO_VALUE,
    OF_LISTS,
    OF_ORDER,
    OF_TEXTS,
    All,
    AnyOf,
    Condition,
    Is,
    Not,
    TriggerType,
)
from shared.plugins.loading import plugin, plugins

ROWS = 6
"""Conditions that the form has lines for."""
OPERATORS = {
    "is": "is",
    "is_not": "is not",
    "one_of": "is one of",
    "none_of": "is none of",
    "contains": "contains",
    "contains_not": "does not contain",
    "begins": "begins with",
    "ends": "ends with",
    "matches": "matches the pattern",
    "above": "is above",
    "below": "is below",
    "is_set": "is set",
    "is_not_set": "is not set",
}
WHEN = {
    TriggerType.NEW_TICKET_CREATED: "a ticket is opened",
    TriggerType.TICKET_FIELD_CHANGE: "a ticket is changed",
    TriggerType.CLOSE_TICKET: "inactivity closes a ticket",
    TriggerType.CLOSE_TICKET_REMINDER: "a reminder before closing is due",
}
OF_NAMES = ("department", "assignee")
"""Facts that are ids, for which people write names."""
STATES = {
    "on": {"enabled": True, "shadow": False},
    "shadow": {"enabled": True, "shadow": True},
    "off": {"enabled": False, "shadow": False},
}


@dataclass(frozen=True)
class Names:
    """People write names where triggers are saved with ids, of departments and users."""

    ids: Mapping[str, str] = field(default_factory=dict)
    """By name, key or address in small letters."""
    names: Mapping[str, str] = field(default_factory=dict)
    """By id."""

    def id_of(self, text: str) -> str:
        return self.ids.get(text.casefold(), text)

    def name_of(self, value: str) -> str:
        return self.names.get(value, value)


def actions_that_call() -> set[str]:
    """Return the actions whose triggers may call webhooks: ours, and any of others."""
    return {
        key
        for key, one in plugins("postroom.actions").items()
        if key == "webhook" or not type(one).__module__.startswith("plugins.actions.")
    }


def state_of(settings: TriggerSettings) -> str:
    """Say `on`, `shadow` or `off`."""
    if not settings.enabled:
        return "off"
    return "shadow" if settings.shadow else "on"


def typed_of(settings: TriggerSettings, names: Names) -> dict[str, str]:
    """Fill a form with a saved trigger; conditions that its lines cannot show are left out."""
    when = settings.when.model_dump(mode="json", exclude_none=True)
    filled = {f"when.{name}": as_typed(value) for name, value in when.items()}
    filled |= {f"own.{name}": text for name, text in params_as_typed(settings.params).items()}
    for number, one in enumerate(_lines(settings.conditions)):
        value = [names.name_of(part) for part in _texts(one.value)]
        filled |= {
            f"c{number}.field": one.field,
            f"c{number}.op": one.op,
            f"c{number}.value": ", ".join(value),
        }
    return {
        **filled,
        "name": settings.name,
        "action": settings.action,
        "position": str(settings.position),
        "stops": "on" if settings.stops else "",
        "state": state_of(settings),
        "together": "any" if isinstance(settings.conditions, AnyOf) else "all",
    }


def is_flat(condition: Condition | None) -> bool:
    """Whether the lines of the form can show it: comparisons that all, or any of, must be so."""
    match condition:
        case None | Is():
            return True
        case All(of=parts) | AnyOf(of=parts):
            return len(parts) <= ROWS and all(isinstance(part, Is) for part in parts)
        case Not():
            return False


def settings_typed(form: Mapping[str, str], names: Names, saved: TriggerSettings | None) -> dict[str, object]:
    """Read a trigger from a form, to be checked by its model. Of the saved one stay conditions that the form
    cannot show, and secrets that nobody typed anew.

    Raises:
        Permanent: nothing is installed under the action's name.
    """
    action = form.get("action", "")
    model: type[BaseModel] = plugin("postroom.actions", action).params
    kept = saved.conditions if saved else None
    own = {name.removeprefix("own."): text for name, text in form.items() if name.startswith("own.")}
    when = {
        name.removeprefix("when."): text for name, text in form.items() if name.startswith("when.") and text
    }
    return {
        "name": form.get("name", ""),
        "when": {
            name: _value(when.get("field", ""), text, names) if name in {"old", "new"} else text
            for name, text in when.items()
        },
        "conditions": kept if kept is not None and not is_flat(kept) else _conditions(form, names),
        "action": action,
        "params": _secrets(model, saved) | values_typed(model, own),
        "position": form.get("position") or 0,
        "stops": form.get("stops") == "on",
        **STATES.get(form.get("state", "on"), {}),
    }


def _secrets(model: type[BaseModel], saved: TriggerSettings | None) -> dict[str, JsonValue]:
    named = {one.name for one in fields_of_model(model) if one.kind == "secret"}
    return {name: value for name, value in saved.params.items() if name in named} if saved else {}


def sentence_of(settings: TriggerSettings, title: str) -> str:
    """Say a trigger in one line; `title` is that of its action."""
    when = settings.when.model_dump(mode="json", exclude_none=True, exclude={"type"})
    options = ", ".join(f"{name} {as_typed(value)}" for name, value in when.items())
    asked = f"When {WHEN[settings.when.type]}{f' ({options})' if options else ''}"
    only = " and its conditions hold" if settings.conditions is not None else ""
    return f"{asked}{only}: {title[:1].lower()}{title[1:]}"


def history_line(value: JsonValue) -> str | None:
    """Say in a line what the history has of a trigger, also where nobody could save it so any more."""
    if not isinstance(value, dict):
        return None
    if value.get("archived"):
        return "archived"
    try:
        settings = TriggerSettings.model_validate(
            {name: one for name, one in value.items() if name != "archived"}
        )
    except ValidationError:
        return _line_of_old(value)
    return f"{state_of(settings)}: {sentence_of(settings, settings.action)}"


def _line_of_old(value: Mapping[str, JsonValue]) -> str:
    when = value.get("when")
    named = (when.get("type") if isinstance(when, dict) else None, value.get("action"))
    state = "off: " if value.get("enabled") is False else ""
    return state + ", ".join([*(str(one) for one in named if one), "as an earlier version saved it"])


def _lines(condition: Condition | None) -> Sequence[Is]:
    match condition:
        case Is():
            return (condition,)
        case All(of=parts) | AnyOf(of=parts) if is_flat(condition):
            return [part for part in parts if isinstance(part, Is)]
        case _:
            return ()


def _conditions(form: Mapping[str, str], names: Names) -> dict[str, object] | None:
    lines = [_line(form, f"c{number}.", names) for number in range(ROWS)]
    asked = [line for line in lines if line is not None]
    if len(asked) <= 1:
        return asked[0] if asked else None
    return {"op": "any" if form.get("together") == "any" else "all", "of": asked}


def _line(form: Mapping[str, str], prefix: str, names: Names) -> dict[str, object] | None:
    fact, op, text = (form.get(f"{prefix}{name}", "").strip() for name in ("field", "op", "value"))
    if not fact:
        return None
    asked: dict[str, object] = {"field": fact, "op": op}
    if op in NO_VALUE:
        return asked
    if op in OF_LISTS:
        return {
            **asked,
            "value": [_value(fact, part.strip(), names) for part in text.split(",") if part.strip()],
        }
    if op in OF_TEXTS and fact not in OF_NAMES:
        return {**asked, "value": text}
    return {**asked, "value": _number(text) if op in OF_ORDER else _value(fact, text, names)}


def _value(fact: str, text: str, names: Names) -> JsonValue:
    """Read a value as the fact has it; own fields and what happened may be numbers, yes or no."""
    if fact in OF_NAMES:
        return names.id_of(text)
    if fact.startswith(("fields.", "post.", "time.")):
        known: dict[str, JsonValue] = {"yes": True, "true": True, "no": False, "false": False}
        return known[text.lower()] if text.lower() in known else _number(text)
    return text


def _number(text: str) -> JsonValue:
    try:
        number = float(text)
    except ValueError:
        return text
    return int(number) if number.is_integer() else number


def _texts(value: JsonValue) -> list[str]:
    match value:
        case None:
            return []
        case bool():
            return ["yes" if value else "no"]
        case list(parts):
            return [text for part in parts for text in _texts(part)]
        case _:
            return [str(value)]
