"""Regular expressions that people write, in time that is linear in the text, whatever the pattern: RE2."""

from functools import lru_cache

import re2

LONGEST_TEXT = 2_000
"""Characters of a text that are looked at."""
MOST_BYTES = 262_144
"""Of a pattern as it runs. That bounds what each character of a text may cost."""

_PLAIN = {
    "missing )": "a bracket is never closed",
    "unexpected )": "a bracket is closed that was never opened",
    "missing ]": "a set of characters is never closed",
    "invalid perl operator": "look-ahead, look-behind and the like cannot be asked",
    "invalid escape sequence": "there is no such escape, and back references cannot be asked",
    "trailing \\": "nothing stands behind its last backslash",
    "bad repetition operator": "a repetition is repeated",
    "no argument for repetition operator": "a repetition has nothing before it",
    "invalid repetition size": "at most 1,000 repetitions can be asked",
    "invalid character class range": "there is no such range or class of characters",
    "invalid named capture group": "the name of a group is not one",
    "pattern too large": "it asks for too many repetitions",
}
"""What RE2 says, in plain words."""


class BadPattern(ValueError):
    """A pattern is not valid, or takes more than it may."""


def check(pattern: str) -> None:
    """Raise BadPattern, with what is wrong, unless the pattern can be asked."""
    _compiled(pattern)


def fits(pattern: str, text: str) -> bool:
    """Whether the pattern is found anywhere in the beginning of a text; capitals do not matter.

    Raises:
        BadPattern: it is not valid.
    """
    # what is no character, such as half of a pair, has no bytes
    seen = text[:LONGEST_TEXT].encode(errors="replace")
    return _compiled(pattern).search(seen) is not None


@lru_cache(maxsize=1_000)
def _compiled(pattern: str) -> "re2._Regexp":
    options = re2.Options()
    options.max_mem = MOST_BYTES
    options.case_sensitive = False
    options.never_capture = True
    options.log_errors = False
    try:
        return re2.compile(pattern.encode(errors="replace"), options)
    except re2.error as error:
        raise BadPattern(f'the pattern "{pattern}" is not valid: {_why(error.args[0].decode())}') from error


def _why(told: str) -> str:
    kind, _, part = told.partition(": ")
    plain = next((words for begins, words in _PLAIN.items() if kind.startswith(begins)), kind)
    return f"{plain} ({part})" if part else plain
