"""Lists of the API: one page, where the next one begins, and the `Link` to it (RFC 8288)."""

import base64
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Annotated, Any, Generic, TypeVar
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from services.desk.errors import Invalid
from services.desk.queries.paging import named_place_of, place_of

MOST = 200
MARK = 8
"""Letters in front of a place that say of which list it is."""
LARGEST = 18
"""Digits of the largest number of a row."""
T = TypeVar("T")
R = TypeVar("R")
P = TypeVar("P")


class NoPlace(Invalid):
    def __init__(self) -> None:
        super().__init__(
            "`after` is not the `next` of a page of this list.", remedy="Leave it out to begin anew."
        )


class Page(BaseModel, Generic[T]):
    """A part of a list, in its order. A list that is never long comes whole."""

    items: list[T]
    next: str | None = Field(
        default=None, description="Give it as `after` for the next page; null at the end."
    )

    @classmethod
    # Any: as pydantic declares it; a kind of row is what stands there
    def model_parametrized_name(cls, params: tuple[Any, ...]) -> str:
        """Name the page of a kind as programs made from the description will call it."""
        return f"{params[0].__name__.removesuffix('Out')}Page"


@dataclass(frozen=True)
class Paging:
    """The page that is asked for."""

    request: Request
    response: Response
    given: str
    limit: int

    @property
    def after(self) -> str:
        """The place as its list wrote it; empty is the beginning. Raises NoPlace: it is of another list."""
        mark, place = self.given[:MARK], self.given[MARK:]
        if self.given and mark != _mark(self.request, place):
            raise NoPlace
        return place

    @property
    def one_more(self) -> int:
        """How many rows to read: with one more than are shown, it is known whether there is a next page."""
        return self.limit + 1

    @property
    def place(self) -> tuple[datetime, UUID] | None:
        """Where the page begins, in a list by time. Raises Invalid."""
        return self.read(place_of)

    @property
    def named_place(self) -> tuple[datetime, str] | None:
        """The same of rows that have a name and no id. Raises Invalid."""
        return self.read(named_place_of)

    @property
    def row(self) -> int | None:
        """The same in a list by numbered rows. Raises Invalid."""
        return self.read(lambda after: int(after) if after.isdecimal() and len(after) <= LARGEST else None)

    @property
    def id(self) -> UUID | None:
        """The same in a list whose places are rows. Raises Invalid."""
        return self.read(_id_of)

    def of(self, found: Sequence[R], shown: Callable[[R], T], place: Callable[[R], str]) -> Page[T]:
        """Make the page of what was read, by `one_more`."""
        more = len(found) > self.limit
        items = [shown(row) for row in found[: self.limit]]
        return self.told(items, place(found[self.limit - 1]) if more else None)

    def told(self, items: list[T], following: str | None) -> Page[T]:
        """Make the page, and name the next one in `Link`."""
        if following is not None:
            following = _mark(self.request, following) + following
            url = self.request.url.include_query_params(after=following)
            self.response.headers["Link"] = f'<{url.path}?{url.query}>; rel="next"'
        return Page(items=items, next=following)

    def read(self, read: Callable[[str], P | None]) -> P | None:
        """Read where the page begins. Raises Invalid: that is no place of this list."""
        after = self.after
        if not after:
            return None
        place = read(after)
        if place is None:
            raise NoPlace
        return place


def _paging(
    request: Request,
    response: Response,
    after: Annotated[
        str,
        Query(max_length=600, description="`next` of the page before, which had the same other parameters."),
    ] = "",
    limit: Annotated[int, Query(ge=1, le=MOST)] = 50,
) -> Paging:
    return Paging(request, response, after, limit)


def _mark(request: Request, place: str) -> str:
    """Mark a place as one of this very list: of its address, and of what was asked of it."""
    asked = sorted(one for one in request.query_params.multi_items() if one[0] not in {"after", "limit"})
    told = json.dumps([request.url.path, asked, place]).encode()
    return base64.urlsafe_b64encode(sha256(told).digest())[:MARK].decode()


def _id_of(after: str) -> UUID | None:
    try:
        return UUID(after)
    except ValueError:
        return None


Asked = Annotated[Paging, Depends(_paging)]


def whole(items: Sequence[T]) -> Page[T]:
    """Make the one page of a list that is never long."""
    return Page(items=list(items))
