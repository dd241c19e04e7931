"""Tickets: list, read, change, answer."""

from datetime import datetime

from fastapi import APIRouter, Response

from services.desk.api.answering import NOT_HERE, REFUSED, TAKES_FILES, CommandAnswer, Key, carried_out
from services.desk.api.listed import Listed, with_view
from services.desk.api.named import Number, the_ticket
from services.desk.api.paging import Asked, NoPlace, Page
from services.desk.api.people import address_of, addresses_of
from services.desk.api.planned import moment_named
from services.desk.api.shapes import (
    Changes,
    OpenIn,
    PostOut,
    ReplyIn,
    TicketLine,
    TicketOut,
    post_out,
    ticket_line,
    ticket_out,
)
from services.desk.asking.commands import Done, Refused, StillWorking
from services.desk.composing.addressing import Recipients, Unusable, recipients
from services.desk.composing.keeping import kept_words
from services.desk.composing.opening import mail_the_first
from services.desk.composing.replying import Reply, command_to_send, options_for, suggested
from services.desk.composing.uploading import attached
from services.desk.composing.writing import words_of
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Conflict, Invalid
from services.desk.making import actor_of
from services.desk.queries.defined import custom_fields_of, names_of_defined, status_choices
from services.desk.queries.links import links_of
from services.desk.queries.ordering import order_of
from services.desk.queries.people import own_addresses, participants_of
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.ticket import FullTicket
from services.desk.queries.tickets import ticket_page
from services.desk.queries.timeline import window
from services.desk.signin.auth import TokenUser
from services.desk.timeline.mailview import shown_mails
from shared.contracts.tickets import ChangeTicket, OpenTicket
from shared.storage.options import options_of

router = APIRouter(prefix="/tickets", tags=["tickets"])


@router.get("", summary="List tickets", responses=NOT_HERE)
async def list_tickets(desk: TheDesk, user: TokenUser, wanted: Listed, asked: Asked) -> Page[TicketLine]:
    """One page, newest activity or longest wait first. A page of a search may be short."""
    async with desk.reading(user) as reading:
        listed = await with_view(reading, user, wanted)
        await _must_be_a_status(reading, listed.status)
        found = await find(reading, listed.searched(), user.id)
        if found.problems:
            raise Invalid(" ".join(found.problems), remedy="What can be asked for is in docs/search.md.")
        filters = listed.filters(await custom_fields_of(reading), desk.clock())
        asked.read(order_of(filters.sort).place_of)
        page = await ticket_page(
            reading, filters, user.id, found, after=asked.after or None, limit=asked.limit
        )
        how = (await options_for(reading)).ticket_number_format
    return asked.told([ticket_line(row, how) for row in page.rows], page.more)


async def _must_be_a_status(reading: Reading, status: str) -> None:
    """Let archived ones be asked for: tickets may have them still."""
    known = [one.key for one in await status_choices(reading)]
    if status in {"", *known} or f"status.{status}" in await names_of_defined(reading):
        return
    what = f"There is no status {status}; there are: {', '.join(known)}."
    raise Invalid(what, remedy="Name one of these.", errors={"status": what})


@router.post("", status_code=201, summary="Open a ticket", responses=REFUSED | TAKES_FILES)
async def open_ticket(
    desk: TheDesk, user: TokenUser, wanted: OpenIn, key: Key, response: Response
) -> CommandAnswer:
    """Open a ticket for somebody. The text is an internal note: the customer gets nothing, unless it is
    `mailed`."""
    words = words_of(wanted.text, wanted.html)
    command = OpenTicket(
        id=key.id,
        tenant=user.tenant,
        subject=wanted.subject,
        body=await kept_words(desk, user.tenant, words),
        contact=address_of(wanted.contact),
        department=wanted.department,
        mailbox=wanted.mailbox,
        actor=actor_of(user),
        files=await attached(desk, user, wanted.files, sent=wanted.mailed, drawn=words.images),
        mailed=wanted.mailed,
    )
    answer = await carried_out(desk, key, command, response)
    if wanted.mailed and answer.number is not None:
        match await mail_the_first(desk, user, answer.number, command, words):
            case Refused(why):
                raise Conflict(f"Ticket {answer.number} is open. Its mail was not sent: {why}.")
            case Done(facts):
                return CommandAnswer.model_validate({**answer.model_dump(), **facts})
            case StillWorking():
                response.status_code = 202
    return answer


