"""A mail that cannot be read and is wanted anyway: what its header says, and the whole of it as a file."""

import re

from shared.contracts.documents import Body, Document, Note
from shared.contracts.mail import FileDecision, MailFile, MailStored

MOST_HEADER = 64_000
TEXT = "This mail could not be read. The whole of it, as it came, is attached."
_END = re.compile(rb"\r?\n\r?\n")


def header_of(raw: bytes) -> bytes:
    """The header alone: mostly it is the body that the parser breaks on."""
    return _END.split(raw[:MOST_HEADER], maxsplit=1)[0] + b"\r\n\r\n"


def salvaged(found: Document, mail: MailStored, why: str) -> Document:
    """The document of a mail of which `found` is what could be read."""
    whole = MailFile(
        name="mail.eml",
        size=mail.size,
        sha256=mail.blob,
        media_type="message/rfc822",
        declared_type="message/rfc822",
        decision=FileDecision.WARNED,
        reason="It is the whole mail, which could not be read.",
    )
    note = Note(code="unreadable", detail=why)
    told = {"body": Body(reply_text=TEXT), "files": (whole,), "notes": (*found.notes, note)}
    return found.model_copy(update=told | {"fingerprint": mail.blob})


def nameless(found: Document, mail: MailStored) -> Document:
    """A document of nothing, known by the mail's own hash."""
    return found.model_copy(update={"message_id": f"sha256-{mail.blob}@postroom.invalid"})
