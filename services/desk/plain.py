"""What pydantic says of a value, in words for a person. Pure."""

import re
from collections.abc import Mapping
from typing import Any

_QUOTED = re.compile(r"'([^']+)'")


# Any: a problem as `ValidationError.errors` lists it, with its context
def plainly(problem: Mapping[str, Any]) -> str:
    """Say what is wrong with one value."""
    if problem["type"] == "union_tag_invalid":
        there = ", ".join(dict.fromkeys(_QUOTED.findall(problem["ctx"]["expected_tags"])))
        return f"there is no {problem['ctx']['tag']!r}; there are {there}"
    return str(problem["msg"]).removeprefix("Value error, ")
