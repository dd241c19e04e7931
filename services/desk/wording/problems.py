"""What pydantic says of a value, in words for a person."""

import re
from collections.abc import Mapping
from typing import Any

from services.desk.languages import gettext, later
from services.desk.wording.reported import reported_inside

_QUOTED = re.compile(r"'([^']+)'")
_NEEDED = later("this is needed")
_WHOLE, _NUMBER = later("a whole number is needed"), later("a number is needed")
_DAY = later("a day is needed, such as 2026-01-31")
_MOMENT = later("a moment is needed, such as 2026-01-31T09:00:00Z")
_CHOOSE = later("choose one of these: %(expected)s")
_LEAST, _MOST = later("at least %(least)s is needed"), later("at most %(most)s is allowed")
_KEY = later("small letters, digits and _ are allowed, and a letter comes first")

WORDS = {
    "missing": _NEEDED,
    "int_parsing": _WHOLE,
    "int_parsing_size": _WHOLE,
    "int_type": _WHOLE,
    "int_from_float": _WHOLE,
    "float_parsing": _NUMBER,
    "float_type": _NUMBER,
    "finite_number": _NUMBER,
    "greater_than_equal": _LEAST,
    "less_than_equal": _MOST,
    "greater_than": later("more than %(least)s is needed"),
    "less_than": later("less than %(most)s is needed"),
    "string_too_short": later("at least %(least)s characters are needed"),
    "string_too_long": later("at most %(most)s characters are allowed"),
    "too_short": later("at least %(least)s of them are needed"),
    "too_long": later("at most %(most)s of them are allowed"),
    "string_pattern_mismatch": later("this is not written as it needs to be: %(pattern)s"),
    "string_type": later("a text is needed"),
    "bool_parsing": later("true or false is needed"),
    "bool_type": later("true or false is needed"),
    "list_type": later("a list is needed"),
    "tuple_type": later("a list is needed"),
    "enum": _CHOOSE,
    "literal_error": _CHOOSE,
    "extra_forbidden": later("there is nothing of this name to set"),
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "datetime_parsing": _MOMENT,
    "datetime_from_date_parsing": _MOMENT,
    "timezone_aware": _MOMENT,
    "uuid_parsing": later("an id is needed"),
    "union_tag_invalid": later("there is no %(tag)s; there are %(expected)s"),
}
"""What we say for each kind of problem that pydantic finds; of another kind its own words stand."""
_LEAST_OF, _MOST_OF = ("ge", "gt", "min_length"), ("le", "lt", "max_length")


# Any: a problem as `ValidationError.errors` lists it, with its context
def plainly(problem: Mapping[str, Any]) -> str:
    """Say what is wrong with one value, in the language of the reader."""
    facts = problem.get("ctx", {})
    match problem["type"], facts:
        case "string_too_short" | "too_short", {"min_length": 1}:
            return gettext(_NEEDED)
        case "string_pattern_mismatch", {"pattern": str(pattern)} if pattern.startswith("^[a-z][a-z0-9_]"):
            return gettext(_KEY)
        case str(kind), _ if kind in WORDS:
            return gettext(WORDS[kind], **_gaps(facts))
        case _:
            return reported_inside(str(problem["msg"]).removeprefix("Value error, "))


# Any: as above
def _gaps(facts: Mapping[str, Any]) -> dict[str, object]:
    """What the words above have gaps for."""
    expected = str(facts.get("expected", facts.get("expected_tags", "")))
    listed = ", ".join(dict.fromkeys(_QUOTED.findall(expected))) or expected
    least = next((facts[name] for name in _LEAST_OF if name in facts), "")
    most = next((facts[name] for name in _MOST_OF if name in facts), "")
    tag, pattern = repr(facts.get("tag", "")), facts.get("pattern", "")
    return {"expected": listed, "least": least, "most": most, "tag": tag, "pattern": pattern}
