"""Delta: rounds over a folder's change log. A token is a place in the log, sealed with what was asked."""

import base64
import hashlib
import hmac
import secrets
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass

from pydantic import BaseModel, ConfigDict, ValidationError

from sandbox.folders import Folder
from sandbox.items import COLUMNS, Item, item_of
from sandbox.store import Store

_SEAL_BYTES = 12


class Cursor(BaseModel):
    """Where a client stands, and the parameters of its first request."""

    model_config = ConfigDict(frozen=True)

    folder: str
    generation: int
    since: int = 0
    """Changes after this place in the log are still to be shown."""
    round_from: int = 0
    """Where this round began."""
    first_until: int = 0
    """Removals up to here are not shown: the client never saw the message."""
    select: tuple[str, ...] = ()
    expand: str = ""
    received_from: float | None = None
    received_after: bool = False
    """Whether `received_from` itself is excluded."""
    left: int | None = None
    """How many of the messages that were there are still told; none: all."""
    page_size: int = 10
    change_type: str = ""
    """Only changes of this kind: created, updated or deleted."""
    was_empty: bool = False


@dataclass(frozen=True)
class Removed:
    identifier: str


@dataclass(frozen=True)
class Page:
    entries: tuple[Item | Removed, ...]
    """What changed, each item once."""
    until: int
    last: bool
    left: int | None


def page_of(store: Store, folder: Folder, cursor: Cursor, size: int, *, immutable_ids: bool) -> Page:
    """The next changes of the folder."""
    sql = (
        # The columns are a constant.
        f"SELECT c.seq, c.item AS changed, c.default_id AS was, e.seq AS entered, {COLUMNS}"  # noqa: S608
        " FROM change c LEFT JOIN item i ON i.immutable_id = c.item"
        " LEFT JOIN entry e ON e.folder = c.folder AND e.item = c.item"
        " WHERE c.folder = ? AND c.seq > ? ORDER BY c.seq LIMIT ?"
    )
    rows = store.rows(sql, folder.id, cursor.since, size + 1)
    shown = rows[:size]
    old = [row["seq"] for row in shown if row["seq"] <= cursor.first_until and _shown(row, cursor)]
    beyond = set() if cursor.left is None else set(old[cursor.left :])
    kept = [row for row in shown if row["seq"] not in beyond]
    entries = dict(_entries(kept, cursor, immutable_ids=immutable_ids))
    until = shown[-1]["seq"] if shown else cursor.since
    left = None if cursor.left is None else max(cursor.left - len(old), 0)
    return Page(tuple(entries.values()), until, last=len(rows) <= size, left=left)


def newest(store: Store) -> int:
    return store.number("SELECT max(seq) FROM change")


def sealed(store: Store, cursor: Cursor) -> str:
    content = cursor.model_dump_json().encode()
    return base64.urlsafe_b64encode(_seal(store, content) + content).decode().rstrip("=")


def opened(store: Store, token: str) -> Cursor | None:
    """The cursor in the token; none if this sandbox did not make it."""
    try:
        whole = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        content = whole[_SEAL_BYTES:]
        if not hmac.compare_digest(whole[:_SEAL_BYTES], _seal(store, content)):
            return None
        return Cursor.model_validate_json(content)
    except (ValueError, ValidationError):
        return None


def _entries(
    rows: list[sqlite3.Row], cursor: Cursor, *, immutable_ids: bool
) -> Iterator[tuple[str, Item | Removed]]:
    for row in rows:
        present, current = row["folder"] == cursor.folder, _current(row, cursor)
        identifier = row["changed"] if immutable_ids else row["was"]
        if _shown(row, cursor) and _of_kind(cursor, _kind(row, cursor)):
            yield identifier, item_of(row)
        elif not (current or (present and immutable_ids)) and _removal_shows(row, cursor):
            yield identifier, Removed(identifier)


def _current(row: sqlite3.Row, cursor: Cursor) -> bool:
    return bool(row["folder"] == cursor.folder and row["was"] == row["default_id"])


def _shown(row: sqlite3.Row, cursor: Cursor) -> bool:
    return _current(row, cursor) and _wanted(row["received"], cursor)


def _removal_shows(row: sqlite3.Row, cursor: Cursor) -> bool:
    return row["seq"] > cursor.first_until and _of_kind(cursor, "deleted")


def _kind(row: sqlite3.Row, cursor: Cursor) -> str:
    """Whether the client can know the message from an earlier round."""
    return "updated" if row["entered"] is not None and row["entered"] <= cursor.round_from else "created"


def _of_kind(cursor: Cursor, kind: str) -> bool:
    return cursor.change_type in ("", kind)


def _wanted(received: int, cursor: Cursor) -> bool:
    if cursor.received_from is None:
        return True
    return received > cursor.received_from or (received == cursor.received_from and not cursor.received_after)


def _seal(store: Store, content: bytes) -> bytes:
    key = store.kept("delta key", lambda: secrets.token_hex(32)).encode()
    return hmac.digest(key, content, hashlib.sha256)[:_SEAL_BYTES]
