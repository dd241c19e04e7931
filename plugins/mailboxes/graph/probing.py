"""A mail that the doctor sends to the mailbox itself: what Exchange makes of its header fields."""

import asyncio
import base64
from dataclasses import dataclass
from email.message import EmailMessage, Message
from email.parser import BytesHeaderParser
from email.policy import SMTP
from email.utils import make_msgid, parseaddr
from time import monotonic
from uuid import uuid4

from plugins.mailboxes.graph.client import GraphClient, literal, quoted
from plugins.mailboxes.graph.shapes import MessageRead, MessagesRead, read
from shared.plugins.mailboxes import PROBE_HEADER

_WAIT_SECONDS = 40
_LOOK_SECONDS = 2
_FIELDS = ("In-Reply-To", "References", "Auto-Submitted", PROBE_HEADER)


@dataclass(frozen=True)
class Probed:
    """How a probe came back."""

    kept: tuple[str, ...]
    lost: tuple[str, ...]
    rewritten: bool
    """It has another Message-ID."""
    seconds: float
    authors: str
    """Who wrote it, and for whom, as its fields say."""


async def probe(client: GraphClient, address: str, author: str | None = None) -> Probed | None:
    """Send one and read it back; None when it did not come. Nothing of it stays in the mailbox."""
    mail = _mail(address, author or address)
    begun = monotonic()
    draft = await client.post_mime("messages", base64.b64encode(mail.as_bytes()))
    try:
        await client.post(f"messages/{quoted(read(MessageRead, draft).id)}/send")
        came = await _comes(client, str(mail["Subject"]))
        return None if came is None else await _compared(client, came, mail, monotonic() - begun)
    finally:
        for folder in ("inbox", "sentitems", "drafts"):
            for copy in await _named(client, folder, str(mail["Subject"])):
                await client.delete(f"messages/{quoted(copy)}")
                await client.delete(f"messages/{quoted(copy)}")


def _mail(address: str, author: str) -> EmailMessage:
    domain = address.rpartition("@")[2]
    mail = EmailMessage(policy=SMTP)
    mail["From"], mail["To"] = author, address
    mail["Subject"] = f"Postroom doctor {uuid4()}"
    mail["Message-ID"], before = make_msgid("doctor", domain), make_msgid("before", domain)
    mail["In-Reply-To"] = mail["References"] = before
    mail["Auto-Submitted"] = "auto-generated"
    mail[PROBE_HEADER] = str(uuid4())
    mail.set_content("Postroom sent this to see what becomes of its header fields. It removes it by itself.")
    return mail


async def _comes(client: GraphClient, subject: str) -> str | None:
    ends = monotonic() + _WAIT_SECONDS
    while monotonic() < ends:
        if found := await _named(client, "inbox", subject):
            return found[0]
        await asyncio.sleep(_LOOK_SECONDS)
    return None


async def _named(client: GraphClient, folder: str, subject: str) -> list[str]:
    query = {"$filter": f"subject eq {literal(subject)}", "$select": "id"}
    page = read(MessagesRead, await client.get(f"mailFolders/{folder}/messages", query))
    return [message.id for message in page.value]


async def _compared(client: GraphClient, came: str, mail: EmailMessage, seconds: float) -> Probed:
    answer = await client.get(f"messages/{quoted(came)}/$value")
    there = BytesHeaderParser(policy=SMTP).parsebytes(answer.content)
    kept = tuple(name for name in _FIELDS if _plain(there[name]) == _plain(mail[name]))
    lost = tuple(name for name in _FIELDS if name not in kept)
    rewritten = _plain(there["Message-ID"]) != _plain(mail["Message-ID"])
    return Probed(kept, lost, rewritten, seconds, _authors(there))


def _authors(there: Message) -> str:
    names = [parseaddr(str(there[name] or ""))[1].lower() for name in ("From", "Sender")]
    return " for ".join(dict.fromkeys(name for name in reversed(names) if name))


def _plain(value: object) -> str:
    return "".join(str(value or "").split())
