"""Filters of a user: a bad one is refused with its place and the reason, and none can take long."""

import pytest
from pydantic import ValidationError

from shared.contracts.filters import MOST, Filters


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(unclosed", "not a regular expression: missing ), unterminated subpattern at position 0"),
        ("a{3,1}", "min repeat greater than max repeat at position 2"),
        ("[z-a]", "bad character range z-a at position 1"),
        ("(a+)+$", "too long"),
        ("(a|a)*b", "too long"),
        ("(a?){40}a{40}", "too long"),
        (".*.*.*x", "too long"),
        ("a?" * 20 + "a" * 20, "too long"),
        (r"(\d*\w*-?)\d*[0-9]*x", "too long"),
        (r"(x)\1", "a back reference is not allowed"),
        ("(?=x)y", "a look-ahead or look-behind"),
        ("", "at least 1 character"),
        ("x" * 400, "at most 300 characters"),
    ],
    ids=[*"abcdefghijklm"],
)
def test_a_bad_regex_is_refused_with_place_and_reason(pattern: str, reason: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Filters(regexes=("^fine$", pattern))
    (error,) = refused.value.errors()
    assert error["loc"] == ("regexes", 1)
    assert reason in error["msg"]


@pytest.mark.parametrize(
    "pattern", [r"^-{3,}\s*Ticket history\s*-{3,}$", r"^\[.*\] wrote .*:$", "^(Von|From): "]
)
def test_what_people_write_is_accepted(pattern: str) -> None:
    assert Filters(regexes=(pattern,)).regexes == (pattern,)


@pytest.mark.parametrize(
    ("text", "reason"), [("{whom} wrote:", "{whom}; there are {address}, {when}, {who}"), ("---", "no word")]
)
def test_a_string_that_says_nothing_is_refused(text: str, reason: str) -> None:
    with pytest.raises(ValidationError, match=reason.replace("{", r"\{")):
        Filters(strings=(text,))
    with pytest.raises(ValidationError, match="at most"):
        Filters(strings=tuple(f"line {number}" for number in range(MOST + 1)))
