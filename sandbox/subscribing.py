"""Subscriptions as rows, what changes put into their queue, and what became of it."""

import sqlite3
from dataclasses import dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Literal, get_args
from uuid import uuid4

from sandbox.errors import GraphError
from sandbox.store import Store

Change = Literal["created", "updated", "deleted"]
Lifecycle = Literal["reauthorizationRequired", "subscriptionRemoved", "missed"]
CHANGES: tuple[str, ...] = get_args(Change)
LIFECYCLE: tuple[str, ...] = get_args(Lifecycle)
MOST = 1_000
"""Subscriptions of one mailbox, all apps together."""


@dataclass(frozen=True)
class Wanted:
    """What a client asked to be told of, and where."""

    resource: str
    folder: str | None
    """None: every folder of the mailbox."""
    changes: str
    url: str
    lifecycle_url: str | None
    client_state: str | None
    tls_version: str
    immutable_ids: bool
    expires: int


@dataclass(frozen=True)
class Subscription:
    id: str
    mailbox: str
    app: str
    wanted: Wanted


@dataclass(frozen=True)
class Delivery:
    """One thing that was to be told, and what became of it."""

    sequence: int
    at: datetime
    subscription: str
    kind: str
    """A change, or an event of the subscription's life."""
    outcome: str


def add_subscription(store: Store, mailbox: str, app: str, wanted: Wanted) -> Subscription:
    made = Subscription(str(uuid4()), mailbox, app, wanted)
    store.insert("subscription", id=made.id, mailbox=mailbox, app=app, **vars(wanted))
    return made


def find_subscription(store: Store, identifier: str, app: str | None = None) -> Subscription:
    """The subscription of that id that has not expired; apps see their own."""
    found = get_subscription(store, identifier)
    if found is None or app not in {None, found.app} or found.wanted.expires <= store.now():
        raise GraphError(HTTPStatus.NOT_FOUND, "ResourceNotFound", "The object was not found.")
    return found


def get_subscription(store: Store, identifier: str) -> Subscription | None:
    row = store.row("SELECT * FROM subscription WHERE id = ?", identifier)
    return None if row is None else _subscription(row)


def subscriptions_of(
    store: Store, *, mailbox: str | None = None, app: str | None = None
) -> list[Subscription]:
    """Those that are alive, oldest first."""
    sql = (
        "SELECT * FROM subscription WHERE expires > ? AND mailbox = coalesce(?, mailbox)"
        " AND app = coalesce(?, app) ORDER BY rowid"
    )
    return [_subscription(row) for row in store.rows(sql, store.now(), mailbox, app)]


def change_subscription(store: Store, subscription: Subscription, *, expires: int, url: str) -> None:
    """Renew it; that authorizes it anew too."""
    store.update("subscription", ("id", subscription.id), expires=expires, url=url, challenged=0)


def reauthorize(store: Store, subscription: Subscription) -> None:
    store.update("subscription", ("id", subscription.id), challenged=0)


def remove_subscription(store: Store, subscription: Subscription) -> None:
    """It ends at once; what was not told yet is not told any more."""
    store.run("DELETE FROM subscription WHERE id = ?", subscription.id)
    store.run("DELETE FROM notice WHERE subscription = ?", subscription.id)


def announce(
    store: Store, *, mailbox: str, folder: str, item: tuple[str, str], etag: str, change: Change
) -> None:
    """Queue a change for every subscription that wants it. `item`: the immutable id and the default one."""
    for one in subscriptions_of(store, mailbox=mailbox):
        if change in one.wanted.changes.split(",") and one.wanted.folder in {None, folder}:
            told = item[0] if one.wanted.immutable_ids else item[1]
            _queue(store, one, change, told, etag)


def challenge(store: Store, subscription: Subscription, event: Lifecycle) -> None:
    """Queue an event of a subscription's life, for those who said where they want to hear of it."""
    if subscription.wanted.lifecycle_url is not None:
        _queue(store, subscription, event)


def record_delivery(store: Store, mailbox: str, subscription: str, kind: str, outcome: str) -> None:
    store.insert(
        "delivery", mailbox=mailbox, subscription=subscription, at=store.now(), kind=kind, outcome=outcome
    )


def deliveries(store: Store, mailbox: str) -> list[Delivery]:
    rows = store.rows("SELECT * FROM delivery WHERE mailbox = ? ORDER BY sequence", mailbox)
    return [
        Delivery(
            row["sequence"],
            datetime.fromtimestamp(row["at"], UTC),
            row["subscription"],
            row["kind"],
            row["outcome"],
        )
        for row in rows
    ]


def _queue(store: Store, subscription: Subscription, kind: str, item: str = "", etag: str = "") -> None:
    of = {"subscription": subscription.id, "mailbox": subscription.mailbox}
    store.insert("notice", kind=kind, item=item, etag=etag, **of)
    store.noticed()


def _subscription(row: sqlite3.Row) -> Subscription:
    wanted = Wanted(
        **{name: row[name] for name in ("resource", "folder", "changes", "url", "lifecycle_url")},
        **{name: row[name] for name in ("client_state", "tls_version", "expires")},
        immutable_ids=bool(row["immutable_ids"]),
    )
    return Subscription(row["id"], row["mailbox"], row["app"], wanted)
