"""Statuses of tickets: the built-in ones, and the categories that own ones belong to."""

from enum import StrEnum


class Category(StrEnum):
    """What a status means to rules: placement, inactivity and lists ask the category, never the name."""

    NEW = "new"
    OPEN = "open"
    PENDING = "pending"
    RESOLVED = "resolved"
    CLOSED = "closed"


MERGED = "merged"
"""Status and category of a ticket that was merged into another; nobody sets it."""

BUILT_IN = {str(category): category for category in Category}
"""The statuses that every tenant has, each of the category of its name."""

ENDED = (Category.CLOSED, MERGED)
"""Categories of what nobody works on any more."""


def category_of_built_in(status: str) -> str | None:
    """Return the category of a status that every tenant has; None for an own one."""
    return status if status in BUILT_IN or status == MERGED else None
