"""What is new in a folder, page by page, in the order in which files came to stand there.

That moment is the inode's change time: a rename sets it, and nobody can set it back. A cursor is a moment
before which everything was listed, and marks of what was listed since; it trails the newest file by some
seconds, so that a file which shows late is not passed by. Once a day the listing begins anew by itself and
tells all files again, whatever happened to the clock meanwhile; those that are known do no harm.
"""

import base64
import heapq
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from pathlib import Path

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from plugins.mailboxes.maildir.layouts import Layout
from shared.plugins.mailboxes import CursorExpired, Listed, Page

PAGE = 500
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
    marks: tuple[str, ...] = ()
    """Of what was listed since."""


@dataclass(frozen=True, order=True)
class _File:
    came: int
    id: str
    written: int
    size: int


@dataclass
class _Scan:
    """One look through a folder. Keeps what the cursor needs, never all files."""

    layout: Layout
    cursor: Cursor
    since: float | None
    now: float
    newest: int = 0
    first_unwritten: int | None = None
    """When the first file came to which somebody still writes."""
    known: list[tuple[int, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._marks = frozenset(self.cursor.marks)

    def fresh(self, shelf: Path) -> Iterator[_File]:
        """The files that are not listed yet, in no order."""
        for name, facts in _plain_files(shelf):
            mail = self.layout.id_of(name, facts)
            self.newest = max(self.newest, facts.st_ctime_ns)
            if mail is None or facts.st_ctime_ns < self.cursor.at:
                continue
            if self.since is not None and facts.st_mtime < self.since:
                continue
            if (mark := _mark(mail)) in self._marks:
                self.known.append((facts.st_ctime_ns, mark))
            elif not self.layout.is_whole(facts, self.now):
                self.first_unwritten = min(self.first_unwritten or facts.st_ctime_ns, facts.st_ctime_ns)
            else:
                yield _File(facts.st_ctime_ns, mail, facts.st_mtime_ns, facts.st_size)


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
    scan = _Scan(place.layout, cursor, since.timestamp() // 1 if since else None, now.timestamp())
    files = (file for shelf in place.layout.shelves(place.folder) for file in scan.fresh(shelf))
    page = heapq.nsmallest(PAGE + 1, files)
    more = len(page) > PAGE
    del page[PAGE:]
    following = _following(scan, page, more=more)
    mails = {file.id: Listed(file.id, _moment(file.written), file.size) for file in page}
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


def _following(scan: _Scan, page: list[_File], *, more: bool) -> Cursor:
    """The cursor behind a page."""
    furthest = page[-1].came if more else scan.newest
    listed = [*scan.known, *((file.came, _mark(file.id)) for file in page)]
    at = max(scan.cursor.at, min(furthest, scan.newest - _TRAILS_NS))
    recent = sorted(came for came, _ in listed if came >= at)
    if len(recent) > _MOST_MARKS:
        at = min(recent[-_MOST_MARKS], furthest)
    if scan.first_unwritten is not None:
        at = min(at, scan.first_unwritten)
    marks = tuple(sorted(mark for came, mark in listed if came >= at))
    return scan.cursor.model_copy(update={"at": at, "marks": marks})


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


def _moment(nanoseconds: int) -> datetime | None:
    try:
        return datetime.fromtimestamp(nanoseconds / 10**9, UTC)
    except (OverflowError, ValueError, OSError):
        return None
