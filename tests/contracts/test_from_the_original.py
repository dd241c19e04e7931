"""docs/from-the-original.md: every line of the manual has a row, every row names tests that exist."""

import ast
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "from-the-original.md").read_text(encoding="utf-8").splitlines()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES if line.startswith("| ")][
    2:
]
LAST_LINE = 121
"""Of the manual's text."""
NAMES = [
    "load_full_timeline",
    "timeline_items_per_page",
    "allowed_mime_types",
    "max_file_size",
    "outgoing_mails_per_department",
    "receiving_email",
    "logged_in_user",
    "mail_scan_frequency",
    "mail_send_threshold",
    "mail_forwarding_domains",
    "response_to_closed_ticket_action",
    "create_new_ticket",
    "close_ticket_after_days",
    "send_ticket_close_reminder",
    "reminder_before_ticket_close_days",
    "TICKET_FIELD_CHANGE",
    "NEW_TICKET_CREATED",
    "CLOSE_TICKET",
    "CLOSE_TICKET_REMINDER",
    "ActionType",
    "prune",
    "scan",
    "qore:mail",
    "force",
]


def span(row: list[str]) -> tuple[int, int]:
    first, _, last = row[0].partition("-")
    return int(first), int(last or first)


@cache
def functions_of(file: str) -> frozenset[str]:
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    functions = (ast.FunctionDef, ast.AsyncFunctionDef)
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, functions))


@pytest.mark.parametrize("row", ROWS, ids=[f"row {number}" for number, _ in enumerate(ROWS, 1)])
def test_a_row_says_what_is_here_and_names_tests_that_exist(row: list[str]) -> None:
    _, manual, here, tests = row
    assert manual
    assert here
    for named in tests.split(", "):
        file, _, name = named.strip("`").partition("::")
        assert (ROOT / file).is_file(), file
        assert not name or name in functions_of(file), named


def test_rows_follow_the_manual_and_leave_no_line_out() -> None:
    spans = [span(row) for row in ROWS]
    assert (spans[0][0], spans[-1][1]) == (1, LAST_LINE)
    assert all(first <= last for first, last in spans)
    broken = [(before, after) for before, after in pairwise(spans) if after[0] - before[1] not in {0, 1}]
    assert broken == []


def test_every_name_of_the_manual_has_a_row() -> None:
    manual = "\n".join(row[1] for row in ROWS)
    assert [name for name in NAMES if name not in manual] == []
