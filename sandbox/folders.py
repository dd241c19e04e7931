"""Folders: the well-known ones that every mailbox has, and those that clients make."""

import sqlite3
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.errors import GraphError, bad_request, item_not_found
from sandbox.identifiers import new_folder_id, well_formed
from sandbox.store import Store

ROOT = "msgfolderroot"
_KNOWN = {
    "archive": "Archive",
    "conversationhistory": "Conversation History",
    "deleteditems": "Deleted Items",
    "drafts": "Drafts",
    "inbox": "Inbox",
    "junkemail": "Junk Email",
    "outbox": "Outbox",
    "sentitems": "Sent Items",
}


@dataclass(frozen=True)
class Folder:
    id: str
    mailbox: str
    known: str | None
    name: str
    parent: str


def add_known_folders(store: Store, mailbox: str) -> None:
    root = new_folder_id()
    _insert(store, Folder(root, mailbox, ROOT, "Top of Information Store", new_folder_id()))
    for known, name in _KNOWN.items():
        _insert(store, Folder(new_folder_id(), mailbox, known, name, root))


def find_folder(store: Store, mailbox: str, name_or_id: str) -> Folder:
    """The folder of that id or well-known name. Display names are no names here, as in Graph."""
    known = name_or_id.lower()
    sql = "SELECT * FROM folder WHERE mailbox = ? AND (known = ? OR id = ?)"
    row = store.row(sql, mailbox, known, name_or_id)
    if row is not None:
        return _folder(row)
    well_formed(name_or_id)
    raise item_not_found()


def children(store: Store, folder: Folder) -> list[Folder]:
    return [
        _folder(row) for row in store.rows("SELECT * FROM folder WHERE parent = ? ORDER BY name", folder.id)
    ]


def add_folder(store: Store, parent: Folder, name: str) -> Folder:
    if not name:
        raise bad_request("The folder has no display name.", "ErrorInvalidArgument")
    _refuse_twin(store, parent.id, name)
    folder = Folder(new_folder_id(), parent.mailbox, None, name, parent.id)
    _insert(store, folder)
    return folder


def rename_folder(store: Store, folder: Folder, name: str) -> Folder:
    _refuse_change_of_known(folder)
    _refuse_twin(store, folder.parent, name)
    store.update("folder", ("id", folder.id), name=name)
    return find_folder(store, folder.mailbox, folder.id)


def remove_folder(store: Store, folder: Folder) -> None:
    _refuse_change_of_known(folder)
    store.run("DELETE FROM item WHERE folder = ?", folder.id)
    store.run("DELETE FROM folder WHERE id = ?", folder.id)


def counts(store: Store, folder: Folder) -> tuple[int, int, int]:
    """Child folders, messages, unread messages."""
    return (
        store.number("SELECT count(*) FROM folder WHERE parent = ?", folder.id),
        store.number("SELECT count(*) FROM item WHERE folder = ?", folder.id),
        store.number("SELECT count(*) FROM item WHERE folder = ? AND NOT is_read", folder.id),
    )


def _insert(store: Store, folder: Folder) -> None:
    values = {"id": folder.id, "known": folder.known, "name": folder.name, "parent": folder.parent}
    store.insert("folder", mailbox=folder.mailbox, **values)


def _refuse_twin(store: Store, parent: str, name: str) -> None:
    if store.row("SELECT 1 FROM folder WHERE parent = ? AND name = ? COLLATE NOCASE", parent, name):
        message = "A folder with the specified name already exists."
        raise GraphError(HTTPStatus.CONFLICT, "ErrorFolderExists", message)


def _refuse_change_of_known(folder: Folder) -> None:
    if folder.known:
        message = "The operation is not allowed on a distinguished folder."
        raise bad_request(message, "ErrorDeleteDistinguishedFolder")


def _folder(row: sqlite3.Row) -> Folder:
    return Folder(row["id"], row["mailbox"], row["known"], row["name"], row["parent"])
