"""What is looked up of the tickets of one page: names, the last words, marks, and whether they are read."""

from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    Exists,
    ScalarSelect,
    Select,
    Subquery,
    and_,
    case,
    exists,
    false,
    func,
    literal,
    or_,
    select,
    true,
)

from services.desk.queries.ordering import Order
from services.desk.queries.reading import Reading
from shared.contracts.statuses import ENDED
from shared.storage.config import departments, mailboxes, statuses, users
from shared.storage.desk import seen
from shared.storage.sending import mails as outgoing
from shared.storage.tickets import contacts, held, organizations, participants, posts

OWN = ("id", "number", "subject", "status", "category", "priority", "assignee", "tags", "fields")
TIMES = ("waiting_since", "changed_at", "created_at")


def rows_of(reading: Reading, order: Order, chosen: Subquery, user: UUID) -> Select[tuple[object, ...]]:
    c = chosen.c
    of_ticket = and_(reading.own(posts), posts.c.ticket == c.id)
    failed = and_(outgoing.c.ticket == c.id, outgoing.c.state.in_(("failed", "bounced", "held")))
    forwarder = and_(participants.c.ticket == c.id, participants.c.role == "forwarder")
    query = select(
        *(c[name] for name in (*OWN, *TIMES)),
        *(c[f"key{n}"] for n in range(len(order.keys))),
        statuses.c.name.label("status_name"),
        contacts.c.name.label("contact_name"),
        contacts.c.address.label("contact_address"),
        _last_words(of_ticket).label("preview"),
        _is_any(chosen, of_ticket, posts.c.has_files).label("has_files"),
        _is_any(chosen, held.c.ticket == c.id, held.c.state == "open").label("is_held"),
        _is_any(chosen, forwarder).label("is_forwarded"),
        _is_any(chosen, failed).label("has_failed"),
        is_unread(reading, chosen, user).label("is_unread"),
        mailboxes.c.address.label("mailbox_address"),
        departments.c.name.label("department_name"),
        organizations.c.name.label("organization_name"),
        users.c.name.label("assignee_name"),
        users.c.address.label("assignee_address"),
    ).select_from(
        chosen.outerjoin(contacts, contacts.c.id == c.contact)
        .outerjoin(mailboxes, mailboxes.c.id == c.mailbox)
        .outerjoin(departments, departments.c.id == c.department)
        .outerjoin(organizations, organizations.c.id == c.organization)
        .outerjoin(users, users.c.id == c.assignee)
        .outerjoin(statuses, and_(reading.own(statuses), statuses.c.key == c.status))
        .outerjoin(seen, seen_by(reading, chosen, user))
    )
    return order.ordered(query, c)


def _last_words(of_ticket: ColumnElement[bool]) -> ColumnElement[str]:
    """What a person wrote last, customer or agent; where only programs wrote, what they did."""
    by_person = or_(
        and_(posts.c.kind == "mail_in", posts.c.automatic.is_(None)),
        and_(posts.c.kind.in_(("mail_out", "note")), posts.c.user.is_not(None)),
    )

    def last(*which: ColumnElement[bool]) -> ScalarSelect[str]:
        return (
            select(posts.c.preview)
            .where(of_ticket, posts.c.kind != "system", posts.c.preview != "", *which)
            .order_by(posts.c.shown_at.desc(), posts.c.id.desc())
            .limit(1)
            .scalar_subquery()
        )

    return func.coalesce(last(by_person), last())


def is_unread(reading: Reading, chosen: Subquery, user: UUID) -> ColumnElement[bool]:
    """Say that a ticket which has not ended got a post of somebody else since its reader opened it, or since
    they came. `chosen` is joined with what they have seen."""
    joined = select(users.c.created_at).where(reading.own(users), users.c.id == user).scalar_subquery()
    newer = _is_any(
        chosen,
        and_(reading.own(posts), posts.c.ticket == chosen.c.id),
        # what a trigger wrote is nobody's news
        or_(posts.c.kind == "mail_in", and_(posts.c.kind != "system", posts.c.user != user)),
        posts.c.created_at > func.coalesce(seen.c.at, joined),
    )
    return case((seen.c.unread.is_(true()), true()), (chosen.c.category.in_(ENDED), false()), else_=newer)


def seen_by(reading: Reading, chosen: Subquery, user: UUID) -> ColumnElement[bool]:
    return and_(reading.own(seen), seen.c.user == user, seen.c.ticket == chosen.c.id)


def _is_any(chosen: Subquery, *conditions: ColumnElement[bool]) -> Exists:
    """Ask for each ticket of the page: the offset keeps the server from reading all there are instead."""
    return exists(select(literal(1)).where(*conditions).correlate(chosen, seen).offset(0))
