"""What the page of a ticket is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Any
from uuid import UUID

from pydantic import JsonValue

from services.desk.composing.addressing import Recipients, written
from services.desk.composing.drafting import begun_on
from services.desk.composing.replying import options_for, signature_below, speaking, suggested
from services.desk.desk import Desk
from services.desk.languages import gettext
from services.desk.live.colleagues import colleagues_on
from services.desk.pages.typed import Typed
from services.desk.queries.changes import Change, changes_before, changes_since
from services.desk.queries.defined import custom_fields_of, names_of_defined, status_choices
from services.desk.queries.drafts import Kind
from services.desk.queries.images import always_shown
from services.desk.queries.links import links_of
from services.desk.queries.people import (
    User,
    agents,
    department_choices,
    names_by_id,
    other_tickets,
    participants_of,
)
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket, merged_numbers, version_of
from services.desk.queries.timeline import Held, Outgoing, Post, window
from services.desk.timeline.mailview import ShownMail, document_of, draft_of, of_document, shown_mails
from services.desk.timeline.noting import may_do
from services.desk.timeline.prose import paragraphs
from services.desk.timeline.weaving import ChangeLine, change_lines, shown_value, weave, who
from services.desk.wording.signs import field_word
from services.desk.wording.times import ago
from shared.contracts.errors import Permanent
from shared.contracts.mail import MailFile

NEWEST = 100
"""Posts of the page when the timeline is not loaded as a whole."""
PAST = 5
"""Changes in the panel; all of them have a page."""
CHANGE = ("field", "old", "new", "actor", "version", "at")


@dataclass(frozen=True)
class Conflict:
    """Somebody was faster: what they did, and what was not done, to be kept or set anyway."""

    text: str
    version: int
    changes: dict[str, JsonValue]
    wanted: str
    kept: str


@dataclass(frozen=True)
class Trouble:
    """Why a form was not done, beside the form that it was."""

    form: str
    text: str
    conflict: Conflict | None = None
    ask: str = ""
    """What a person is asked once: `newer` post, file that is `attached`."""
    seen: UUID | None = None
    """The newest post, once they were asked."""


# Any: the context of a template, checked by StrictUndefined
async def ticket_context(
    desk: Desk,
    reading: Reading,
    user: User,
    ticket: FullTicket,
    *,
    before: UUID | None,
    reply: Typed | None = None,
    note: Typed | None = None,
    images: UUID | None = None,
) -> dict[str, Any]:
    """`images`: the post whose remote images are asked for. `reply` and `note`:
    what stands in their forms, other than what was begun before."""
    options = await options_for(reading)
    answer, first = await _answer(desk, reading, user, ticket, reply)
    return {
        "ticket": ticket,
        "colleagues": await colleagues_on(desk, reading, ticket.id, user.id),
        "how": options.ticket_number_format,
        "reply": answer,
        "first_people": {"to": [written(one) for one in first.to], "cc": [written(one) for one in first.cc]},
        "note": await _in_form(reading, user, ticket, "note", note),
        "speaking": speaking(ticket, user, options),
        "signature": paragraphs(await signature_below(reading, user, ticket)),
        "agents": await agents(reading),
        "statuses": await status_choices(reading),
        "custom_fields": await custom_fields_of(reading),
        "departments": await department_choices(reading),
        "hidden": reading.hidden,
        "participants": await participants_of(reading, ticket.id),
        "links": await links_of(reading, ticket.id),
        "merged": await merged_numbers(reading, ticket.id),
        "others": await other_tickets(reading, ticket),
        "past": lines_of(await changes_before(reading, ticket.id, None, PAST), await all_names(reading)),
        **await timeline_context(desk, reading, user, ticket, before, images),
    }


async def _answer(
    desk: Desk, reading: Reading, user: User, ticket: FullTicket, given: Typed | None
) -> tuple[Typed, Recipients]:
    """What stands in the form of a reply, and whom we would send it to.

    One that names a post to be answered goes to who wrote that.
    """
    typed = await _in_form(reading, user, ticket, "reply", given if given and given.chosen else None)
    answers = given.answers if given else None
    suggestion = await suggested(desk, reading, ticket, answers or typed.answers)
    if typed.chosen and (answers is None or given is typed):
        return typed, suggestion
    return replace(typed, to=suggestion.to, cc=suggestion.cc, answers=answers), suggestion


async def _in_form(
    reading: Reading, user: User, ticket: FullTicket, kind: Kind, given: Typed | None
) -> Typed:
    begun = await begun_on(reading, user, ticket.id, kind)
    typed = given or (Typed.begun(begun[0]) if begun else Typed())
    return replace(typed, others=tuple(one.told for one in begun if one.draft.id != typed.draft))


# Any: as above
async def timeline_context(  # noqa: PLR0917 - as the page is asked
    desk: Desk,
    reading: Reading,
    user: User,
    ticket: FullTicket,
    before: UUID | None,
    images: UUID | None = None,
) -> dict[str, Any]:
    options = await options_for(reading)
    size = options.timeline_items_per_page if options.load_full_timeline else NEWEST
    found = await window(reading, ticket.id, size, before)
    mails = await shown_mails(desk.blobs, reading.tenant, found.posts, options.allowed_mime_types)
    mails |= await _with_images(reading, found.posts, mails, images)
    for held in found.held:
        mails[held.id] = await _held_mail(desk, reading.tenant, held)
    for mail in found.pending:
        mails[mail.id] = await _pending_mail(desk, reading.tenant, mail)
    now = desk.clock()
    may = {post.id: may_do(user, post, now) for post in found.posts}
    return {
        "entries": weave(found, mails, await all_names(reading), may),
        "older": found.older,
        "newer": found.newer,
        "step": size,
        "first": found.posts[0].id if found.posts else None,
        "loads_by_itself": options.load_full_timeline,
        "newest": max(found.posts, key=attrgetter("created_at")).id
        if found.posts and not found.newer
        else "",
    }


async def _with_images(
    reading: Reading, posts: Sequence[Post], mails: Mapping[UUID, ShownMail], asked: UUID | None
) -> dict[UUID, ShownMail]:
    """The mails whose remote images are shown: of the post that was asked for, and of senders that are chosen
    once and for all. A sender who could not be verified is never one of these."""
    drawn = {post.id: post for post in posts if mails[post.id].remote_images}
    known = {one: post for one, post in drawn.items() if not mails[one].unverified}
    always = await always_shown(reading, {post.author_address for post in known.values()})
    shown = {one: mails[one] for one, post in known.items() if post.author_address.lower() in always}
    told = {one: replace(mail, images="always") for one, mail in shown.items()}
    if asked in drawn and asked not in told:
        told[asked] = replace(mails[asked], images="once")
    return told


async def conflict_of(
    desk: Desk, reading: Reading, ticket: UUID, version: int, changes: dict[str, JsonValue]
) -> Conflict | None:
    """Say who changed the ticket meanwhile; None when nobody did, and the refusal has another reason."""
    current = await version_of(reading, ticket)
    done = await changes_since(reading, ticket, version)
    if current is None or current == version:
        return None
    names = await all_names(reading)
    wanted = ", ".join(f"{field_word(f, names)} {shown_value(f, v, names)}" for f, v in changes.items())
    if not done:
        text = gettext(
            "Somebody changed this ticket a moment ago. Your change to %(wanted)s was not made.",
            wanted=wanted,
        )
        return Conflict(text, current, changes, wanted, gettext("it as it is"))
    last = next((one for one in done if one.field in changes), done[0])
    value = shown_value(last.field, last.new, names)
    field = field_word(last.field, names)
    text = gettext(
        "%(who)s set %(field)s to %(value)s %(ago)s. Your change to %(wanted)s was not made.",
        who=who(last.actor, names),
        field=field,
        value=value,
        ago=ago(last.at, desk.clock()),
        wanted=wanted,
    )
    return Conflict(text, current, changes, wanted, f"{field} {value}")


def lines_of(rows: Sequence[Mapping[str, Any]], names: Mapping[str, str]) -> list[ChangeLine]:
    """Rows of the history as people read them."""
    return change_lines([Change(*(row[name] for name in CHANGE)) for row in rows], names)


async def all_names(reading: Reading) -> dict[str, str]:
    """How people call what ids and keys stand for."""
    return await names_by_id(reading) | await names_of_defined(reading)


async def _held_mail(desk: Desk, tenant: str, held: Held) -> ShownMail:
    if held.message is None:
        return ShownMail(missing=gettext("The words of this mail cannot be shown."))
    try:
        return of_document(await document_of(desk.blobs, tenant, held.message.document))
    except Permanent as error:
        return ShownMail(
            missing=gettext("The words of this mail cannot be shown: %(reason)s.", reason=error.reason)
        )


async def _pending_mail(desk: Desk, tenant: str, mail: Outgoing) -> ShownMail:
    try:
        files = tuple(MailFile.model_validate(file) for file in mail.files)
        return ShownMail(words=paragraphs((await draft_of(desk.blobs, tenant, mail.body)).text), files=files)
    except (Permanent, ValueError):
        return ShownMail(missing=gettext("The words follow in a moment."))
