"""The tree of a trigger's conditions as lines of a form: each stands in a group, at most three deep. Pure."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pydantic import JsonValue

from services.desk.languages import later
from shared.contracts.triggers import NO_VALUE, OF_LISTS, OF_ORDER, OF_TEXTS, All, AnyOf, Condition, Is, Not

DEEPEST_GROUP = 3
MOST_LINES = 100
OPERATORS = {
    "is": later("is"),
    "is_not": later("is not"),
    "one_of": later("is one of"),
    "none_of": later("is none of"),
    "contains": later("contains"),
    "contains_not": later("does not contain"),
    "begins": later("begins with"),
    "ends": later("ends with"),
    "matches": later("matches the pattern"),
    "above": later("is above"),
    "below": later("is below"),
    "is_set": later("is set"),
    "is_not_set": later("is not set"),
}
GROUPS = {
    "all": later("all"),
    "any": later("at least one"),
    "none": later("none"),
    "not_all": later("not all"),
}
"""How many parts of a group must be so."""
OF_NAMES = ("department", "assignee")
"""Facts that are ids, for which people write names."""
_NUMBERED = re.compile(r"c(\d{1,3})\.(?:field|group)")


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


@dataclass(frozen=True)
class Line:
    """A comparison, or the head of a group, as the form draws it."""

    key: str
    """Its number; "" is the group of all."""
    inside: str
    depth: int
    group: str = ""
    field: str = ""
    op: str = "is"
    value: str = ""

    @property
    def takes_groups(self) -> bool:
        return self.depth + 2 < DEEPEST_GROUP


def lines_of(form: Mapping[str, str], inside: str = "", depth: int = 0) -> Iterator[Line]:
    """Go through the lines of a group as a form has them, each group before what stands in it."""
    numbers = sorted({int(found[1]) for name in form if (found := _NUMBERED.fullmatch(name))})
    for key in map(str, numbers[:MOST_LINES]):
        if form.get(f"c{key}.in", "") != inside or depth >= DEEPEST_GROUP:
            continue
        texts = (form.get(f"c{key}.{name}", "").strip() for name in ("group", "field", "op", "value"))
        group, fact, op, value = texts
        known = group if not group or group in GROUPS else "all"
        yield Line(key, inside, depth, known, fact, op or "is", value)
        if group:
            yield from lines_of(form, key, depth + 1)


def edited(form: Mapping[str, str], command: str) -> dict[str, str]:
    """Do what a button of the form says: `line:GROUP` and `group:GROUP` add
    into a group, `drop:KEY` removes."""
    what, _, key = command.partition(":")
    lines = list(lines_of(form))
    groups = {"", *(line.key for line in lines if line.group and line.takes_groups)}
    places = {"line": {"", *(line.key for line in lines if line.group)}, "group": groups}
    if what == "drop":
        gone = {key, *(line.key for line in lines if _stands_in(line, key, lines))}
        return {name: text for name, text in form.items() if name.partition(".")[0][1:] not in gone}
    if key not in places.get(what, ()) or len(lines) >= MOST_LINES:
        return dict(form)
    new = f"c{max((int(line.key) for line in lines), default=-1) + 1}"
    added = {f"{new}.in": key, f"{new}.field": ""}
    return {**form, **added, **({f"{new}.group": "any"} if what == "group" else {})}


def conditions_of(form: Mapping[str, str], names: Names) -> dict[str, object] | None:
    """Read the tree from a form, to be checked by its model; lines without a fact are not there."""
    together = form.get("together", "all")
    return _tree(together if together in GROUPS else "all", "", list(lines_of(form)), names)


def filled_with(condition: Condition | None, names: Names) -> dict[str, str]:
    """Fill a form with a tree that `fits`."""
    filled: dict[str, str] = {}
    group, parts = _grouped(condition)
    _fill(filled, parts, "", names)
    return {"together": group, **filled}


def fits(condition: Condition | None, deepest: int = DEEPEST_GROUP) -> bool:
    """Whether the form can show it."""
    if condition is None or isinstance(condition, Is):
        return True
    return deepest > 0 and all(fits(part, deepest - 1) for part in _grouped(condition)[1])


def value_of(fact: str, text: str, names: Names) -> JsonValue:
    """Read a value as the fact has it; own fields and what happened may be numbers, yes or no."""
    if fact in OF_NAMES:
        return names.id_of(text)
    if fact.startswith(("fields.", "post.", "time.")):
        known: dict[str, JsonValue] = {"yes": True, "true": True, "no": False, "false": False}
        return known[text.lower()] if text.lower() in known else _number(text)
    return text


def _stands_in(line: Line, key: str, lines: list[Line]) -> bool:
    by_key = {one.key: one for one in lines}
    at: Line | None = line
    while at is not None:
        if at.inside == key:
            return True
        at = by_key.get(at.inside)
    return False


def _tree(group: str, key: str, lines: list[Line], names: Names) -> dict[str, object] | None:
    parts = [
        _tree(line.group, line.key, lines, names) if line.group else _comparison(line, names)
        for line in lines
        if line.inside == key
    ]
    asked = [part for part in parts if part is not None]
    if not asked:
        return None
    op = "all" if group in {"all", "not_all"} else "any"
    whole: dict[str, object] = asked[0] if len(asked) == 1 else {"op": op, "of": asked}
    return {"op": "not", "of": whole} if group in {"none", "not_all"} else whole


def _grouped(condition: Condition | None) -> tuple[str, tuple[Condition, ...]]:
    match condition:
        case None:
            return "all", ()
        case All(of=parts):
            return "all", parts
        case AnyOf(of=parts):
            return "any", parts
        case Not(of=AnyOf(of=parts)):
            return "none", parts
        case Not(of=All(of=parts)):
            return "not_all", parts
        case Not(of=part):
            return "none", (part,)
        case Is():
            return "all", (condition,)


def _fill(filled: dict[str, str], parts: tuple[Condition, ...], inside: str, names: Names) -> None:
    for part in parts:
        key = str(sum(name.endswith(".in") for name in filled))
        at = f"c{key}"
        filled |= {f"{at}.in": inside}
        if isinstance(part, Is):
            value = ", ".join(names.name_of(text) for text in _texts(part.value))
            filled |= {f"{at}.field": part.field, f"{at}.op": part.op, f"{at}.value": value}
        else:
            group, inner = _grouped(part)
            filled |= {f"{at}.group": group}
            _fill(filled, inner, key, names)


def _comparison(line: Line, names: Names) -> dict[str, object] | None:
    fact, op, text = line.field, line.op, line.value
    if not fact:
        return None
    asked: dict[str, object] = {"field": fact, "op": op}
    if op in NO_VALUE:
        return asked
    if op in OF_LISTS:
        listed = [part.strip() for part in text.split(",") if part.strip()]
        return {**asked, "value": [value_of(fact, part, names) for part in listed]}
    if op in OF_TEXTS and fact not in OF_NAMES:
        return {**asked, "value": text}
    return {**asked, "value": _number(text) if op in OF_ORDER else value_of(fact, text, names)}


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
