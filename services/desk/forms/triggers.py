"""A trigger as a form shows and gives it. Pure; whether it is valid is decided by its model."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from pydantic import BaseModel, JsonValue, ValidationError

from services.desk.configuration.triggers import TriggerSettings
from services.desk.forms.conditions import Names, conditions_of, filled_with, fits, value_of
from services.desk.forms.plugins import as_typed, fields_of_model, params_as_typed, values_typed
from services.desk.languages import gettext, later
from services.desk.wording.triggers import spoken
from shared.plugins.loading import plugin, plugins

STATES = {
    "on": {"enabled": True, "shadow": False},
    "shadow": {"enabled": True, "shadow": True},
    "off": {"enabled": False, "shadow": False},
}

STATE_WORDS = {"on": later("on"), "shadow": later("shadow"), "off": later("off")}


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


def moved(order: Sequence[UUID], one: UUID | None, *, up: bool) -> list[UUID]:
    """Return an order with one of it a place up or down; at its end it stays."""
    known = list(order)
    if one not in known:
        return known
    at = known.index(one)
    to = min(max(at + (-1 if up else 1), 0), len(known) - 1)
    known.insert(to, known.pop(at))
    return known


def typed_of(settings: TriggerSettings, names: Names) -> dict[str, str]:
    """Fill a form with a saved trigger; conditions that its lines cannot show are left out."""
    when = settings.when.model_dump(mode="json", exclude_none=True)
    filled = {f"when.{name}": as_typed(value) for name, value in when.items()}
    filled |= {f"own.{name}": text for name, text in params_as_typed(settings.params).items()}
    conditions = settings.conditions if fits(settings.conditions) else None
    return {
        **filled,
        **filled_with(conditions, names),
        "name": settings.name,
        "action": settings.action,
        "position": str(settings.position),
        "stops": "on" if settings.stops else "",
        "state": state_of(settings),
    }


def part_of(name: str) -> str:
    """Name what a field of the form is changed with: conditions are one, and so is when it fires."""
    first = name.partition(".")[0]
    of_conditions = name == "together" or (first[:1] == "c" and first[1:].isdecimal())
    return "conditions" if of_conditions else "when" if first == "when" else name


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
            name: value_of(when.get("field", ""), text, names) if name in {"old", "new"} else text
            for name, text in when.items()
        },
        "conditions": conditions_of(form, names) if fits(kept) else kept,
        "action": action,
        "params": _secrets(model, saved) | values_typed(model, own),
        "position": form.get("position") or 0,
        "stops": form.get("stops") == "on",
        **STATES.get(form.get("state", "on"), {}),
    }


def _secrets(model: type[BaseModel], saved: TriggerSettings | None) -> dict[str, JsonValue]:
    named = {one.name for one in fields_of_model(model) if one.kind == "secret"}
    return {name: value for name, value in saved.params.items() if name in named} if saved else {}


def sentence_of(settings: TriggerSettings, title: str, names: Names | None = None) -> str:
    """Say a saved trigger in one sentence; `title` is that of its action."""
    said = spoken(typed_of(settings, names or Names()), title)
    if fits(settings.conditions):
        return said
    return gettext("%(trigger)s, if its nested conditions hold", trigger=said)


def history_line(value: JsonValue) -> str | None:
    """Say in a line what the history has of a trigger, also where nobody could save it so any more."""
    if not isinstance(value, dict):
        return None
    if value.get("archived"):
        return gettext("archived")
    try:
        settings = TriggerSettings.model_validate(
            {name: one for name, one in value.items() if name != "archived"}
        )
    except ValidationError:
        return _line_of_old(value)
    return f"{gettext(STATE_WORDS[state_of(settings)])}: {sentence_of(settings, settings.action)}"


def _line_of_old(value: Mapping[str, JsonValue]) -> str:
    when = value.get("when")
    named = (when.get("type") if isinstance(when, dict) else None, value.get("action"))
    state = f"{gettext(STATE_WORDS['off'])}: " if value.get("enabled") is False else ""
    return state + ", ".join([*(str(one) for one in named if one), gettext("as an earlier version saved it")])
