"""How each option is shown and typed: plain name, help, control; text of a form to a value and back. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from pydantic import JsonValue

from services.desk.words import KILO
from shared.contracts.options import PER_DEPARTMENT, FromAddress, OnClosed, Options

Control = Literal["switch", "number", "size", "list", "choice", "departments"]


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
        ),
    ),
    (
        "files",
        "Files",
        (
            OptionField(
                "allowed_mime_types",
                "File types without a warning",
                "One a line, such as image/* or application/pdf. Others are kept behind a warning.",
                "list",
            ),
            OptionField(
                "max_file_size", "Largest file", "Larger files are not kept. Write bytes, or 25 MB.", "size"
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
                "signed_reply_address",
                "Answers come to an address of the ticket",
                "Reply-To: support+4711.…@. Exchange must allow plus addressing, or answers bounce.",
                "switch",
            ),
            OptionField(
                "mail_send_threshold",
                "Most mails to one address in 5 minutes",
                "Beyond it a mail is held until a person releases it. 0: no limit.",
                "number",
                "mails",
            ),
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


def shown(name: str, value: JsonValue) -> str:
    """An option's value as the form shows it."""
    match FIELDS[name].control, value:
        case "switch", _:
            return "on" if value else ""
        case "size", int(count):
            return size_text(count)
        case "list", list(parts):
            return "\n".join(str(part) for part in parts)
        case "departments", dict(parts):
            return "\n".join(f"{key}: {choice}" for key, choice in parts.items())
        case _:
            return str(value)


def size_text(count: int) -> str:
    """Bytes as people write them, without loss: 25 MB, 1500 KB, 1001."""
    for factor, unit in ((KILO**3, "GB"), (KILO**2, "MB"), (KILO, "KB")):
        if count >= factor and count % factor == 0:
            return f"{count // factor} {unit}"
    return str(count)


def in_words(name: str, value: JsonValue) -> str:
    """An option's value in one line, for the history and for the default."""
    field = FIELDS.get(name)
    match value:
        case True | False:
            return "on" if value else "off"
        case list(parts):
            return ", ".join(str(part) for part in parts) or "none"
        case dict(parts):
            return ", ".join(f"{key}: {choice}" for key, choice in parts.items())
        case int(count) if field and field.control == "size":
            return size_text(count)
        case None:
            return "nothing"
        case _:
            return f"{value} {field.unit}".strip() if field else str(value)


def wanted(form: Mapping[str, str]) -> dict[str, object]:
    """Read what a form wants changed: only what differs from what it was when the form was drawn, so
    that two people who change two options do not undo each other."""
    return {
        name: _value(field, form.get(name, ""))
        for name, field in FIELDS.items()
        if f"was.{name}" in form and _folded(form.get(name, "")) != _folded(form[f"was.{name}"])
    }


def _folded(text: str) -> str:
    return "\n".join(line.strip() for line in text.splitlines() if line.strip())


def _value(field: OptionField, text: str) -> object:
    match field.control:
        case "switch":
            return text == "on"
        case "list":
            return tuple(line.strip() for line in text.replace(",", "\n").splitlines() if line.strip())
        case "departments":
            pairs = (line.partition(":") for line in text.splitlines() if line.strip())
            return {key.strip(): choice.strip() for key, _, choice in pairs}
        case _:
            return text.strip()
