"""Tickets by their references."""

from collections.abc import Sequence

from sqlalchemy import and_, extract, false, func, or_, true
from sqlalchemy.sql.elements import ColumnElement

from shared.contracts.references import Reference
from shared.storage.tickets import tickets


def referred_to(said: Sequence[Reference]) -> ColumnElement[bool]:
    """Ask for the tickets that any of the references names, of whatever tenant."""
    years = extract("year", func.timezone("UTC", tickets.c.created_at))
    each = (
        and_(tickets.c.number == one.number, true() if one.year is None else years == one.year)
        for one in said
    )
    return or_(false(), *each)
