"""Each option as a form has it: plain name, help, control."""

from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from services.desk.languages import later
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
    (OnClosed.REOPEN_OLD_TICKET.value, later("Reopen the old ticket")),
    (OnClosed.CREATE_NEW_TICKET.value, later("Open a new ticket that links to the old one")),
)
FROM_ADDRESS = (
    (FromAddress.RECEIVING_EMAIL.value, later("The address the ticket's first mail came to")),
    (FromAddress.LOGGED_IN_USER.value, later("The address of the person who answers")),
)

SECTIONS: tuple[tuple[str, str, tuple[OptionField, ...]], ...] = (
    (
        "timeline",
        later("Timeline"),
        (
            OptionField(
                "load_full_timeline",
                later("Load the whole timeline"),
                later("On: older posts load by themselves. Off: the newest 100, older ones on request."),
                "switch",
            ),
            OptionField(
                "timeline_items_per_page",
                later("Posts per page"),
                later("1 to 500."),
                "number",
                later("posts"),
            ),
            OptionField(
                "answer_target_hours",
                later("Customers are answered within"),
                later("The list warns of who waits longer, and alarms at twice that. 0: it does not."),
                "number",
                later("hours"),
            ),
        ),
    ),
    (
        "files",
        later("Files"),
        (
            OptionField(
                "allowed_mime_types",
                later("File types without a warning"),
                later(
                    "One a line, such as image/* or application/pdf. "
                    "Mailed files of other types are kept behind a warning, uploads refused; "
                    "with none named, every type is allowed."
                ),
                "list",
            ),
            OptionField(
                "max_file_size",
                later("Largest file"),
                later("Larger files are not kept, and refused as an upload. Write bytes, or 25 MB."),
                "size",
            ),
        ),
    ),
    (
        "incoming",
        later("Incoming mail"),
        (
            OptionField(
                "mail_scan_frequency",
                later("Look for mail every"),
                later("1 to 10080, which is once a week."),
                "number",
                later("minutes"),
            ),
            OptionField(
                "mail_forwarding_domains",
                later("Domains whose forwards belong to the original sender"),
                later("One a line: example.com, or *.example.com for its subdomains."),
                "list",
            ),
            OptionField(
                "response_to_closed_ticket_action",
                later("When somebody answers a closed ticket"),
                "",
                "choice",
                choices=ON_CLOSED,
            ),
            OptionField(
                "thank_you_grace_hours",
                later("A mere thank-you reopens nothing for"),
                later("After a ticket was resolved or closed. 0: it reopens like any other answer."),
                "number",
                later("hours"),
            ),
            OptionField(
                "new_subject_starts_new_ticket",
                later("A new subject starts a new ticket"),
                later(
                    "Somebody answers an old mail about something else: their ticket links to the old one."
                ),
                "switch",
            ),
            OptionField(
                "hold_unproven_senders",
                later("Hold answers whose sender failed the check"),
                later(
                    "Of the server that received them (DMARC). Off when a gateway in front breaks that check."
                ),
                "switch",
            ),
        ),
    ),
    (
        "filters",
        later("Quoted text"),
        (
            OptionField(
                "filter_strings",
                later("Lines that begin a quote"),
                later("Whole lines, one each; {who}, {when} and {address} stand for what differs."),
                "lines",
            ),
            OptionField(
                "filter_regexes",
                later("Regular expressions that begin a quote"),
                later("One a line, found anywhere in a line of a mail. What could take too long is refused."),
                "lines",
            ),
            OptionField(
                "filters_replace_built_in",
                later("These alone mark a quote"),
                later("On: the built-in words of all languages are left out."),
                "switch",
            ),
        ),
    ),
    (
        "outgoing",
        later("Outgoing mail"),
        (
            OptionField(
                "outgoing_mails_per_department",
                later("Which address speaks"),
                later("The default counts for departments without a line of their own."),
                "departments",
                choices=FROM_ADDRESS,
            ),
            OptionField(
                "signature",
                later("Signature"),
                later(
                    "A template below replies and mail to customers: {{ agent.name }}, "
                    "{{ department.name }}, facts of the ticket. A department with a text or HTML of its own "
                    "has neither of these."
                ),
                "words",
            ),
            OptionField(
                "signature_html",
                later("Signature in HTML"),
                later("Left empty, it is made from the text; and the text from this, when that is empty."),
                "words",
            ),
            OptionField(
                "signed_reply_address",
                later("Answers come to an address of the ticket"),
                later("Reply-To: support+4711.…@. Exchange must allow plus addressing, or answers bounce."),
                "switch",
            ),
            OptionField(
                "ticket_number_format",
                later("How ticket numbers are written"),
                later(
                    "Such as HD-{number:06} or {year}-{number}. What stood in subjects before is still read."
                ),
                "text",
            ),
            OptionField(
                "mail_send_threshold",
                later("Most mails to one address in a window"),
                later("Beyond it a mail is held until a person releases it. 0: no limit."),
                "number",
                later("mails"),
            ),
            OptionField(
                "mail_send_window",
                later("Length of that window"),
                later("1 second to a day (86400)."),
                "number",
                later("seconds"),
            ),
        ),
    ),
    (
        "hours",
        later("Business hours"),
        (
            OptionField(
                "time_zone",
                later("Time zone"),
                later(
                    "Such as Europe/Vienna. Times of planned mail are on its clock where a person's own is "
                    "not known, and so are business hours and the times that triggers ask."
                ),
                "text",
            ),
            OptionField(
                "business_hours",
                later("Open"),
                later(
                    "One a line, such as monday-friday 09:00-17:00 or saturday 10:00-24:00. "
                    "Triggers ask them."
                ),
                "lines",
            ),
            OptionField(
                "holidays", later("Closed on"), later("Days, one a line, such as 2026-12-25."), "lines"
            ),
        ),
    ),
    (
        "inactivity",
        later("Inactive tickets"),
        (
            OptionField(
                "close_inactive_tickets",
                later("Close inactive tickets"),
                later("The clock is the last post by a person."),
                "switch",
            ),
            OptionField(
                "close_ticket_after_days",
                later("Close after"),
                later("1 to 3650, which is ten years."),
                "number",
                later("days"),
            ),
            OptionField(
                "send_ticket_close_reminder",
                later("Remind before closing"),
                later("A ticket closes only after its reminder."),
                "switch",
            ),
            OptionField(
                "reminder_before_ticket_close_days",
                later("Remind this long before"),
                later("Less than the days after which a ticket closes."),
                "number",
                later("days"),
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
