"""Filters: lines, as strings and regular expressions of a user, from which on a mail is quoted. Checked here:
a bad one is refused where it is written, and a slow one never reaches a parser."""

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from shared.contracts.base import Value
from shared.contracts.patterns import MOST_PATHS, paths

LONGEST = 300
MOST = 50
SLOTS = {"who", "when", "address"}


def _checked_regex(pattern: str) -> str:
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        at = f" at position {error.pos}" if isinstance(error, re.error) and error.pos is not None else ""
        raise ValueError(
            f"{pattern!r} is not a regular expression: {str(error).split(' at ')[0]}{at}"
        ) from error
    if paths(pattern) > MOST_PATHS:
        raise ValueError(
            f"{pattern!r} could take too long: repetitions within repetitions, or too many of them"
        )
    return pattern


def _checked_string(text: str) -> str:
    slots = re.findall(r"\{(\w*)\}", text)
    if unknown := [slot for slot in slots if slot not in SLOTS]:
        known = ", ".join(f"{{{slot}}}" for slot in sorted(SLOTS))
        raise ValueError(f"{text!r} has {{{unknown[0]}}}; there are {known}")
    if not re.sub(r"\{\w+\}|[\W_]", "", text):
        raise ValueError(f"{text!r} has no word of its own")
    return text


String = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_checked_string)]
Regex = Annotated[str, Field(min_length=1, max_length=LONGEST), AfterValidator(_checked_regex)]


class Filters(Value):
    """From the first line that one of these fits, a mail is quoted."""

    strings: Annotated[tuple[String, ...], Field(max_length=MOST)] = ()
    """Whole lines, whatever their case; {who}, {when} and {address} stand for what differs."""
    regexes: Annotated[tuple[Regex, ...], Field(max_length=MOST)] = ()
    """Found anywhere in a line of at most 250 characters, whatever its case."""
    replace: bool = False
    """These alone mark a quote, without the built-in words of all languages."""
