"""The options of a tenant: names of the original module, types, defaults and rules (product.md section 7)."""

import re
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from shared.contracts.filters import MOST, Filters, Regex, String
from shared.contracts.hours import checked_day, checked_hours
from shared.contracts.references import PLAIN, checked_format

UNITS = {"": 1, "B": 1, "KB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
SIZE = re.compile(r"(\d{1,12}(?:[.,]\d{1,2})?)\s*([KMG]?B)?", re.IGNORECASE)
MIME_PATTERN = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/(\*|[a-z0-9][a-z0-9!#$&^_.+-]{0,126})")
DOMAIN = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")


class FromAddress(StrEnum):
    RECEIVING_EMAIL = "receiving_email"
    LOGGED_IN_USER = "logged_in_user"


class OnClosed(StrEnum):
    CREATE_NEW_TICKET = "create_new_ticket"
    REOPEN_OLD_TICKET = "reopen_old_ticket"


def bytes_of(value: object) -> object:
    """A size as bytes: `25MB` and `25 MB` are 25,000,000; `1.5 MB` and `1,5 MB` are 1,500,000."""
    if not isinstance(value, str):
        return value
    match = SIZE.fullmatch(value.strip())
    if match is None:
        raise ValueError(f"{value!r} is not a size; write bytes or a unit, such as 25MB")
    size = Decimal(match[1].replace(",", ".")) * UNITS[(match[2] or "").upper()]
    if size != int(size):
        raise ValueError(f"{value!r} is no whole number of bytes; write it without the fraction, or in KB")
    return int(size)


def parts_of(value: object) -> object:
    """A list; text is cut at commas and white space."""
    return (
        tuple(re.split(r"[,\s]+", value.strip())) if isinstance(value, str) and value.strip() else value or ()
    )


def lines_of(value: object) -> object:
    """A list; text is cut at its lines, since one of them may have commas and white space."""
    if isinstance(value, str):
        return tuple(line.strip() for line in value.splitlines() if line.strip())
    return value or ()


def known_zone(name: str) -> str:
    """A time zone by its name in the IANA database."""
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!r} is not a time zone; write one such as Europe/Vienna") from error


def _matching(pattern: re.Pattern[str], what: str) -> BeforeValidator:
    def check(value: object) -> object:
        text = str(value).strip().lower()
        if not pattern.fullmatch(text):
            raise ValueError(f"{text!r} is not {what}")
        return text

    return BeforeValidator(check)


MimePattern = Annotated[str, _matching(MIME_PATTERN, "a MIME type; write image/png or image/*")]
Domain = Annotated[str, _matching(DOMAIN, "a domain; write example.com or *.example.com")]

Hours = Annotated[str, AfterValidator(checked_hours)]
Day = Annotated[str, AfterValidator(checked_day)]
MOST_HOURS, MOST_HOLIDAYS = 50, 500
LARGEST_FILE = 1_000_000_000
LONGEST_SILENCE = 3_650
"""Days."""

OFFICE = "application/vnd.openxmlformats-officedocument"
DEFAULT_TYPES = (
    "image/*",
    "text/*",
    "application/pdf",
    "application/zip",
    "application/msword",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    f"{OFFICE}.wordprocessingml.document",
    f"{OFFICE}.spreadsheetml.sheet",
    f"{OFFICE}.presentationml.presentation",
    "application/vnd.oasis.opendocument.text",
    "application/vnd.oasis.opendocument.spreadsheet",
    "application/vnd.oasis.opendocument.presentation",
    "message/rfc822",
)


PER_DEPARTMENT = (
    "signature",
    "signature_html",
    "response_to_closed_ticket_action",
    "close_inactive_tickets",
    "close_ticket_after_days",
    "send_ticket_close_reminder",
    "reminder_before_ticket_close_days",
)
"""What a department may set otherwise than its tenant; `outgoing_mails_per_department` names them itself."""


TOGETHER = ("signature", "signature_html")
"""A department that has set one of these has none of its tenant's: two forms of one thing."""
LONGEST_SIGNATURE = 4_000

Signature = Annotated[str, Field(max_length=LONGEST_SIGNATURE)]


class Options(BaseModel):
    """What a tenant has set; a missing option has its default."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=False)

    load_full_timeline: bool = False
    timeline_items_per_page: Annotated[int, Field(ge=1, le=500)] = 25
    allowed_mime_types: Annotated[tuple[MimePattern, ...], BeforeValidator(parts_of)] = DEFAULT_TYPES
    max_file_size: Annotated[int, Field(ge=1, le=LARGEST_FILE), BeforeValidator(bytes_of)] = 25_000_000
    outgoing_mails_per_department: dict[str, FromAddress] = Field(
        default_factory=lambda: {
            "default": FromAddress.RECEIVING_EMAIL,
            "backend": FromAddress.LOGGED_IN_USER,
        }
    )
    mail_scan_frequency: Annotated[int, Field(ge=1, le=10_080)] = 5
    signature: Signature = ""
    signature_html: Signature = ""
    mail_send_threshold: Annotated[int, Field(ge=0, le=100_000)] = 5
    mail_send_window: Annotated[int, Field(ge=1, le=86_400)] = 300
    time_zone: Annotated[str, AfterValidator(known_zone)] = "UTC"
    business_hours: Annotated[tuple[Hours, ...], Field(max_length=MOST_HOURS), BeforeValidator(lines_of)] = (
        "monday-friday 09:00-17:00",
    )
    holidays: Annotated[tuple[Day, ...], Field(max_length=MOST_HOLIDAYS), BeforeValidator(lines_of)] = ()
    mail_forwarding_domains: Annotated[tuple[Domain, ...], BeforeValidator(parts_of)] = ()
    response_to_closed_ticket_action: OnClosed = OnClosed.REOPEN_OLD_TICKET
    thank_you_grace_hours: Annotated[int, Field(ge=0, le=8_760)] = 72
    new_subject_starts_new_ticket: bool = False
    hold_unproven_senders: bool = True
    signed_reply_address: bool = False
    answer_target_hours: Annotated[int, Field(ge=0, le=8_760)] = 8
    ticket_number_format: Annotated[str, AfterValidator(checked_format)] = PLAIN
    filter_strings: Annotated[tuple[String, ...], Field(max_length=MOST), BeforeValidator(lines_of)] = ()
    filter_regexes: Annotated[tuple[Regex, ...], Field(max_length=MOST), BeforeValidator(lines_of)] = ()
    filters_replace_built_in: bool = False
    close_inactive_tickets: bool = False
    close_ticket_after_days: Annotated[int, Field(ge=1, le=LONGEST_SILENCE)] = 14
    send_ticket_close_reminder: bool = False
    reminder_before_ticket_close_days: Annotated[int, Field(ge=1, le=LONGEST_SILENCE - 1)] = 2

    @model_validator(mode="after")
    def _reminder_comes_before_closing(self) -> Self:
        if self.send_ticket_close_reminder and (
            self.reminder_before_ticket_close_days >= self.close_ticket_after_days
        ):
            raise ValueError(
                "reminder_before_ticket_close_days must be less than close_ticket_after_days: "
                "a reminder comes before the ticket closes"
            )
        return self


def filters_of(options: Options, of_file: Filters) -> Filters:
    """Return the tenant's own filters, and then those of the installation, as far as there is room."""
    return Filters(
        strings=tuple(dict.fromkeys((*options.filter_strings, *of_file.strings)))[:MOST],
        regexes=tuple(dict.fromkeys((*options.filter_regexes, *of_file.regexes)))[:MOST],
        replace=options.filters_replace_built_in or of_file.replace,
    )
