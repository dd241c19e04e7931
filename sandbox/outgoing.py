"""Mail on its way: what arrives, what leaves, and what comes back."""

from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from fnmatch import fnmatch
from http import HTTPStatus

from sandbox.bounces import non_delivery_report
from sandbox.composing import with_header, without_header
from sandbox.errors import GraphError, bad_request
from sandbox.folders import find_folder
from sandbox.house import House
from sandbox.identifiers import new_internet_message_id
from sandbox.items import Item, add_item
from sandbox.journal import record, record_sent
from sandbox.knobs import Knobs
from sandbox.mailboxes import Mailbox, find_mailbox
from sandbox.mime import Reading, read
from sandbox.shapes import Content, Marks

_MAX_SEND_BYTES = 35 * 1024 * 1024


@dataclass(frozen=True)
class Envelope:
    """One mail that the server has accepted."""

    raw: bytes
    reading: Reading
    recipients: tuple[str, ...]


def deliver(
    house: House, mailbox: Mailbox, raw: bytes, folder: str = "inbox", received: int | None = None
) -> Item:
    """A mail arrives from outside and is kept byte for byte."""
    with house.store.transaction():
        target = find_folder(house.store, mailbox.id, folder)
        item = add_item(house.store, target, read(raw), raw, marks=Marks(), received=received)
        record(house.store, "delivered", item, folder)
        return item


def accept(house: House, mailbox: Mailbox, raw: bytes, *, keep_copy: bool = True) -> None:
    """Take over a mail for sending: from here on it counts as sent, whatever the client is told."""
    envelope = _envelope(house, mailbox, raw)
    with house.store.transaction():
        folder = find_folder(house.store, mailbox.id, "sentitems" if keep_copy else "outbox")
        item = add_item(house.store, folder, envelope.reading, envelope.raw, marks=Marks(is_read=True))
        record_sent(house.store, item, envelope.raw, envelope.recipients)
        record(house.store, "sent", item, ", ".join(envelope.recipients))
        if not keep_copy:
            house.store.run("DELETE FROM item WHERE immutable_id = ?", item.immutable_id)
            house.store.run("DELETE FROM change WHERE item = ?", item.immutable_id)
        for recipient in envelope.recipients:
            _carry(house, mailbox, envelope, recipient)


def recipients_of(content: Content) -> tuple[str, ...]:
    """Everybody once, in order: To, Cc, Bcc."""
    people = (*content.to_recipients, *content.cc_recipients, *content.bcc_recipients)
    addresses = (person.email_address.address for person in people)
    return tuple(dict.fromkeys(address for address in addresses if address))


def with_necessary_fields(raw: bytes, mailbox: Mailbox, now: int) -> bytes:
    """The same bytes, with the fields in front that Exchange adds when they are absent."""
    content = read(raw).content
    if content.sent is None:
        raw = with_header(raw, "Date", format_datetime(datetime.fromtimestamp(now, UTC)))
    if not content.internet_message_id:
        raw = with_header(raw, "Message-ID", new_internet_message_id())
    if content.from_ is None:
        raw = with_header(raw, "From", mailbox.address)
    return raw


def _envelope(house: House, mailbox: Mailbox, raw: bytes) -> Envelope:
    if len(raw) > _MAX_SEND_BYTES:
        message = "The message exceeds the maximum supported size."
        raise GraphError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "ErrorMessageSizeExceeded", message)
    knobs = house.weather(mailbox).knobs
    left = with_necessary_fields(raw, mailbox, house.store.now())
    for name in knobs.drop_headers:
        left = without_header(left, name)
    if knobs.rewrite_message_id:
        left = with_header(left, "Message-ID", new_internet_message_id())
    reading = read(left)
    recipients = recipients_of(reading.content)
    _refuse_foreign_author(mailbox, reading.content, knobs)
    if not recipients or any("@" not in address for address in recipients):
        message = (
            "At least one recipient isn't valid., A message can't be sent because it contains no recipients."
        )
        raise bad_request(message, "ErrorInvalidRecipients")
    return Envelope(left, reading, recipients)


def _refuse_foreign_author(mailbox: Mailbox, content: Content, knobs: Knobs) -> None:
    allowed = (mailbox.address, *knobs.send_as)
    author = (content.from_.email_address.address if content.from_ else None) or ""
    if not any(fnmatch(author.lower(), pattern.lower()) for pattern in allowed):
        message = (
            "The user account which was used to submit this request does not have the right to send mail on"
            " behalf of the specified sending account."
        )
        raise GraphError(HTTPStatus.FORBIDDEN, "ErrorSendAsDenied", message)


def _carry(house: House, mailbox: Mailbox, envelope: Envelope, recipient: str) -> None:
    """To a neighbour in the sandbox, back as a bounce, or out of sight."""
    if house.weather(mailbox).bounces(recipient):
        content = envelope.reading.content
        report = non_delivery_report(
            envelope.raw,
            sender=mailbox.address,
            recipient=recipient,
            subject=content.subject,
            message_id=content.internet_message_id,
            now=house.store.now(),
        )
        bounce = deliver(house, mailbox, report)
        record(house.store, "bounced", bounce, content.internet_message_id)
        return
    neighbour = find_mailbox(house.store, recipient)
    if neighbour is not None:
        deliver(house, neighbour, without_header(envelope.raw, "Bcc"))
