"""A trigger in one sentence, from its form: also while it is typed and not yet valid. Pure."""

from collections.abc import Mapping

from services.desk.forms.conditions import OPERATORS, Line, lines_of
from services.desk.languages import gettext, later
from shared.contracts.triggers import NO_VALUE, TriggerType

WHEN = {
    TriggerType.NEW_TICKET_CREATED: later("a ticket is opened"),
    TriggerType.TICKET_FIELD_CHANGE: later("a ticket is changed"),
    TriggerType.CLOSE_TICKET: later("inactivity closes a ticket"),
    TriggerType.CLOSE_TICKET_REMINDER: later("a reminder before closing is due"),
}
KINDS = {"external": later("an external ticket is opened"), "internal": later("an internal ticket is opened")}
_LONGEST = 60
"""Characters of one value."""
WHOM = {
    "contact": later("the contact"),
    "participants": later("the contact and the participants"),
    "assignee": later("whoever is assigned"),
    "department": later("the members of the department"),
    "in_turn": later("the members of the department in turn"),
    "nobody": later("nobody"),
}
"""Whom an action of ours is for, inside a sentence."""


def spoken(form: Mapping[str, str], action: str) -> str:
    """Say a trigger; `action` is the title of its action."""
    lines = list(lines_of(form))
    only = _group(form.get("together", "all"), "", lines)
    title = gettext(action)
    then = _aim(form, title if title != action else title[:1].lower() + title[1:])
    if only:
        return gettext("When %(when)s and %(only)s, %(then)s", when=_when(form), only=only, then=then)
    return gettext("When %(when)s, %(then)s", when=_when(form), then=then)


def _when(form: Mapping[str, str]) -> str:
    kind, status = form.get("when.type", ""), form.get("when.status", "")
    match kind:
        case TriggerType.NEW_TICKET_CREATED:
            return gettext(KINDS.get(form.get("when.kinds", ""), WHEN[TriggerType.NEW_TICKET_CREATED]))
        case TriggerType.TICKET_FIELD_CHANGE:
            return _changed(form)
        case TriggerType.CLOSE_TICKET if status:
            return gettext("inactivity closes a ticket that was %(status)s", status=status)
        case TriggerType.CLOSE_TICKET_REMINDER if status:
            return gettext("a reminder before closing is due for a ticket that is %(status)s", status=status)
        case TriggerType.CLOSE_TICKET | TriggerType.CLOSE_TICKET_REMINDER:
            return gettext(WHEN[TriggerType(kind)])
        case _:
            return gettext("something happens")


def _changed(form: Mapping[str, str]) -> str:
    name, old, new = (_short(form.get(f"when.{part}", "")) for part in ("field", "old", "new"))
    if not name:
        return gettext(WHEN[TriggerType.TICKET_FIELD_CHANGE])
    match bool(old), bool(new):
        case False, False:
            return gettext("%(field)s changes", field=name)
        case False, True:
            return gettext("%(field)s becomes %(new)s", field=name, new=new)
        case True, False:
            return gettext("%(field)s is %(old)s no longer", field=name, old=old)
        case _:
            return gettext("%(field)s changes from %(old)s to %(new)s", field=name, old=old, new=new)


def _group(group: str, key: str, lines: list[Line]) -> str:
    said = [
        _inner(line, lines) if line.group else _comparison(line)
        for line in lines
        if line.inside == key and (line.group or line.field)
    ]
    known = [text for text in said if text]
    joint = gettext("or") if group in {"any", "none"} else gettext("and")
    joined = f" {joint} ".join(known)
    if known and group in {"none", "not_all"}:
        return gettext("not (%(conditions)s)", conditions=joined)
    return f"({joined})" if group == "any" and len(known) > 1 else joined


def _inner(line: Line, lines: list[Line]) -> str:
    return _group(line.group, line.key, lines)


def _comparison(line: Line) -> str:
    asked = f"{line.field} {gettext(OPERATORS.get(line.op, line.op))}"
    return asked if line.op in NO_VALUE else f"{asked} {_short(line.value) or '…'}"


def _aim(form: Mapping[str, str], action: str) -> str:
    """What is done, to whom, or what becomes what, where the action has such a parameter."""
    own = {name.removeprefix("own."): _short(text) for name, text in form.items() if name.startswith("own.")}
    if to := own.get("recipient"):
        named = own.get(to) if to in {"address", "field"} else ""
        return _to(action, named or _whom(to))
    if own.get("field") and own.get("value"):
        return gettext(
            "%(action)s: %(field)s to %(value)s", action=action, field=own["field"], value=own["value"]
        )
    to = own.get("user") or own.get("to") or own.get("url")
    return _to(action, _whom(to)) if to else action


def _whom(to: str) -> str:
    return gettext(WHOM.get(to, "")) or to


def _to(action: str, whom: str) -> str:
    return gettext("%(action)s to %(whom)s", action=action, whom=whom)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
