"""Tickets that nobody writes on, in SQL: the rules of `contracts/inactivity.py`, for any number of them."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Boolean, Column, literal_column, or_
from sqlalchemy.sql.elements import ColumnElement

from shared.contracts.inactivity import earliest
from shared.contracts.options import Options
from shared.storage.conditions import CLOSABLE, REMINDED, UNREMINDED
from shared.storage.options import Scope
from shared.storage.tickets import tickets

PLACE = (tickets.c.last_person_post_at, tickets.c.id)
"""The longest silence first."""


@dataclass(frozen=True)
class Walk:
    """Tickets that one thing is due for, in an order that an index knows: who walks meets no others."""

    what: Literal["closing", "reminder"]
    conditions: tuple[ColumnElement[bool], ...]
    place: tuple[Column[datetime], Column[object]]


def silent(tenant: str, scope: Scope, at: datetime) -> tuple[ColumnElement[bool], ...]:
    """Say which tickets of a scope will be due something by a moment, if nobody writes."""
    return (
        tickets.c.tenant == tenant,
        _said(CLOSABLE),
        tickets.c.last_person_post_at <= earliest(scope.options, at),
        *_within(scope),
    )


def due_now(tenant: str, scope: Scope, now: datetime) -> tuple[Walk, ...]:
    """Say what is due. Closings are first: what is reminded now has its time yet."""
    due = silent(tenant, scope, now)
    if not scope.options.send_ticket_close_reminder:
        return (Walk("closing", due, PLACE),)
    return (
        Walk(
            "closing",
            (*due, _said(REMINDED), *_notice_over(scope.options, now)),
            (tickets.c.reminded_at, tickets.c.id),
        ),
        Walk("reminder", (*due, _said(UNREMINDED)), PLACE),
    )


def _notice_over(options: Options, now: datetime) -> tuple[ColumnElement[bool], ...]:
    notice = timedelta(days=options.reminder_before_ticket_close_days)
    ends = now - timedelta(days=options.close_ticket_after_days)
    return (tickets.c.reminded_at <= now - notice, tickets.c.last_person_post_at <= ends)


def _said(condition: str) -> ColumnElement[bool]:
    """Say it in the very words of the indexes that hold only these."""
    return literal_column(f"({condition})", Boolean)


def _within(scope: Scope) -> list[ColumnElement[bool]]:
    department = tickets.c.department
    if scope.department is not None:
        return [department == scope.department]
    return [or_(department.is_(None), department.not_in(scope.apart))] if scope.apart else []
