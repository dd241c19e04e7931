"""docs/field.md: every feature has a verdict and a reason, and what is here names a test that exists."""

import pytest

from tests.contracts.test_from_the_original import ROOT, functions_of

LINES = (ROOT / "docs" / "field.md").read_text(encoding="utf-8").splitlines()
ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in LINES
    if line.startswith("| ") and not line.startswith(("| feature", "| ---"))
]
HERE, AWAY = {"done", "better"}, {"not", "not yet"}


@pytest.mark.parametrize("row", ROWS, ids=[row[0] for row in ROWS])
def test_a_feature_has_a_verdict_with_its_reason_and_a_test_where_it_is_here(row: list[str]) -> None:
    _, verdict, why, named = row
    assert verdict in HERE | AWAY
    assert why.endswith(".")
    assert named or verdict in AWAY
    if named:
        file, _, name = named.strip("`").partition("::")
        assert name in functions_of(file), named


def test_no_feature_stands_there_twice() -> None:
    features = [row[0] for row in ROWS]
    assert len(features) == len(set(features)) > 50
