"""Customers who answer our mail, as their mail program would write it."""

from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import format_datetime, parseaddr
from uuid import uuid4

from sandbox.journal import SentMail

ANSWERS = (
    "Thank you, that did it. One more thing: can two of us use it at the same time?",
    "I tried it twice and it is still the same. What else can I do?",
    "Perfect, thanks! Please send the invoice to our new address.",
    "Sorry for the late answer. Tuesday at ten would be fine for us.",
    "It came back this morning, just as before. Could somebody call me?",
    "Great. Could you tell me when the next delivery is due?",
)


def answer_to(sent: SentMail, index: int, at: datetime) -> bytes:
    """Write a customer's answer to one of our mails, with what we wrote quoted below."""
    ours = message_from_bytes(sent.raw, policy=policy.default)
    name, customer = parseaddr(str(ours["To"]))
    text = ours.get_body(("plain",))
    written = text.get_content() if text is not None else ""
    reply = EmailMessage(policy=policy.SMTP)
    reply["From"] = str(ours["To"]).partition(",")[0]
    reply["To"] = str(ours["From"])
    reply["Subject"] = f"Re: {ours['Subject']}".replace("Re: Re: ", "Re: ")
    reply["Date"] = format_datetime(at)
    reply["Message-ID"] = f"<{uuid4()}@{customer.rpartition('@')[2]}>"
    reply["In-Reply-To"] = str(ours["Message-ID"])
    reply["References"] = f"{ours['References'] or ''} {ours['Message-ID']}".strip()
    quoted = "\n".join(f"> {line}".rstrip() for line in written.splitlines())
    intro = f"On {at:%a, %d %b %Y} at {at:%H:%M}, {parseaddr(str(ours['From']))[0]} wrote:"
    signed = name.split()[0] if name else ""
    reply.set_content(f"{ANSWERS[index % len(ANSWERS)]}\n\n{signed}\n\n{intro}\n{quoted}\n")
    return reply.as_bytes()
