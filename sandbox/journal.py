"""What the outside could observe: the mail that left, and the order in which things happened."""

import json
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from sandbox.items import Item
from sandbox.store import Store

EventKind = Literal[
    "delivered", "drafted", "sent", "moved", "copied", "read", "unread", "changed", "deleted", "bounced"
]


@dataclass(frozen=True)
class SentMail:
    sequence: int
    """Grows over all mailboxes."""
    at: datetime
    recipients: tuple[str, ...]
    """The envelope, blind copies included."""
    internet_message_id: str
    raw: bytes
    """As it was accepted: the Bcc field is still there if the client wrote one."""


@dataclass(frozen=True)
class Event:
    sequence: int
    at: datetime
    kind: EventKind
    item: str
    """The immutable id."""
    internet_message_id: str
    detail: str


def record_sent(store: Store, item: Item, raw: bytes, envelope: Iterable[str]) -> int:
    return store.insert(
        "sent",
        mailbox=item.mailbox,
        at=store.now(),
        recipients=json.dumps(list(envelope)),
        internet_message_id=item.content.internet_message_id,
        mime=raw,
    )


def sent_mail(store: Store, mailbox: str) -> list[SentMail]:
    """What left the mailbox, in order."""
    return [
        _sent(row) for row in store.rows("SELECT * FROM sent WHERE mailbox = ? ORDER BY sequence", mailbox)
    ]


def record(store: Store, kind: EventKind, item: Item, detail: str = "") -> None:
    store.insert(
        "event",
        mailbox=item.mailbox,
        at=store.now(),
        kind=kind,
        item=item.immutable_id,
        internet_message_id=item.content.internet_message_id,
        detail=detail,
    )


def events(store: Store, mailbox: str) -> list[Event]:
    return [
        _event(row) for row in store.rows("SELECT * FROM event WHERE mailbox = ? ORDER BY sequence", mailbox)
    ]


def _sent(row: sqlite3.Row) -> SentMail:
    return SentMail(
        sequence=row["sequence"],
        at=datetime.fromtimestamp(row["at"], UTC),
        recipients=tuple(json.loads(row["recipients"])),
        internet_message_id=row["internet_message_id"],
        raw=bytes(row["mime"]),
    )


def _event(row: sqlite3.Row) -> Event:
    at = datetime.fromtimestamp(row["at"], UTC)
    return Event(row["sequence"], at, row["kind"], row["item"], row["internet_message_id"], row["detail"])
