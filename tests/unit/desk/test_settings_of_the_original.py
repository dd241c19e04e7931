"""Settings as users of the original have them, in its spellings, become options under their names."""

import pytest

from services.desk.configuration.importing import Unreadable, read_settings

WANTED = {
    "load_full_timeline": True,
    "max_file_size": "25MB",
    "mail_forwarding_domains": ["example.com", "*.example.org"],
    "outgoing_mails_per_department": {"default": "receiving_email", "backend": "logged_in_user"},
    "response_to_closed_ticket_action": "reopen_old_ticket",
    "close_inactive_tickets": True,
    "close_ticket_after_days": 14,
}
JSON = """{"load_full_timeline": true, "max_file_size": "25MB",
  "mail_forwarding_domains": ["example.com", "*.example.org"],
  "outgoing_mails_per_department": {"default": "receiving_email", "backend": "logged in user"},
  "response_to_closed_ticket_action": "reopen old ticket", "response_to_closed_ticket_action": true,
  "close_ticket_after_days": 14}"""
LINES = """# settings of the tickets module
load_full_timeline: true
max_file_size: 25MB
mail_forwarding_domains:
  - example.com
  - "*.example.org"
outgoing_mails_per_department:
  default: receiving_email
  backend: logged_in_user
response_to_closed_ticket_action: reopen old ticket
response_to_closed_ticket_action: true   # closes inactive tickets
close_ticket_after_days: 14
"""
PHP = """<?php
return [
    // the timeline
    'load_full_timeline' => true,
    'max_file_size' => '25MB',
    'mail_forwarding_domains' => [
        'example.com',
        '*.example.org',
    ],
    'outgoing_mails_per_department' => [
        'default' => 'receiving_email',
        'backend' => 'logged_in_user',
    ],
    'response_to_closed_ticket_action' => 'Reopen old ticket',
    'response_to_closed_ticket_action' => true,
    'close_ticket_after_days' => 14,
];
"""
TOML = """load_full_timeline = true
max_file_size = "25MB"
mail_forwarding_domains = ["example.com", "*.example.org"]
response_to_closed_ticket_action = "reopen_old_ticket"
close_inactive_tickets = true
close_ticket_after_days = 14
[outgoing_mails_per_department]
default = "receiving_email"
backend = "logged_in_user"
"""


@pytest.mark.parametrize("text", [JSON, LINES, PHP, TOML], ids=["json", "lines", "php", "toml"])
def test_each_form_says_the_same(text: str) -> None:
    assert read_settings(text) == WANTED


@pytest.mark.parametrize(
    ("line", "name", "value"),
    [
        ("response_to_closed_ticket_action: create new ticket", None, "create_new_ticket"),
        ("response-to-closed-ticket-action: Create_New_Ticket", None, "create_new_ticket"),
        ("response_to_closed_ticket_action: false", "close_inactive_tickets", False),
        ("outgoing mails per department: receiving email", "outgoing_mails_per_department",
         {"default": "receiving_email"}),
        ("mail_forwarding_domains: ~", "mail_forwarding_domains", ()),
        ("mail_forwarding_domains: [a.test, b.test]", "mail_forwarding_domains", ["a.test", "b.test"]),
    ],
    ids=[*"abcdef"],
)  # fmt: skip
def test_spellings_of_the_original_are_understood(line: str, name: str | None, value: object) -> None:
    assert read_settings(line) == {name or "response_to_closed_ticket_action": value}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no setting"),
        ('{"a": ', "it is not JSON"),
        ("mail_scan_frequency: 5\nmail_scan_frequency: 6", "mail_scan_frequency stands in it twice"),
        ("what is this?", "line 1 is not understood"),
    ],
    ids=[*"abcd"],
)
def test_what_is_not_understood_is_told_with_its_place(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        read_settings(text)
