"""Regular expressions of people: found anywhere, whatever the capitals; refused with a reason; never slow."""

import pytest

from shared.matching import LONGEST_TEXT, BadPattern, check, fits


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("fire", "Printer on FIRE"),
        ("^printer", "Printer on fire"),
        (r"fire$", "Printer on fire"),
        (r"\bINV-\d{4,}\b", "About inv-20260, again"),
        ("straße|ÜBER", "Wir haben über 100"),
        (r"\p{Greek}+", "Ερώτηση"),
        ("(?i:a)(?-i:B)", "aB"),
        ("^$", ""),
        ("a[^x]b", "a\udc80b"),
        ("z$", "a" * (LONGEST_TEXT - 1) + "z"),
    ],
)
def test_a_pattern_is_found_anywhere_in_a_text(pattern: str, text: str) -> None:
    assert fits(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("^fire", "Printer on fire"),
        ("(?-i:fire)", "FIRE"),
        ("a.b", "a\nb"),
        ("x", ""),
        ("z$", "a" * LONGEST_TEXT + "z"),
    ],
)
def test_what_does_not_fit_and_what_comes_late_in_a_long_text_is_not_found(pattern: str, text: str) -> None:
    assert not fits(pattern, text)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("(a", 'the pattern "(a" is not valid: a bracket is never closed'),
        ("a)", "a bracket is closed that was never opened"),
        ("[a", "a set of characters is never closed"),
        ("a(?=b)", "look-ahead, look-behind and the like cannot be asked ((?=)"),
        ("(?<!a)b", "look-ahead, look-behind and the like cannot be asked"),
        (r"(a)\1", r"there is no such escape, and back references cannot be asked (\1)"),
        ("a\\", "nothing stands behind its last backslash"),
        ("a**", "a repetition is repeated (**)"),
        ("*a", "a repetition has nothing before it (*)"),
        ("a{1001}", "at most 1,000 repetitions can be asked ({1001})"),
        ("[z-a]", "there is no such range or class of characters (z-a)"),
        ("(?P<a b>x)", "the name of a group is not one"),
        (r"(\pL.{0,99}){9}", "it asks for too many repetitions"),
    ],
)
def test_a_pattern_that_cannot_be_asked_says_what_is_wrong(pattern: str, why: str) -> None:
    for asked in (lambda: check(pattern), lambda: fits(pattern, "x")):
        with pytest.raises(BadPattern) as refused:
            asked()
        assert why in str(refused.value)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "(a|aa)+$", "(?:a?){99}a{99}b", "(x+x+)+y"]
)
def test_patterns_that_backtracking_never_ends_on_end(pattern: str) -> None:
    """With the standard library each of them would take longer than a test may."""
    assert not fits(pattern, "a" * (LONGEST_TEXT - 1) + "!")
