"""Values of options as people read and type them: text of a form to a value and back. Pure."""

from collections.abc import Mapping

from pydantic import JsonValue

from services.desk.forms.options import FIELDS, OptionField
from services.desk.languages import gettext
from services.desk.wording.amounts import KILO
from services.desk.wording.states import state_word


def shown(name: str, value: JsonValue) -> str:
    """An option's value as the form shows it."""
    match FIELDS[name].control, value:
        case "switch", _:
            return "on" if value else ""
        case "size", int(count):
            return size_text(count)
        case "list" | "lines", list(parts):
            return "\n".join(str(part) for part in parts)
        case "departments", dict(parts):
            return "\n".join(f"{key}: {choice}" for key, choice in parts.items())
        case _:
            return str(value)


def size_text(count: int) -> str:
    """Bytes as people write them, without loss: 25 MB, 1500 KB, 1001."""
    for factor, unit in ((KILO**3, "GB"), (KILO**2, "MB"), (KILO, "KB")):
        if count >= factor and count % factor == 0:
            return f"{count // factor} {unit}"
    return str(count)


def in_words(name: str, value: JsonValue) -> str:
    """An option's value in one line, for the history and for the default."""
    field = FIELDS.get(name)
    match value:
        case True | False:
            return gettext("on") if value else gettext("off")
        case list(parts):
            return ", ".join(str(part) for part in parts) or gettext("none")
        case dict({"name": str(), "archived": _} as parts):
            return _defined(parts)
        case dict(parts):
            return ", ".join(f"{key}: {_choice(field, choice)}" for key, choice in parts.items())
        case int(count) if field and field.control == "size":
            return size_text(count)
        case None:
            return gettext("nothing")
        case "":
            return gettext("none")
        case _:
            return f"{_choice(field, value)} {gettext(field.unit)}".strip() if field else str(value)


def _choice(field: OptionField | None, value: JsonValue) -> str:
    """What a choice of an option means."""
    words = dict(field.choices) if field else {}
    return gettext(words.get(str(value), "")) or str(value)


def _defined(parts: Mapping[str, JsonValue]) -> str:
    """A status or a custom field in one line: Colour (choice: red, blue), place 3, archived."""
    kind = state_word(str(parts.get("category") or parts.get("type") or ""))
    choices = parts.get("choices")
    listed = ", ".join(str(one) for one in choices) if isinstance(choices, list) else ""
    said = [f"{parts['name']} ({kind}: {listed})" if listed else f"{parts['name']} ({kind})"]
    if parts.get("position"):
        said.append(gettext("place %(place)s", place=parts["position"]))
    if parts["archived"]:
        said.append(gettext("archived"))
    return ", ".join(said)


def wanted(form: Mapping[str, str]) -> dict[str, object]:
    """Read what a form wants changed: only what differs from what it was when the form was drawn, so
    that two people who change two options do not undo each other."""
    return {
        name: _value(field, form.get(name, ""))
        for name, field in FIELDS.items()
        if f"was.{name}" in form and _differs(field, form.get(name, ""), form[f"was.{name}"])
    }


def doubled(form: Mapping[str, str]) -> dict[str, str]:
    """Say which options name a department twice."""
    wrong = {}
    for name, field in FIELDS.items():
        lines = form.get(name, "").splitlines() if field.control == "departments" else []
        keys = [line.partition(":")[0].strip() for line in lines if line.strip()]
        if twice := next((key for key in keys if keys.count(key) > 1), None):
            wrong[name] = gettext("%(key)s stands there twice: leave one of the lines.", key=twice)
    return wrong


def _differs(field: OptionField, now: str, was: str) -> bool:
    same = _line_ends if field.control == "words" else _folded
    return same(now).strip() != same(was).strip()


def _line_ends(text: str) -> str:
    return text.replace("\r\n", "\n")


def _folded(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _value(field: OptionField, text: str) -> object:
    match field.control:
        case "switch":
            return text == "on"
        case "list":
            return tuple(line.strip() for line in text.replace(",", "\n").splitlines() if line.strip())
        case "lines":
            return tuple(line.strip() for line in text.splitlines() if line.strip())
        case "words":
            return _line_ends(text).strip()
        case "departments":
            pairs = (line.partition(":") for line in text.splitlines() if line.strip())
            return {key.strip(): choice.strip() for key, _, choice in pairs}
        case _:
            return text.strip()
