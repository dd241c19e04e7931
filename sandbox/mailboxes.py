"""Mailboxes: who has one, under which address and id."""

import sqlite3
from dataclasses import dataclass
from uuid import uuid4

from sandbox.folders import add_known_folders
from sandbox.knobs import Knobs
from sandbox.store import Store


@dataclass(frozen=True)
class Mailbox:
    id: str
    address: str
    name: str
    generation: int
    """Delta tokens of an older generation are void."""


def add_mailbox(store: Store, address: str, name: str = "") -> Mailbox:
    """The mailbox of that address, made when there is none."""
    with store.transaction():
        found = find_mailbox(store, address)
        if found is not None:
            add_known_folders(store, found.id)
            return found
        made = Mailbox(id=str(uuid4()), address=address, name=name or address.partition("@")[0], generation=1)
        knobs = Knobs().model_dump_json()
        store.insert("mailbox", id=made.id, address=address, name=made.name, knobs=knobs)
        add_known_folders(store, made.id)
        return made


def find_mailbox(store: Store, address_or_id: str) -> Mailbox | None:
    row = store.row("SELECT * FROM mailbox WHERE address = ? OR id = ?", address_or_id, address_or_id)
    return None if row is None else _mailbox(row)


def all_mailboxes(store: Store) -> list[Mailbox]:
    return [_mailbox(row) for row in store.rows("SELECT * FROM mailbox ORDER BY address")]


def knobs_of(store: Store, mailbox: Mailbox) -> Knobs:
    row = store.row("SELECT knobs FROM mailbox WHERE id = ?", mailbox.id)
    assert row is not None
    return Knobs.model_validate_json(row["knobs"])


def keep_knobs(store: Store, mailbox: Mailbox, knobs: Knobs) -> None:
    store.update("mailbox", ("id", mailbox.id), knobs=knobs.model_dump_json())


def void_delta_tokens(store: Store, mailbox: Mailbox) -> None:
    """Every delta token given out so far answers 410 from now on."""
    store.run("UPDATE mailbox SET generation = generation + 1 WHERE id = ?", mailbox.id)


def void_uploads(store: Store, mailbox: Mailbox) -> None:
    """Every upload session given out so far answers 404 from now on."""
    store.run(
        "DELETE FROM upload WHERE item IN (SELECT immutable_id FROM item WHERE mailbox = ?)", mailbox.id
    )


def _mailbox(row: sqlite3.Row) -> Mailbox:
    return Mailbox(row["id"], row["address"], row["name"], row["generation"])
