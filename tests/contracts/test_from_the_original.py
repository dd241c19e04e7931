"""docs/from-the-original.md: a row names what is here and a test that exists; no name of the manual lacks."""

from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LINES = (ROOT / "docs" / "from-the-original.md").read_text(encoding="utf-8").splitlines()
ROWS = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in LINES if line.startswith("| ")][
    2:
]
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


@pytest.mark.parametrize("row", ROWS, ids=[f"row {number}" for number, _ in enumerate(ROWS, 1)])
def test_a_row_says_what_is_here_and_names_a_test_that_exists(row: list[str]) -> None:
    manual, here, test = row
    assert manual
    assert here
    if test == "-":
        assert "come with" in here or "comes with" in here
    else:
        assert (ROOT / test.strip("`")).is_file(), test


def test_every_name_of_the_manual_has_a_row() -> None:
    manual = "\n".join(row[0] for row in ROWS)
    assert [name for name in NAMES if name not in manual] == []