@router.get("/{number}", summary="Read a ticket", responses=NOT_HERE)
async def read_ticket(desk: TheDesk, user: TokenUser, number: Number) -> TicketOut:
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        people = await participants_of(reading, ticket.id)
        how = (await options_for(reading)).ticket_number_format
        return ticket_out(ticket, await links_of(reading, ticket.id), people, how)


@router.get("/{number}/timeline", summary="Read the timeline of a ticket", responses=NOT_HERE)
async def read_timeline(
    desk: TheDesk,
    user: TokenUser,
    number: Number,
    asked: Asked,
) -> Page[PostOut]:
    """The newest posts, with where each outgoing mail is, oldest first; `next` begins the older ones."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        found = await window(reading, ticket.id, asked.limit, asked.id)
        if asked.after and not found.newer:
            raise NoPlace  # that post was moved to another ticket meanwhile
        options = await options_of(reading.db, user.tenant)
    mails = await shown_mails(desk.blobs, user.tenant, found.posts, options.allowed_mime_types)
    posts = [post_out(post, mails[post.id], desk.clock()) for post in found.posts]
    return asked.told(posts, str(posts[0].id) if found.older and posts else None)


@router.patch("/{number}", summary="Change fields", responses=NOT_HERE | REFUSED)
async def change_ticket(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: Changes, key: Key, response: Response
) -> CommandAnswer:
    """Change the fields that are named. Refused when the ticket is no longer of `version`."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
    changes = wanted.named()
    if not changes:
        raise Invalid("No field is named.", remedy="Name at least one of the fields to change.")
    command = ChangeTicket(
        id=key.id,
        tenant=user.tenant,
        ticket=ticket.id,
        changes=changes,
        expected_version=wanted.version,
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)


@router.post("/{number}/replies", summary="Send a reply", responses=NOT_HERE | REFUSED | TAKES_FILES)
async def reply(
    *, desk: TheDesk, user: TokenUser, number: Number, wanted: ReplyIn, key: Key, response: Response
) -> CommandAnswer:
    """Hand a reply to the mailer, now or planned. Without recipients it goes to who wrote last."""
    async with desk.reading(user) as reading:
        ticket = await the_ticket(reading, number)
        if ticket.merged_into is not None:
            raise Conflict(f"Ticket {number} was merged.", remedy=f"Answer on {ticket.merged_where}.")
        people = await _recipients(desk, reading, ticket, wanted)
        moment = await _moment(desk, reading, wanted)
        words = words_of(wanted.text, wanted.html)
        asked = Reply(key.id, words, people, moment, wanted.unless_customer_writes)
        command = await command_to_send(desk, reading, user, ticket, asked)
    files = await attached(desk, user, wanted.files, sent=True, drawn=words.images)
    command = command.model_copy(update={"files": files})
    return await carried_out(desk, key, command, response)


async def _moment(desk: Desk, reading: Reading, wanted: ReplyIn) -> datetime | None:
    if wanted.send_at is None:
        return None
    return moment_named(wanted.send_at, (await options_for(reading)).time_zone, desk.clock())


async def _recipients(desk: Desk, reading: Reading, ticket: FullTicket, wanted: ReplyIn) -> Recipients:
    if not wanted.to:
        suggestion = await suggested(desk, reading, ticket)
        to, cc = suggestion.to, suggestion.cc if wanted.cc is None else addresses_of(wanted.cc)
    else:
        to, cc = addresses_of(wanted.to), addresses_of(wanted.cc or [])
    people = recipients(to, cc, await own_addresses(reading), addresses_of(wanted.bcc))
    if isinstance(people, Unusable):
        raise Invalid(people.why)
    return people
