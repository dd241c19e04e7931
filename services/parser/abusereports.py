"""Abuse reports in the standard form (ARF, RFC 5965): what is reported, of which mail, by whose reader."""

from services.parser.addresses import address
from services.parser.bounces import returned_mail
from services.parser.headerdates import parse_date
from services.parser.headers import Headers, read_headers
from services.parser.mime import Part
from services.parser.reading import clean_subject, message_ids
from shared.contracts.mail import AbuseReport

MAX_KIND = 40
"""Characters of a kind of report that are kept."""


def abuse_report_of(root: Part) -> AbuseReport | None:
    """What a report says; None when the mail is none. A report counts only as part of a `multipart/report`,
    since anybody may attach a copy of one to a mail of their own."""
    for report in root.walk():
        if report.media_type != "multipart/report":
            continue
        for part in report.children:
            if part.media_type == "message/feedback-report":
                content = part.content.lstrip(b"\r\n")
                fields, _ = read_headers(content, 0, len(content))
                return _report(fields, returned_mail(report))
    return None


def _report(fields: Headers, reported: Headers | None) -> AbuseReport:
    about = reported or Headers()
    recipient = address(fields.first("original-rcpt-to")) or address(about.first("to"))
    return AbuseReport(
        kind=fields.first("feedback-type").strip().lower()[:MAX_KIND] or "other",
        recipient=(recipient.address if recipient else "") or None,
        message_id=next(iter(message_ids(about.first("message-id"))), None),
        subject=clean_subject(about.first("subject")),
        arrived=parse_date(fields.first("arrival-date") or fields.first("received-date")),
    )
