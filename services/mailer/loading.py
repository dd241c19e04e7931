"""Load all that one send needs, in one transaction, and put the mail together."""

from dataclasses import dataclass, replace
from datetime import timedelta

from services.mailer import repository
from services.mailer.composing import OutgoingFile, OutgoingMail
from services.mailer.guards import Sending
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
from shared.contracts.references import written
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
    within: timedelta
    """The length of the threshold's window."""
    unconfirmed: int
    """How many attempts were given up as unknown before this one."""
    staff: frozenset[str] = frozenset()
    """Those of its addresses that belong to people of this tenant."""

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

    @property
    def sending(self) -> Sending:
        """What decides in which windows it is counted."""
        return Sending(
            ticket=self.row.ticket,
            mailbox=self.mailbox.id,
            addresses=self.addresses,
            written_by=self.row.written_by,
            threshold=self.threshold,
            within=self.within,
            released=self.row.released,
            staff=self.staff,
        )


async def load(units: Units, blobs: BlobStore, keys: ThreadKeys, row: MailRow) -> Loaded | None:
    """Load what a send needs; None when there is no mailbox to send through."""
    actor = Actor.model_validate(row.actor)
    snapshot = TicketSnapshot.model_validate(row.snapshot) if row.snapshot else None
    async with in_tenant(units.engine, row.tenant) as db:
        mailbox = await repository.mailbox_to_send_through(db, row.tenant, row.mailbox)
        if mailbox is None:
            return None
        options = await options_of(db, row.tenant)
        user = await repository.user_row(db, actor.user)
        key = await repository.department_key(db, snapshot.department if snapshot else None)
        unconfirmed = await repository.times_unconfirmed(db, row.id)
        staff = await repository.staff_among(db, row)
    speaker = Speaker(user.address, user.name, user.may_send_as) if user is not None else None
    choice = choice_for(options.outgoing_mails_per_department, key)
    receiving = Mailbox(mailbox.id, mailbox.address, mailbox.name)
    identity = sender_for(choice, receiving, speaker)
    if speaker is not None and row.as_mailbox and identity.address != receiving.address:
        identity = instead_of_person(receiving, speaker, "the provider refused this person's address")
    mail = await _mail(units, blobs, row, identity)
    if snapshot is not None:
        reference = written(options.ticket_number_format, snapshot.number, snapshot.created_at)
        mail = replace(mail, reference=reference, thread=snapshot.thread)
    if snapshot is not None and options.signed_reply_address:
        key_id, signing = next(iter(keys.keys.items()))
        leads_back = reply_address(mailbox.address, row.tenant, snapshot.number, key_id, signing)
        mail = replace(mail, reply_to=leads_back)
    within = timedelta(seconds=options.mail_send_window)
    return Loaded(row, mailbox, mail, identity, options.mail_send_threshold, within, unconfirmed, staff)


async def _mail(units: Units, blobs: BlobStore, row: MailRow, identity: Identity) -> OutgoingMail:
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
        text=draft.text,
        html=draft.html,
        at=units.clock(),
        files=tuple([await _file(blobs, row.tenant, file) for file in files]),
        automatic=row.written_by == "system",
    )


async def _file(blobs: BlobStore, tenant: str, file: MailFile) -> OutgoingFile:
    content = await blobs.get(tenant, file.sha256)
    return OutgoingFile(file.name, file.media_type, content, file.content_id if file.inline else None)
