"""How long a regular expression may take on one line, told from its shape: in how many ways it may fit."""

import sys
from collections.abc import Callable
from re import _parser as syntax  # type: ignore[attr-defined]  # the standard library's own reader of patterns
from typing import Any

LONGEST_LINE = 250
"""Characters of a line that a user's regular expression may see."""
MOST_PATHS = 100_000
"""In how many ways a pattern may fit such a line; each may be tried, so this bounds the time."""

_REFUSED = {
    "GROUPREF": "a back reference",
    "GROUPREF_EXISTS": "a back reference",
    "ASSERT": "a look-ahead or look-behind",
    "ASSERT_NOT": "a look-ahead or look-behind",
}

_ALPHABET = frozenset(map(chr, range(128))) | {"é"}
"""What sets of characters are compared on: é stands for all that is not ASCII."""
_CATEGORIES: dict[str, Callable[[str], bool]] = {
    "CATEGORY_DIGIT": str.isdigit,
    "CATEGORY_SPACE": str.isspace,
    "CATEGORY_WORD": lambda one: one.isalnum() or one == "_",
}
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")

# Any, here and below: the standard library's own tree
Item = tuple[Any, Any]


def paths(pattern: str) -> int:
    """Return in how many ways a pattern may fit a line, at most. Raises ValueError for what has no bound."""
    return _paths(list(syntax.parse(pattern)), ends=True)


def _paths(items: list[Item], *, ends: bool) -> int:
    """`ends`: nothing comes after these."""
    ways = 1
    for at, (name, argument) in enumerate(items):
        after = _first(items[at + 1 :], ends=ends)
        ways = min(ways * _ways(str(name), argument, after), MOST_PATHS + 1)
    return ways


def _ways(name: str, argument: Any, after: frozenset[str] | None) -> int:
    match name:
        case _ if name in _REPEATS:
            low, high, inner = argument
            return _of_repeat(low, high, inner, after)
        case "SUBPATTERN":
            return _paths(list(argument[-1]), ends=False)
        case "ATOMIC_GROUP":
            return _paths(list(argument), ends=False)
        case "BRANCH":
            return sum(_paths(list(each), ends=False) for each in argument[1])
        case _ if name in _REFUSED:
            raise ValueError(f"{_REFUSED[name]} is not allowed in it")
        case _:
            return 1


def _of_repeat(low: int, high: Any, inner: Any, after: frozenset[str] | None) -> int:
    most, each = min(int(high), LONGEST_LINE), _paths(list(inner), ends=False)
    if each > 1 and most > 1:
        return MOST_PATHS + 1
    own = _characters(inner[0]) if len(inner) == 1 else None
    if own is not None and after is not None and not own & after:
        return 1
    return max(most - int(low), 0) + each


def _first(items: list[Item], *, ends: bool) -> frozenset[str] | None:
    """The characters that may come next; None: nobody knows."""
    found: frozenset[str] = frozenset()
    for name, argument in items:
        if str(name) == "AT":
            if str(argument).startswith("AT_END"):
                return found
            continue
        optional = str(name) in _REPEATS and int(argument[0]) == 0
        item = argument[2][0] if str(name) in _REPEATS and len(argument[2]) == 1 else (name, argument)
        characters = _characters(item)
        if characters is None:
            return None
        found |= characters
        if not optional:
            return found
    return found if ends else None


def _characters(item: Item) -> frozenset[str] | None:
    """What one item fits, whatever its case; None: it is not one character."""
    name, argument = str(item[0]), item[1]
    match name:
        case "LITERAL":
            return _folded({_known(argument)})
        case "NOT_LITERAL":
            return _ALPHABET
        case "ANY":
            return _ALPHABET
        case "IN":
            inverted = str(argument[0][0]) == "NEGATE"
            found = frozenset[str]().union(*(_of_set(*one) for one in argument[inverted:]))
            return _ALPHABET - found | {"é"} if inverted else _folded(found)
        case _:
            return None


def _of_set(name: Any, argument: Any) -> frozenset[str]:
    match str(name):
        case "LITERAL":
            return frozenset({_known(argument)})
        case "RANGE":
            low, high = argument
            more = {"é"} if high > ord("\x7f") else set()
            return frozenset(one for one in _ALPHABET if low <= ord(one) <= high) | more
        case "CATEGORY":
            plain, negated = str(argument).replace("_NOT", ""), "_NOT_" in str(argument)
            fits = _CATEGORIES[plain]
            return frozenset(one for one in _ALPHABET if fits(one) is not negated) | {"é"}
        case _:
            return _ALPHABET


def _known(code: int) -> str:
    one = chr(min(code, sys.maxunicode))
    return one if one in _ALPHABET else "é"


def _folded(characters: set[str] | frozenset[str]) -> frozenset[str]:
    return frozenset(each for one in characters for each in (one, one.lower(), one.upper()) if each)
