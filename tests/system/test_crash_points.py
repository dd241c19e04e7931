"""Every named moment between two side effects has a test that kills there."""

from tests.system import points


def test_each_point_that_the_code_names_has_a_case() -> None:
    missing = points.named() - points.covered()
    assert not missing, f"no test kills at {sorted(missing)}: name them in tests/system/points.py"


def test_no_case_waits_for_a_point_that_is_gone() -> None:
    gone = points.covered() - points.named()
    assert not gone, f"nothing passes {sorted(gone)} any more: take them out of tests/system/points.py"
