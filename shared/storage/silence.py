"""Tickets that nobody writes on, in SQL: the rules of `contracts/inactivity.py`, for any number of them."""

from datetime import datetime, timedelta

from sqlalchemy import Boolean, and_, literal_column, or_, true
from sqlalchemy.sql.elements import ColumnElement

from shared.contracts.inactivity import earliest
from shared.contracts.options import Options
from shared.storage.options import Scope
from shared.storage.tickets import UNENDED, tickets

PLACE = (tickets.c.last_person_post_at, tickets.c.id)
"""The longest silence first."""


def silent(tenant: str, scope: Scope, at: datetime) -> list[ColumnElement[bool]]:
    """Say which tickets of a scope will be due something by a moment, if nobody writes. An imported ticket is
    left alone until somebody does."""
    c = tickets.c
    return [
        c.tenant == tenant,
        literal_column(f"ticketing.ticket.{UNENDED}", Boolean),
        c.last_person_post_at <= earliest(scope.options, at),
        or_(c.imported_at.is_(None), c.last_person_post_at > c.imported_at),
        *_within(scope),
    ]


def due_now(options: Options, now: datetime) -> ColumnElement[bool]:
    """Leave out the tickets that were reminded and whose time has not come."""
    if not options.send_ticket_close_reminder:
        return true()
    c = tickets.c
    notice = timedelta(days=options.reminder_before_ticket_close_days)
    ends = now - timedelta(days=options.close_ticket_after_days)
    return or_(~reminded(), and_(c.reminded_at <= now - notice, c.last_person_post_at <= ends))


def reminded() -> ColumnElement[bool]:
    """Somebody was told in this silence."""
    c = tickets.c
    return and_(c.reminded_at.is_not(None), c.reminded_at >= c.last_person_post_at)


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    department = tickets.c.department
    if scope.department is not None:
        return [department == scope.department]
    return [or_(department.is_(None), department.not_in(scope.apart))] if scope.apart else []
