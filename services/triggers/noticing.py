"""Who is to be told of an event, and when. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from uuid import UUID, uuid5

from shared.contracts.hours import BusinessClock
from shared.contracts.mail import AutomaticKind
from shared.contracts.notices import Choices, NoticeKind, PeopleMentioned, Way
from shared.contracts.options import Options
from shared.contracts.tickets import PostAdded, ReminderDue, TicketChanged, TicketEvent

QUIET = timedelta(minutes=1)
"""How long the first notice waits for others: a burst is one mail."""
ANSWERS = frozenset({AutomaticKind.AUTO_REPLY, AutomaticKind.BOUNCE, AutomaticKind.OWN})
"""Automatic mail of which nobody is told, whatever it leads to: it may answer what we sent. An alert of a
machine is other mail."""
NOBODY = UUID(int=0)
LONG_AGO = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Notice:
    """Something that one person is to be told."""

    id: UUID
    """Made of what happened: the same each time."""
    kind: NoticeKind
    user: UUID
    ticket: UUID
    post: UUID | None = None
    who: str = ""
    """Which of us, or which trigger, did it; empty: whoever wrote the post."""
    author: str = ""
    """The address of who wrote the post."""


@dataclass(frozen=True)
class Person:
    """Somebody who may be told."""

    id: UUID
    address: str
    name: str
    is_admin: bool
    hidden: frozenset[UUID] = frozenset()
    """Departments whose tickets they may not see."""

    def sees(self, department: UUID | None, assignee: UUID | None) -> bool:
        return self.is_admin or assignee == self.id or department not in self.hidden


def noticed(event: TicketEvent) -> list[Notice]:
    """Return what an event tells to whom; nobody is told of what they did themselves."""
    if event.from_automatic in ANSWERS:
        return []
    return [one for one in _told_by(event) if one.user != event.actor.user]


def may_be_told(notice: Notice, person: Person | None, ticket: TicketEvent, choices: Choices) -> bool:
    """Say whether somebody is there, wants to know, may see the ticket, and did not write the post."""
    if person is None or choices.way(notice.kind) is Way.OFF:
        return False
    if notice.author and notice.author.lower() == person.address.lower():
        return False
    return person.sees(ticket.ticket.department, ticket.ticket.assignee)


def goes_at(way: Way, at: datetime, hour: int, clock: BusinessClock, not_before: datetime) -> datetime:
    """Return when a notice of the moment `at` is told. `not_before`: the last mail is long enough ago."""
    if way is Way.DIGEST:
        return next_digest(at, hour, clock)
    return max(at + QUIET, not_before)


def next_digest(after: datetime, hour: int, clock: BusinessClock) -> datetime:
    """Return when a clock shows an hour next. Where the clock is put forward over it, that is as long after
    midnight as on other days; where it shows it twice, the first."""
    day = clock.local(after).date()
    while True:
        local = datetime.combine(day, time(hour), tzinfo=clock.local(after).tzinfo)
        moment = local.astimezone(UTC)
        if moment > after:
            return moment
        day += timedelta(days=1)


def apart(options: Options) -> timedelta:
    """Return how far apart the mails to one person are at least: they take half of what the send threshold
    lets through, so that it holds none of them and leaves room for others."""
    if options.mail_send_threshold == 0:
        return timedelta()
    return 2 * timedelta(seconds=options.mail_send_window) / options.mail_send_threshold


def _told_by(event: TicketEvent) -> Iterator[Notice]:
    ticket, owner = event.ticket.id, event.ticket.assignee or NOBODY
    match event:
        case TicketChanged(changes=changes):
            for user in (UUID(str(one.new)) for one in changes if one.field == "assignee" and one.new):
                yield _notice(NoticeKind.ASSIGNED, user, event.id, ticket, who=event.actor.name)
        case ReminderDue() if owner != NOBODY:
            yield _notice(NoticeKind.REMINDER, owner, event.id, ticket)
        case PostAdded(post=post) if owner != NOBODY and post.kind == "mail_in" and post.by_person:
            author = post.author.address if post.author else ""
            yield _notice(NoticeKind.REPLIED, owner, post.id, ticket, post=post.id, author=author)
        case PeopleMentioned(post=post, people=people):
            for user in people:
                who = event.actor.name
                yield _notice(NoticeKind.MENTIONED, user, post, ticket, post=post, who=who)
        case _:
            pass


def _notice(
    kind: NoticeKind,
    user: UUID,
    of: UUID,
    ticket: UUID,
    *,
    post: UUID | None = None,
    who: str = "",
    author: str = "",
) -> Notice:
    return Notice(uuid5(of, f"{kind}/{user}"), kind, user, ticket, post, who, author)
