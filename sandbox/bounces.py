"""Non-delivery reports as Exchange writes them: multipart/report after RFC 3464."""

from datetime import UTC, datetime
from email import policy
from email.message import Message
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.mime.text import MIMEText
from email.utils import format_datetime, make_msgid
from html import escape
from itertools import takewhile

from sandbox.composing import without_header

_STATUS = "5.1.10"
_DIAGNOSTIC = "smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup"


def non_delivery_report(
    raw: bytes, *, sender: str, recipient: str, subject: str, message_id: str, now: int
) -> bytes:
    """The report that the sender of `raw` gets about one recipient."""
    domain = sender.rpartition("@")[2]
    report = MIMEMultipart("report", report_type="delivery-status")
    report["From"] = f"Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@{domain}>"
    report["To"] = sender
    report["Subject"] = f"Undeliverable: {' '.join(subject.splitlines())}"
    report["Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    report["Message-ID"] = make_msgid(domain=domain)
    report["In-Reply-To"] = message_id
    report["References"] = message_id
    report["Auto-Submitted"] = "auto-replied"
    report["X-MS-Exchange-Message-Is-Ndr"] = ""
    report["Return-Path"] = "<>"
    report.attach(MIMEText(_explanation(recipient), "html"))
    report.attach(_delivery_status(domain, recipient, now))
    report.attach(_original_fields(raw))
    return report.as_bytes(policy=policy.SMTP.clone(cte_type="8bit", utf8=False))


def _explanation(recipient: str) -> str:
    user, _, domain = recipient.rpartition("@")
    return (
        f"<html><body><p>Your message to {escape(recipient)} couldn't be delivered.</p>"
        f"<p>{escape(user)} wasn't found at {escape(domain)}.</p>"
        "</body></html>"
    )


def _delivery_status(domain: str, recipient: str, now: int) -> Message:
    server, failed = Message(), Message()
    server["Reporting-MTA"] = f"dns;sandbox.{domain}"
    server["Arrival-Date"] = format_datetime(datetime.fromtimestamp(now, UTC))
    failed["Final-Recipient"] = f"rfc822;{recipient}"
    failed["Action"] = "failed"
    failed["Status"] = _STATUS
    failed["Diagnostic-Code"] = _DIAGNOSTIC
    part = MIMENonMultipart("message", "delivery-status")
    part.set_payload([server, failed])
    return part


def _original_fields(raw: bytes) -> Message:
    part = MIMENonMultipart("text", "rfc822-headers")
    fields = takewhile(bytes.strip, without_header(raw, "Bcc").splitlines())
    part.set_payload(b"\r\n".join(fields).decode("ascii", "replace").replace("\ufffd", "?"))
    return part
