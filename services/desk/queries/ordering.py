"""The orders of the list, and where a page of one begins: each has indexes of its own."""

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Integer, Select, literal, literal_column, select, tuple_

from shared.contracts.references import LARGEST_NUMBER
from shared.storage.conditions import RANK, WAITING
from shared.storage.tickets import tickets

Sort = Literal["activity", "waiting", "created", "priority", "number"]
EPOCH, MICROSECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(microseconds=1)
WIDTHS: dict[type, int] = {datetime: 8, int: 8, UUID: 16}
"""Bytes of a value in a token."""
ALTERNATE = b"-_"
Place = tuple[datetime | int | UUID, ...]
"""The values that a ticket is ordered by."""


@dataclass(frozen=True)
class Order:
    """What tickets are ordered by, all in one direction: the last one is another on each ticket."""

    keys: tuple[ColumnElement[Any], ...]  # Any: a moment, a number or an id
    descending: bool = True

    @property
    def labels(self) -> list[ColumnElement[Any]]:  # Any: as above
        return [key.label(f"key{n}") for n, key in enumerate(self.keys)]

    def ordered(self, query: Select[Any], named: Any = None, *, back: bool = False) -> Select[Any]:
        """Order a query; `named`: one that has chosen the keys before. `back`: from the end."""
        keys = self.keys if named is None else [named[f"key{n}"] for n in range(len(self.keys))]
        return query.order_by(*(key.desc() if self.descending != back else key.asc() for key in keys))

    def behind(self, place: Place, *, back: bool = False) -> ColumnElement[bool]:
        """Say that a ticket comes behind a place, or before it."""
        mine = tuple_(*self.keys)
        there = tuple_(*(literal(value, key.type) for value, key in zip(place, self.keys, strict=True)))
        return mine < there if self.descending != back else mine > there

    def place_in(self, row: Any) -> Place:
        """Read the place of a row that has the labels."""
        return tuple(row[f"key{n}"] for n in range(len(self.keys)))

    def place_of(self, token: str | None) -> Place | None:
        """Read what `token_of` wrote; what is not of this order begins at the start."""
        kinds = [key.type.python_type for key in self.keys]
        try:
            written = base64.b64decode(
                (token or "") + "=" * (-len(token or "") % 4), ALTERNATE, validate=True
            )
            if len(written) != sum(WIDTHS[kind] for kind in kinds):
                return None
            return tuple(_read(written, kinds, n) for n in range(len(kinds)))
        except (ValueError, OverflowError, binascii.Error):
            return None


def token_of(place: Place) -> str:
    """Write a place as one short word of an address: every row of a list carries one."""
    written = b"".join(_written(value) for value in place)
    return base64.b64encode(written, ALTERNATE).decode().rstrip("=")


def order_of(sort: Sort) -> Order:
    """Return an order: the newest, the longest wait, or the most urgent first."""
    c = tickets.c
    match sort:
        case "waiting":
            return Order((literal_column(WAITING, DateTime(timezone=True)), c.id), descending=False)
        case "created":
            return Order((c.created_at, c.id))
        case "priority":
            return Order((literal_column(RANK, Integer), c.changed_at, c.id))
        case "number":
            return Order((c.number,))
        case "activity":
            return Order((c.changed_at, c.id))


def few_first(query: Select[Any], order: Order) -> Select[Any]:
    """Let the few that are there be looked up before they are ordered: the offset keeps the server from
    walking the list to meet them."""
    named = query.offset(0).subquery("named")
    return order.ordered(select(named), named.c)


def _written(value: datetime | int | UUID) -> bytes:
    if isinstance(value, UUID):
        return value.bytes
    whole = value if isinstance(value, int) else (value - EPOCH) // MICROSECOND
    return whole.to_bytes(WIDTHS[int], signed=True)


def _read(written: bytes, kinds: list[type], place: int) -> datetime | int | UUID:
    kind, begin = kinds[place], sum(WIDTHS[one] for one in kinds[:place])
    part = written[begin : begin + WIDTHS[kind]]
    if kind is UUID:
        return UUID(bytes=part)
    whole = int.from_bytes(part, signed=True)
    if kind is datetime:
        return EPOCH + whole * MICROSECOND
    if abs(whole) > LARGEST_NUMBER:
        raise OverflowError
    return whole
