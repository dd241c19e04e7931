"""Write a reply: who it goes to, which address speaks and why, and the command to the mailer."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from services.desk.composing.addressing import Recipients, answered_to
from services.desk.composing.keeping import kept_words
from services.desk.composing.writing import Words
from services.desk.desk import Desk
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.queries.people import User, chosen_for, own_addresses
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket, message_id_of, snapshot
from services.desk.queries.timeline import Post, last_incoming, one_post
from services.desk.timeline.mailview import document_of
from shared.contracts.errors import Permanent
from shared.contracts.mail import Address
from shared.contracts.options import FromAddress, Options
from shared.contracts.sending import SendMail, WrittenBody
from shared.contracts.tickets import TicketSnapshot
from shared.plugins.signatures import signature_of, signer_facts
from shared.plugins.templates import TemplateError, ticket_facts
from shared.storage.options import options_of
from shared.storage.signing import signing_of


@dataclass(frozen=True)
class Speaking:
    """Which address a reply will be from, and why, before it is sent."""

    address: str
    reason: str


@dataclass(frozen=True)
class Reply:
    """What a person wants sent."""

    key: UUID
    words: Words
    recipients: Recipients
    send_at: datetime | None = None
    unless_customer_writes: bool = False
    answers: UUID | None = None
    """The post that is answered, when that is not the last mail."""


def speaking(ticket: FullTicket, user: User, options: Options) -> Speaking:
    """Say who will speak. The mailer decides when it sends; this is what it will decide as things stand."""
    setting = options.outgoing_mails_per_department
    default = setting.get("default", FromAddress.RECEIVING_EMAIL)
    choice = setting.get(ticket.department_key or "default", default)
    receiving = ticket.receiving_address or ticket.mailbox_address or ""
    if not receiving:
        return Speaking(
            "", gettext("this ticket came through no mailbox: the mailer takes the tenant's first one")
        )
    if choice is FromAddress.RECEIVING_EMAIL:
        return Speaking(receiving, gettext("the ticket's first mail came here"))
    if user.may_send_as:
        department = ticket.department_name or gettext("this department")
        said = gettext("%(department)s writes as the person who answers", department=department)
        return Speaking(user.address, said)
    return Speaking(receiving, gettext("you may not send as %(address)s", address=user.address))


async def signature_below(reading: Reading, user: User, ticket: FullTicket) -> str:
    """Say what the mailer will put below a reply, as things stand; nothing when nothing is set."""
    signing = await signing_of(reading.db, reading.tenant, ticket.department, user.id)
    if signing is None:
        return ""
    signers = signer_facts(signing.agent, signing.department)
    try:
        facts = ticket_facts(await snapshot(reading, ticket)) | signers
        made = signature_of(signing.text, signing.html, facts)
    except TemplateError:
        return ""
    return made.text if made else ""


async def suggested(
    desk: Desk, reading: Reading, ticket: FullTicket, answers: UUID | None = None
) -> Recipients:
    """Whom a reply goes to, from the last mail that a person sent us, or from the post that it answers."""
    contact = (
        Address(address=ticket.contact_address, name=ticket.contact_name or "")
        if ticket.contact_address
        else None
    )
    last = await _answered(reading, ticket, answers) or await last_incoming(reading, ticket.id)
    document = None
    if last is not None and last.body is not None:
        try:
            document = await document_of(desk.blobs, reading.tenant, last.body)
        except Permanent:
            document = None
    chosen = await chosen_for(reading, ticket.id)
    return answered_to(document, contact, await own_addresses(reading), chosen)


async def _answered(reading: Reading, ticket: FullTicket, answers: UUID | None) -> Post | None:
    post = await one_post(reading, answers) if answers else None
    return post if post and post.ticket == ticket.id and post.kind == "mail_in" else None


async def command_to_send(
    desk: Desk, reading: Reading, user: User, ticket: FullTicket, reply: Reply
) -> SendMail:
    """Keep the words as a blob and make the command. Its id and effect are the form's key: sent once."""
    blob = await kept_words(desk, reading.tenant, reply.words)
    return SendMail(
        id=reply.key,
        tenant=reading.tenant,
        occurred_at=desk.clock(),
        ticket=await _threaded(reading, ticket, reply.answers),
        effect=reply.key,
        written_by="person",
        actor=actor_of(user),
        to=reply.recipients.to,
        cc=reply.recipients.cc,
        bcc=reply.recipients.bcc,
        subject=reply_subject(ticket.subject),
        body=WrittenBody(blob=blob),
        send_at=reply.send_at,
        unless_customer_writes=reply.unless_customer_writes,
        signature=True,
    )


async def _threaded(reading: Reading, ticket: FullTicket, answers: UUID | None) -> TicketSnapshot:
    """A ticket whose thread ends with the mail that is answered."""
    whole = await snapshot(reading, ticket)
    last = await message_id_of(reading, ticket.id, answers) if answers else None
    if last is None:
        return whole
    thread = (*(one for one in whole.thread if one != last), last)
    return whole.model_copy(update={"thread": thread})


async def options_for(reading: Reading) -> Options:
    return await options_of(reading.db, reading.tenant)


def reply_subject(subject: str) -> str:
    return subject if subject.lower().startswith("re:") else f"Re: {subject}"
