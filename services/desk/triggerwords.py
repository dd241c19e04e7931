"""A trigger in one sentence, from its form: also while it is typed and not yet valid. Pure."""

from collections.abc import Mapping

from services.desk.conditionforms import OPERATORS, Line, lines_of
from shared.contracts.triggers import NO_VALUE, TriggerType

WHEN = {
    TriggerType.NEW_TICKET_CREATED: "a ticket is opened",
    TriggerType.TICKET_FIELD_CHANGE: "a ticket is changed",
    TriggerType.CLOSE_TICKET: "inactivity closes a ticket",
    TriggerType.CLOSE_TICKET_REMINDER: "a reminder before closing is due",
}
KINDS = {"external": "an external ticket is opened", "internal": "an internal ticket is opened"}
_JOINTS = {"all": " and ", "not_all": " and ", "any": " or ", "none": " or "}
_LONGEST = 60
"""Characters of one value."""


def spoken(form: Mapping[str, str], action: str) -> str:
    """Say a trigger; `action` is the title of its action."""
    lines = list(lines_of(form))
    only = _group(form.get("together", "all"), "", lines)
    asked = f"When {_when(form)}{f' and {only}' if only else ''}"
    return f"{asked}, {action[:1].lower()}{action[1:]}{_aim(form)}"


def _when(form: Mapping[str, str]) -> str:
    kind, status = form.get("when.type", ""), form.get("when.status", "")
    match kind:
        case TriggerType.NEW_TICKET_CREATED:
            return KINDS.get(form.get("when.kinds", ""), WHEN[TriggerType.NEW_TICKET_CREATED])
        case TriggerType.TICKET_FIELD_CHANGE:
            return _changed(form)
        case TriggerType.CLOSE_TICKET:
            return WHEN[TriggerType.CLOSE_TICKET] + (f" that was {status}" if status else "")
        case TriggerType.CLOSE_TICKET_REMINDER:
            return WHEN[TriggerType.CLOSE_TICKET_REMINDER] + (
                f" for a ticket that is {status}" if status else ""
            )
        case _:
            return "something happens"


def _changed(form: Mapping[str, str]) -> str:
    name, old, new = (_short(form.get(f"when.{part}", "")) for part in ("field", "old", "new"))
    if not name:
        return WHEN[TriggerType.TICKET_FIELD_CHANGE]
    match bool(old), bool(new):
        case False, False:
            return f"{name} changes"
        case False, True:
            return f"{name} becomes {new}"
        case True, False:
            return f"{name} is {old} no longer"
        case _:
            return f"{name} changes from {old} to {new}"


def _group(group: str, key: str, lines: list[Line]) -> str:
    said = [
        _inner(line, lines) if line.group else _comparison(line)
        for line in lines
        if line.inside == key and (line.group or line.field)
    ]
    known = [text for text in said if text]
    joined = _JOINTS.get(group, " and ").join(known)
    if known and group in {"none", "not_all"}:
        return f"not ({joined})"
    return f"({joined})" if group == "any" and len(known) > 1 else joined


def _inner(line: Line, lines: list[Line]) -> str:
    return _group(line.group, line.key, lines)


def _comparison(line: Line) -> str:
    asked = f"{line.field} {OPERATORS.get(line.op, line.op)}"
    return asked if line.op in NO_VALUE else f"{asked} {_short(line.value) or '…'}"


def _aim(form: Mapping[str, str]) -> str:
    """To whom, or what becomes what, where the action has such a parameter."""
    own = {name.removeprefix("own."): _short(text) for name, text in form.items() if name.startswith("own.")}
    if to := own.get("recipient"):
        return f" to {own['address'] if to == 'address' and own.get('address') else to}"
    if own.get("field") and own.get("value"):
        return f": {own['field']} to {own['value']}"
    to = own.get("user") or own.get("to") or own.get("url")
    return f" to {to}" if to else ""


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
