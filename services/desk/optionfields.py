"""Each option as a form has it: plain name, help, control."""

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from shared.contracts.options import PER_DEPARTMENT, FromAddress, OnClosed, Options

Control = Literal["switch", "number", "size", "list", "lines", "choice", "departments", "text", "words"]


@dataclass(frozen=True)
class OptionField:
    name: str
    """As the original module calls it."""
    label: str
    help: str
    control: Control
    unit: str = ""
    choices: tuple[tuple[str, str], ...] = ()


ON_CLOSED = (
    (OnClosed.REOPEN_OLD_TICKET.value, "Reopen the old ticket"),
    (OnClosed.CREATE_NEW_TICKET.value, "Open a new ticket that links to the old one"),
)
FROM_ADDRESS = (
    (FromAddress.RECEIVING_EMAIL.value, "The address the ticket's first mail came to"),
    (FromAddress.LOGGED_IN_USER.value, "The address of the person who answers"),
)

SECTIONS: tuple[tuple[str, str, tuple[OptionField, ...]], ...] = (
    (
        "timeline",
        "Timeline",
        (
            OptionField(
                "load_full_timeline",
                "Load the whole timeline",
                "On: older posts load by themselves. Off: the newest 100, older ones on request.",
                "switch",
            ),
            OptionField("timeline_items_per_page", "Posts per page", "1 to 500.", "number", "posts"),
            OptionField(
                "answer_target_hours",
                "Customers are answered within",
                "The list warns of who waits longer, and alarms at twice that. 0: it does not.",
                "number",
                "hours",
            ),
        ),
    ),
    (
        "files",
        "Files",
        (
            OptionField(
                "allowed_mime_types",
                "File types without a warning",
                "One a line, such as image/* or application/pdf. "
                "Mailed files of other types are kept behind a warning, uploads refused.",
                "list",
            ),
            OptionField(
                "max_file_size",
                "Largest file",
                "Larger files are not kept, and refused as an upload. Write bytes, or 25 MB.",
                "size",
            ),
        ),
    ),
    (
        "incoming",
        "Incoming mail",
        (
            OptionField("mail_scan_frequency", "Look for mail every", "1 or more.", "number", "minutes"),
            OptionField(
                "mail_forwarding_domains",
                "Domains whose forwards belong to the original sender",
                "One a line: example.com, or *.example.com for its subdomains.",
                "list",
            ),
            OptionField(
                "response_to_closed_ticket_action",
                "When somebody answers a closed ticket",
                "",
                "choice",
                choices=ON_CLOSED,
            ),
            OptionField(
                "thank_you_grace_hours",
                "A mere thank-you reopens nothing for",
                "After a ticket was resolved or closed. 0: it reopens like any other answer.",
                "number",
                "hours",
            ),
            OptionField(
                "new_subject_starts_new_ticket",
                "A new subject starts a new ticket",
                "Somebody answers an old mail about something else: their ticket links to the old one.",
                "switch",
            ),
            OptionField(
                "hold_unproven_senders",
                "Hold answers whose sender failed the check",
                "Of the server that received them (DMARC). Off when a gateway in front breaks that check.",
                "switch",
            ),
        ),
    ),
    (
        "filters",
        "Quoted text",
        (
            OptionField(
                "filter_strings",
                "Lines that begin a quote",
                "Whole lines, one each; {who}, {when} and {address} stand for what differs.",
                "lines",
            ),
            OptionField(
                "filter_regexes",
                "Regular expressions that begin a quote",
                "One a line, found anywhere in a line of a mail. What could take too long is refused.",
                "lines",
            ),
            OptionField(
                "filters_replace_built_in",
                "These alone mark a quote",
                "On: the built-in words of all languages are left out.",
                "switch",
            ),
        ),
    ),
    (
        "outgoing",
        "Outgoing mail",
        (
            OptionField(
                "outgoing_mails_per_department",
                "Which address speaks",
                "The default counts for departments without a line of their own.",
                "departments",
                choices=FROM_ADDRESS,
            ),
            OptionField(
                "signature",
                "Signature",
                "A template below replies and mail to customers: {{ agent.name }}, {{ department.name }}, "
                "facts of the ticket. A department with a text or HTML of its own has neither of these.",
                "words",
            ),
            OptionField(
                "signature_html",
                "Signature in HTML",
                "Left empty, it is made from the text; and the text from this, when that is empty.",
                "words",
            ),
            OptionField(
                "signed_reply_address",
                "Answers come to an address of the ticket",
                "Reply-To: support+4711.…@. Exchange must allow plus addressing, or answers bounce.",
                "switch",
            ),
            OptionField(
                "ticket_number_format",
                "How ticket numbers are written",
                "Such as HD-{number:06} or {year}-{number}. What stood in subjects before is still read.",
                "text",
            ),
            OptionField(
                "mail_send_threshold",
                "Most mails to one address in a window",
                "Beyond it a mail is held until a person releases it. 0: no limit.",
                "number",
                "mails",
            ),
            OptionField(
                "mail_send_window",
                "Length of that window",
                "1 second to a day (86400).",
                "number",
                "seconds",
            ),
        ),
    ),
    (
        "hours",
        "Business hours",
        (
            OptionField(
                "time_zone",
                "Time zone",
                "Such as Europe/Vienna. Times of planned mail are on its clock where a person's own is not "
                "known, and so are business hours and the times that triggers ask.",
                "text",
            ),
            OptionField(
                "business_hours",
                "Open",
                "One a line, such as monday-friday 09:00-17:00 or saturday 10:00-24:00. Triggers ask them.",
                "lines",
            ),
            OptionField("holidays", "Closed on", "Days, one a line, such as 2026-12-25.", "lines"),
        ),
    ),
    (
        "inactivity",
        "Inactive tickets",
        (
            OptionField(
                "close_inactive_tickets",
                "Close inactive tickets",
                "The clock is the last post by a person.",
                "switch",
            ),
            OptionField("close_ticket_after_days", "Close after", "1 or more.", "number", "days"),
            OptionField(
                "send_ticket_close_reminder",
                "Remind before closing",
                "A ticket closes only after its reminder.",
                "switch",
            ),
            OptionField(
                "reminder_before_ticket_close_days",
                "Remind this long before",
                "Less than the days after which a ticket closes.",
                "number",
                "days",
            ),
        ),
    ),
)
SECTIONS_OF_DEPARTMENT = tuple(
    (key, title, own)
    for key, title, fields in SECTIONS
    if (own := tuple(field for field in fields if field.name in PER_DEPARTMENT))
)
"""What a department may set otherwise."""
FIELDS = {field.name: field for _, _, fields in SECTIONS for field in fields}
DEFAULTS: dict[str, JsonValue] = Options().model_dump(mode="json")
