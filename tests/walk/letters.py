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
