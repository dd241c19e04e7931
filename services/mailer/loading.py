"""Load all that one send needs, in one transaction, and put the mail together."""

from dataclasses import dataclass, replace

from services.mailer import repository
from services.mailer.composing import OutgoingFile, OutgoingMail
from services.mailer.identity import (
    Identity,
    Mailbox,
    Speaker,
    choice_for,
    instead_of_person,
    sender_for,
)
from services.mailer.repository import MailRow, addresses_of
from shared.blobs.store import BlobStore
from shared.connecting import MailboxRow
from shared.contracts.mail import Address, MailFile
from shared.contracts.sending import Draft
from shared.contracts.thread_tokens import reply_address
from shared.contracts.tickets import Actor, TicketSnapshot
from shared.messaging.unit import Units
from shared.storage.engine import in_tenant
from shared.storage.options import options_of
from shared.storage.secrets import ThreadKeys


@dataclass(frozen=True)
class Loaded:
    row: MailRow
    mailbox: MailboxRow
    mail: OutgoingMail
    identity: Identity
    threshold: int
    unconfirmed: int
    """How many attempts were given up as unknown before this one."""

    @property
    def key(self) -> str:
        """How the provider finds this mail again. Another sender is another mail there, and so is a mail that
        a person sends again because nobody knows what became of it."""
        sender = "-mailbox" if self.row.as_mailbox else ""
        again = f"-again{self.unconfirmed}" if self.unconfirmed else ""
        return f"{self.row.id}{sender}{again}"

    @property
    def addresses(self) -> tuple[str, ...]:
        return tuple(one.address for one in (*self.mail.to, *self.mail.cc, *self.mail.bcc))


async def load(units: Units, blobs: BlobStore, keys: ThreadKeys, row: MailRow) -> Loaded | None:
    """Load what a send needs; None when there is no mailbox to send through."""
    snapshot, actor = TicketSnapshot.model_validate(row.snapshot), Actor.model_validate(row.actor)
    async with in_tenant(units.engine, row.tenant) as db:
        mailbox = await repository.mailbox_to_send_through(db, row.tenant, row.mailbox)
        if mailbox is None:
            return None
        options = await options_of(db, row.tenant)
        user = await repository.user_row(db, actor.user)
        key = await repository.department_key(db, snapshot.department)
        unconfirmed = await repository.times_unconfirmed(db, row.id)
    speaker = Speaker(user.address, user.name, user.may_send_as) if user is not None else None
    choice = choice_for(options.outgoing_mails_per_department, key)
    receiving = Mailbox(mailbox.id, mailbox.address, mailbox.name)
    identity = sender_for(choice, receiving, speaker)
    if speaker is not None and row.as_mailbox and identity.address != receiving.address:
        identity = instead_of_person(receiving, speaker, "the provider refused this person's address")
    mail = await _mail(units, blobs, row, snapshot, identity)
    if options.signed_reply_address:
        key_id, signing = next(iter(keys.keys.items()))
        leads_back = reply_address(mailbox.address, row.tenant, snapshot.number, key_id, signing)
        mail = replace(mail, reply_to=leads_back)
    return Loaded(row, mailbox, mail, identity, options.mail_send_threshold, unconfirmed)


async def _mail(
    units: Units, blobs: BlobStore, row: MailRow, snapshot: TicketSnapshot, identity: Identity
) -> OutgoingMail:
    draft = Draft.model_validate_json(await blobs.get(row.tenant, row.body))
    files = [MailFile.model_validate(one) for one in row.files]
    return OutgoingMail(
        id=row.id,
        message_id=row.message_id,
        sender=Address(address=identity.address, name=identity.name),
        to=addresses_of(row, "to"),
        cc=addresses_of(row, "cc"),
        bcc=addresses_of(row, "bcc"),
        subject=row.subject,
        ticket_number=snapshot.number,
        text=draft.text,
        html=draft.html,
        at=units.clock(),
        files=tuple([await _file(blobs, row.tenant, file) for file in files]),
        thread=snapshot.thread,
        automatic=row.written_by == "system",
    )


async def _file(blobs: BlobStore, tenant: str, file: MailFile) -> OutgoingFile:
    content = await blobs.get(tenant, file.sha256)
    return OutgoingFile(file.name, file.media_type, content, file.content_id if file.inline else None)
