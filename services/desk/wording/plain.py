"""What programs say, in sentences for a person. Pure."""

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


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop, as our sentences do."""
    text = text.strip()
    if not text:
        return ""
    whole = text[0].upper() + text[1:]
    return whole if whole[-1] in ".!?:" else f"{whole}."
