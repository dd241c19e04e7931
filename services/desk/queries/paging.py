"""Where the next page of a list begins: after a moment and an id, as one word in an address."""

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, tuple_


def token_of(key: datetime, row: UUID | str) -> str:
    """Name the place after a row; of rows without an id, by their name."""
    return base64.urlsafe_b64encode(f"{key.isoformat()} {row}".encode()).decode().rstrip("=")


def place_of(token: str | None) -> tuple[datetime, UUID] | None:
    """Read where a page begins; a token that is not ours begins at the start."""
    place = named_place_of(token)
    try:
        return (place[0], UUID(place[1])) if place else None
    except ValueError:
        return None


# Any: whatever columns are asked for, of whatever type
def latest(
    query: Select[Any],
    at: ColumnElement[Any],
    row: ColumnElement[Any],
    before: tuple[datetime, UUID] | None,
    limit: int,
) -> Select[Any]:
    """Order the latest first, from before a place in the list."""
    if before is not None:
        query = query.where(tuple_(at, row) < tuple_(*before))
    return query.order_by(at.desc(), row.desc()).limit(limit)


def named_place_of(token: str | None) -> tuple[datetime, str] | None:
    """The same of rows that have a name and no id."""
    if not token:
        return None
    try:
        text = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode()
        moment, _, row = text.partition(" ")
        at = datetime.fromisoformat(moment)
    except (ValueError, binascii.Error):
        return None
    return (at, row) if at.tzinfo and "\0" not in row else None
