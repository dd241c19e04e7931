"""Mail as customers write it."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid

from sandbox.journal import SentMail
from shared.messaging.unit import now

ANN = "Ann Archer <ann@firm.example>"


def letter(
    subject: str, text: str = "It smokes.", *, sender: str = ANN, at: datetime | None = None, **fields: str
) -> bytes:
    """Write a new mail; `fields`: more of its header, named as Python does."""
    mail = EmailMessage(policy=policy.SMTP)
    mail["From"], mail["To"], mail["Subject"] = sender, fields.pop("to", "support@helpdesk.example"), subject
    mail["Date"], mail["Message-ID"] = format_datetime(at or now()), make_msgid(domain="firm.example")
    for name, value in fields.items():
        mail[name.replace("_", "-")] = value
    mail.set_content(text)
    return mail.as_bytes()


def abuse_report(message_id: str) -> bytes:
    """Write the report of a mail provider whose reader called a mail of ours unwanted."""
    return (
        "From: Feedback <fbl@bigmail.example>\r\nTo: support@helpdesk.example\r\nSubject: Complaint\r\n"
        f"Date: {format_datetime(now())}\r\nMessage-ID: {make_msgid(domain='bigmail.example')}\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nA reader calls this mail unwanted.\r\n"
        "--b\r\nContent-Type: message/feedback-report\r\n\r\n"
        "Feedback-Type: abuse\r\nVersion: 1\r\nUser-Agent: Bigmail\r\n"
        f"--b\r\nContent-Type: message/rfc822\r\n\r\nMessage-ID: <{message_id}>\r\n"
        "Subject: Re: Lift is stuck\r\n\r\nIs it solved?\r\n--b--\r\n"
    ).encode()


def accepted(message_id: str, text: str = "") -> bytes:
    """Write the answer of a calendar to an invitation in a mail of ours."""
    mail = read(letter("Accepted: Visit", text, in_reply_to=f"<{message_id}>"))
    mail.add_alternative(
        "BEGIN:VCALENDAR\r\nMETHOD:REPLY\r\nPRODID:Microsoft Exchange Server 2010\r\nBEGIN:VEVENT\r\n"
        "ATTENDEE;PARTSTAT=ACCEPTED:mailto:ann@firm.example\r\nUID:1\r\nDTSTART:20240402T100000Z\r\n"
        "END:VEVENT\r\nEND:VCALENDAR\r\n",
        subtype="calendar",
        params={"method": "REPLY"},
    )
    return mail.as_bytes()


def answer(ours: SentMail, text: str, *, sender: str = ANN, at: datetime | None = None) -> bytes:
    """Write an answer that is known by the id of what it answers, and by nothing else."""
    mail = read(ours.raw)
    fields = {"to": str(mail["From"]), "in_reply_to": str(mail["Message-ID"])}
    return letter("Your mail", text, sender=sender, at=at, **fields)


def read(raw: bytes) -> EmailMessage:
    return message_from_bytes(raw, policy=policy.default)


def text_of(raw: bytes) -> str:
    """Return the plain text of a mail."""
    part = read(raw).get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def message_id_of(raw: bytes) -> str:
    """Return the Message-ID without its brackets."""
    return str(read(raw)["Message-ID"]).strip(" <>")
