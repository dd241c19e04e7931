"""On a stored mail: read its bytes in a child process, keep what was found, tell. No database, no secrets."""

from pathlib import Path

from services.parser.parsing import Parsed, parse
from services.parser.salvaging import nameless, salvaged
from services.parser.worker import ParserPool, Unreadable
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.documents import Document
from shared.contracts.mail import MailParsed, MailStored, MailUnreadable
from shared.failpoints import crash_point
from shared.messaging.dispatch import Emit
from shared.messaging.topology import Service

parser = Service("parser", stateless=True)

TOLD = {
    "message_id",
    "in_reply_to",
    "references",
    "fingerprint",
    "sender",
    "to",
    "cc",
    "reply_to",
    "delivered_to",
    "subject",
    "date",
    "automatic",
    "bounce",
    "abuse_report",
    "sender_check",
    "only_thanks",
    "forwarded",
}
"""Fields that event and document share."""


@parser.on(MailStored)
async def read_mail(mail: MailStored, emit: Emit, pool: ParserPool, blobs: FilesystemBlobs) -> None:
    raw = await blobs.kept(mail.tenant, mail.blob)
    try:
        parsed = await pool.parse(raw, mail.size, mail.policy)
    except Unreadable as error:
        if not mail.accepted:
            emit(MailUnreadable(tenant=mail.tenant, mail=mail.mail, reason=error.reason, detail=error.detail))
            return
        parsed = Parsed(salvaged(await _what_can_be_read(mail, raw, pool), mail, error.reason))
    crash_point("parser.parsed")
    for content in parsed.files.values():
        await blobs.put(mail.tenant, content)
    crash_point("parser.files_kept")
    document = await blobs.put(mail.tenant, parsed.document.model_dump_json().encode())
    crash_point("parser.kept")
    emit(parsed_event(mail, parsed.document, document))


async def _what_can_be_read(mail: MailStored, raw: Path, pool: ParserPool) -> Document:
    try:
        return (await pool.parse_header(raw, mail.policy)).document
    except Unreadable:
        return nameless(parse(b"", mail.policy).document, mail)


def parsed_event(mail: MailStored, found: Document, blob: str) -> MailParsed:
    """Tell what placement needs to know; the whole document is a blob."""
    return MailParsed(
        tenant=mail.tenant,
        mail=mail.mail,
        mailbox=mail.mailbox,
        mailbox_address=mail.mailbox_address,
        raw=mail.blob,
        document=blob,
        received_at=mail.received_at,
        submitter=found.original_sender or found.sender,
        has_files=any(file.listed for file in found.files),
        imported=mail.imported,
        from_automatic=found.automatic.kind if found.automatic else None,
        **found.model_dump(include=TOLD),
    )
