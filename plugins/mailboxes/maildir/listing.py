"""What is new in a folder, page by page, in the order in which files came to stand there.

That moment is the inode's change time: a rename sets it, and nobody can set it back. A cursor is a moment
before which everything was listed, and marks of what was listed since; it trails the newest file by some
seconds, so that a file which shows late is not passed by. Once a day the listing begins anew by itself and
tells all files again, whatever happened to the clock meanwhile; those that are known do no harm.
"""

import base64
import heapq
import math
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path
from typing import NamedTuple

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from plugins.mailboxes.maildir.layouts import Layout
from shared.plugins.mailboxes import CursorExpired, Listed, Page

PAGE = 1_000
ANEW_AFTER = timedelta(days=1)
_TRAILS_NS = 15 * 10**9
_MOST_MARKS = 2_000
"""After a flood the cursor trails less, so that it stays small."""


class Cursor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    of: str
    """The folder it belongs to."""
    began: AwareDatetime
    at: int = 0
    """Nanoseconds; everything from before was listed."""
    upto: int = 0
    """What came later than this was not listed."""
    marks: tuple[str, ...] = ()
    """Of what was listed between the two."""


class _File(NamedTuple):
    """In the order in which files are listed."""

    came: int
    name: str
    facts: os.stat_result


@dataclass
class _Scan:
    """One look through a folder. Keeps what the cursor needs, never all files."""

    layout: Layout
    cursor: Cursor
    since: float
    now: float
    newest: int = 0
    first_unwritten: int | None = None
    """When the first file came to which somebody still writes."""
    known: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._marks = frozenset(self.cursor.marks)

    def fresh(self, shelf: Path) -> Iterator[_File]:
        """The files that are not listed yet, in no order. It passes over all of a large folder each time."""
        at, upto, since = self.cursor.at, self.cursor.upto, self.since
        for name, facts in _plain_files(shelf):
            came = facts.st_ctime_ns
            self.newest = max(self.newest, came)
            if came < at or facts.st_mtime < since or not self.layout.is_mail(name):
                continue
            if came <= upto and (mark := _mark(self.layout.id_of(name, facts))) in self._marks:
                self.known.append((came, mark))
            elif not self.layout.is_whole(facts, self.now):
                self.first_unwritten = min(self.first_unwritten or came, came)
            else:
                yield _File(came, name, facts)


@dataclass(frozen=True)
class Place:
    """What is listed, and what a cursor belongs to."""

    layout: Layout
    folder: Path
    name: str


def list_page(place: Place, link: str | None, since: datetime | None, now: datetime) -> Page:
    """The page behind a cursor, or the first one. It looks through the whole folder; call it in a thread.

    Raises:
        CursorExpired: it is of another folder, or none of ours.
        OSError: the folder cannot be read.
    """
    cursor = _cursor(place.name, link, now)
    # whole seconds: a file's time may lag behind the clock
    scan = _Scan(place.layout, cursor, since.timestamp() // 1 if since else -math.inf, now.timestamp())
    files = (file for shelf in place.layout.shelves(place.folder) for file in scan.fresh(shelf))
    page = heapq.nsmallest(PAGE + 1, files)
    more = len(page) > PAGE
    listed = [(file.came, place.layout.id_of(file.name, file.facts), file.facts) for file in page[:PAGE]]
    mails = {mail: Listed(mail, _moment(facts.st_mtime), facts.st_size) for _, mail, facts in listed}
    following = _following(scan, [(came, _mark(mail)) for came, mail, _ in listed], more=more)
    return Page(tuple(mails.values()), following.model_dump_json(), more=more)


def _cursor(of: str, link: str | None, now: datetime) -> Cursor:
    fresh = Cursor(of=of, began=now)
    if link is None:
        return fresh
    try:
        cursor = Cursor.model_validate_json(link)
    except ValidationError as error:
        raise CursorExpired("the cursor is none of ours") from error
    if cursor.of != of:
        raise CursorExpired("the cursor is of another folder")
    return fresh if now - cursor.began >= ANEW_AFTER else cursor


def _following(scan: _Scan, page: list[tuple[int, str]], *, more: bool) -> Cursor:
    """The cursor behind a page, of which it is told when each file came, and its mark."""
    cursor, listed = scan.cursor, [*scan.known, *page]
    furthest = page[-1][0] if more else scan.newest
    at = max(cursor.at, min(furthest, scan.newest - _TRAILS_NS))
    recent = sorted(came for came, _ in listed if came >= at)
    if len(recent) > _MOST_MARKS:
        at = min(recent[-_MOST_MARKS], furthest)
    if scan.first_unwritten is not None:
        at = min(at, scan.first_unwritten)
    marks = tuple(sorted(mark for came, mark in listed if came >= at))
    upto = max((came for came, _ in listed), default=cursor.upto)
    return cursor.model_copy(update={"at": at, "upto": max(upto, cursor.upto), "marks": marks})


def _plain_files(shelf: Path) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(shelf) as entries:
        for entry in entries:
            if entry.name.startswith(".") or not entry.is_file(follow_symlinks=False):
                continue
            try:
                yield entry.name, entry.stat(follow_symlinks=False)
            except FileNotFoundError:  # somebody took it meanwhile
                continue


def _mark(mail: str) -> str:
    return base64.urlsafe_b64encode(blake2b(mail.encode(), digest_size=9).digest()).decode()


def _moment(seconds: float) -> datetime | None:
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
