"""The sandbox's memory: one SQLite connection, on disk or not, guarded by one lock."""

import re
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS mailbox (
  id TEXT PRIMARY KEY, address TEXT NOT NULL UNIQUE COLLATE NOCASE, name TEXT NOT NULL,
  knobs TEXT NOT NULL, generation INTEGER NOT NULL DEFAULT 1);
CREATE TABLE IF NOT EXISTS folder (
  id TEXT PRIMARY KEY, mailbox TEXT NOT NULL, known TEXT, name TEXT NOT NULL, parent TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS folder_of_mailbox ON folder (mailbox, known);
CREATE TABLE IF NOT EXISTS item (
  immutable_id TEXT PRIMARY KEY, default_id TEXT NOT NULL UNIQUE,
  mailbox TEXT NOT NULL, folder TEXT NOT NULL,
  is_draft INTEGER NOT NULL, is_read INTEGER NOT NULL, has_attachments INTEGER NOT NULL,
  internet_message_id TEXT NOT NULL, conversation_id TEXT NOT NULL, subject TEXT NOT NULL,
  sender TEXT NOT NULL COLLATE NOCASE,
  received INTEGER NOT NULL, created INTEGER NOT NULL, modified INTEGER NOT NULL,
  change_key TEXT NOT NULL, marks TEXT NOT NULL, content TEXT NOT NULL, mime BLOB);
CREATE INDEX IF NOT EXISTS item_of_folder ON item (folder, received);
CREATE INDEX IF NOT EXISTS item_by_message_id ON item (mailbox, internet_message_id);
CREATE TABLE IF NOT EXISTS property (
  item TEXT NOT NULL REFERENCES item ON DELETE CASCADE, id TEXT NOT NULL COLLATE NOCASE, value TEXT NOT NULL,
  PRIMARY KEY (item, id));
CREATE TABLE IF NOT EXISTS attachment (
  id TEXT PRIMARY KEY, item TEXT NOT NULL REFERENCES item ON DELETE CASCADE, kind TEXT NOT NULL,
  name TEXT NOT NULL, content_type TEXT NOT NULL, content_id TEXT, inline INTEGER NOT NULL,
  modified INTEGER NOT NULL, content BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS attachment_of_item ON attachment (item);
CREATE TABLE IF NOT EXISTS upload (
  id TEXT PRIMARY KEY, item TEXT NOT NULL REFERENCES item ON DELETE CASCADE, secret TEXT NOT NULL,
  description TEXT NOT NULL, content BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS upload_end (
  id TEXT PRIMARY KEY REFERENCES upload ON DELETE CASCADE, at INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS change (
  seq INTEGER PRIMARY KEY AUTOINCREMENT, folder TEXT NOT NULL, item TEXT NOT NULL, default_id TEXT NOT NULL,
  UNIQUE (folder, item, default_id));
CREATE INDEX IF NOT EXISTS change_of_folder ON change (folder, seq);
CREATE TABLE IF NOT EXISTS entry (
  folder TEXT NOT NULL, item TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (folder, item));
CREATE TABLE IF NOT EXISTS hidden_folder (id TEXT PRIMARY KEY);
CREATE TABLE IF NOT EXISTS sent (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, mailbox TEXT NOT NULL, at INTEGER NOT NULL,
  recipients TEXT NOT NULL, internet_message_id TEXT NOT NULL, mime BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS sent_of_mailbox ON sent (mailbox, sequence);
CREATE TABLE IF NOT EXISTS event (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, mailbox TEXT NOT NULL, at INTEGER NOT NULL, kind TEXT NOT NULL,
  item TEXT NOT NULL, internet_message_id TEXT NOT NULL, detail TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS event_of_mailbox ON event (mailbox, sequence);
CREATE TABLE IF NOT EXISTS subscription (
  id TEXT PRIMARY KEY, mailbox TEXT NOT NULL, app TEXT NOT NULL, resource TEXT NOT NULL, folder TEXT,
  changes TEXT NOT NULL, url TEXT NOT NULL, lifecycle_url TEXT, client_state TEXT, tls_version TEXT NOT NULL,
  immutable_ids INTEGER NOT NULL, expires INTEGER NOT NULL, challenged INTEGER NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS subscription_of_mailbox ON subscription (mailbox);
CREATE TABLE IF NOT EXISTS notice (
  id INTEGER PRIMARY KEY AUTOINCREMENT, subscription TEXT NOT NULL, mailbox TEXT NOT NULL, kind TEXT NOT NULL,
  item TEXT NOT NULL, etag TEXT NOT NULL, url TEXT, body TEXT, began REAL, due REAL,
  attempts INTEGER NOT NULL DEFAULT 0);
CREATE TABLE IF NOT EXISTS delivery (
  sequence INTEGER PRIMARY KEY AUTOINCREMENT, mailbox TEXT NOT NULL, subscription TEXT NOT NULL,
  at INTEGER NOT NULL, kind TEXT NOT NULL, outcome TEXT NOT NULL);
"""
_EMPTY = """
DELETE FROM item; DELETE FROM change; DELETE FROM entry;
DELETE FROM sent; DELETE FROM event; DELETE FROM upload;
DELETE FROM subscription; DELETE FROM notice; DELETE FROM delivery;
DELETE FROM folder WHERE known IS NULL; DELETE FROM meta WHERE key LIKE 'loaded %';
"""

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    return datetime.now(UTC)


class Store:
    """Rows, from any thread. Statements outside `transaction` commit one by one."""

    def __init__(self, file: Path | None, clock: Clock = utc_now) -> None:
        self.noticed: Callable[[], None] = lambda: None
        """Called when there is something to tell a subscriber."""
        self._clock = clock
        self._lock = threading.RLock()
        self._depth = 0
        self._connection = sqlite3.connect(file or ":memory:", check_same_thread=False, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        for pragma in ("journal_mode = WAL", "synchronous = NORMAL", "foreign_keys = ON"):
            self._connection.execute(f"PRAGMA {pragma}")
        self._connection.executescript(_SCHEMA)
        self._connection.create_function("folded", 1, _folded, deterministic=True)
        self._connection.create_function("finds_word", 2, _finds_word, deterministic=True)

    def now(self) -> int:
        """Seconds since 1970: Graph's dates have no finer grain."""
        return int(self._clock().timestamp())

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing, also against other threads; an inner one joins the outer."""
        with self._lock:
            if self._depth:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            self._depth += 1
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            else:
                self._connection.execute("COMMIT")
            finally:
                self._depth -= 1

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        return next(iter(self.rows(sql, *values)), None)

    def number(self, sql: str, *values: object) -> int:
        """The one number that the statement selects; nothing counts as 0."""
        row = self.row(sql, *values)
        return 0 if row is None or row[0] is None else int(row[0])

    def run(self, sql: str, *values: object) -> int:
        """Execute, and answer the id of the row last inserted."""
        with self._lock:
            return self._connection.execute(sql, values).lastrowid or 0

    def insert(self, table: str, **values: object) -> int:
        names = ", ".join(values)
        places = ", ".join("?" * len(values))
        # Table and column names come from this package only; every value is bound.
        return self.run(f"INSERT INTO {table} ({names}) VALUES ({places})", *values.values())  # noqa: S608

    def update(self, table: str, key: tuple[str, str], **values: object) -> None:
        places = ", ".join(f"{name} = ?" for name in values)
        # As above: only values come from outside, and they are bound.
        self.run(f"UPDATE {table} SET {places} WHERE {key[0]} = ?", *values.values(), key[1])  # noqa: S608

    def kept(self, key: str, make: Callable[[], str]) -> str:
        """The value under `key`; made and kept at the first question."""
        with self.transaction():
            row = self.row("SELECT value FROM meta WHERE key = ?", key)
            if row is not None:
                return str(row["value"])
            value = make()
            self.insert("meta", key=key, value=value)
            return value

    def empty(self) -> None:
        """Forget all mail; mailboxes, keys and well-known folders stay."""
        with self._lock:
            self._connection.executescript(_EMPTY)

    def close(self) -> None:
        with self._lock:
            self._connection.close()


def _folded(text: object) -> str:
    """Without regard to case, in every language; SQLite's own `lower` knows English alone."""
    return "" if text is None else str(text).casefold()


def _finds_word(text: object, start: str) -> bool:
    """Whether a word of the text begins so."""
    return bool(re.search(rf"(?<!\w){re.escape(_folded(start))}", _folded(text)))
