"""Folders: the well-known ones that every mailbox has, and those that clients make."""

import sqlite3
from dataclasses import dataclass
from http import HTTPStatus

from sandbox.errors import GraphError, bad_request, item_not_found
from sandbox.identifiers import new_folder_id, well_formed
from sandbox.store import Store

ROOT = "msgfolderroot"
RECOVERABLE = "recoverableitemsdeletions"
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
_HIDDEN = {
    "clutter": "Clutter",
    "conflicts": "Conflicts",
    "localfailures": "Local Failures",
    "scheduled": "Scheduled",
    "serverfailures": "Server Failures",
    "syncissues": "Sync Issues",
}
"""Well-known too, but listed with `includeHiddenFolders` alone."""

_SELECT = "SELECT f.*, h.id IS NOT NULL AS hidden FROM folder f LEFT JOIN hidden_folder h ON h.id = f.id"


@dataclass(frozen=True)
class Folder:
    id: str
    mailbox: str
    known: str | None
    name: str
    parent: str
    hidden: bool = False


def add_known_folders(store: Store, mailbox: str) -> None:
    """Make those that are not there yet: a mailbox of an older state has fewer."""
    with store.transaction():
        rows = store.rows("SELECT known, id FROM folder WHERE mailbox = ? AND known IS NOT NULL", mailbox)
        there = {row["known"]: row["id"] for row in rows}
        root = there.get(ROOT, new_folder_id())
        wanted = [Folder(root, mailbox, ROOT, "Top of Information Store", new_folder_id())]
        named = {**_KNOWN, **_HIDDEN}
        wanted += [Folder(new_folder_id(), mailbox, known, name, root) for known, name in named.items()]
        wanted.append(Folder(new_folder_id(), mailbox, RECOVERABLE, "Deletions", new_folder_id()))
        for folder in wanted:
            if folder.known not in there:
                _insert(store, folder)


def find_folder(store: Store, mailbox: str, name_or_id: str) -> Folder:
    """The folder of that id or well-known name. Display names are no names here, as in Graph."""
    known = name_or_id.lower()
    row = store.row(
        f"{_SELECT} WHERE f.mailbox = ? AND (f.known = ? OR f.id = ?)", mailbox, known, name_or_id
    )
    if row is not None:
        return _folder(row)
    well_formed(name_or_id)
    raise item_not_found()


def children(store: Store, folder: Folder, *, with_hidden: bool = False) -> list[Folder]:
    found = [_folder(row) for row in store.rows(f"{_SELECT} WHERE f.parent = ? ORDER BY f.name", folder.id)]
    return [child for child in found if with_hidden or not child.hidden]


def add_folder(store: Store, parent: Folder, name: str, *, hidden: bool = False) -> Folder:
    if not name:
        raise bad_request("The folder has no display name.", "ErrorInvalidArgument")
    with store.transaction():
        _refuse_twin(store, parent.id, name)
        folder = Folder(new_folder_id(), parent.mailbox, None, name, parent.id, hidden)
        _insert(store, folder)
    return folder


def move_folder(store: Store, folder: Folder, target: Folder) -> Folder:
    """Hang a folder, with all in it, below another one."""
    _refuse_change_of_known(folder)
    above: Folder | None = target
    while above is not None:
        if above.id == folder.id:
            raise bad_request("The folder cannot be moved into itself.", "ErrorMoveCopyFailed")
        row = store.row(f"{_SELECT} WHERE f.id = ?", above.parent)
        above = None if row is None else _folder(row)
    _refuse_twin(store, target.id, folder.name)
    store.update("folder", ("id", folder.id), parent=target.id)
    return find_folder(store, folder.mailbox, folder.id)


def rename_folder(store: Store, folder: Folder, name: str) -> Folder:
    _refuse_change_of_known(folder)
    if name.lower() != folder.name.lower():
        _refuse_twin(store, folder.parent, name)
    store.update("folder", ("id", folder.id), name=name)
    return find_folder(store, folder.mailbox, folder.id)


def remove_folder(store: Store, folder: Folder) -> None:
    _refuse_change_of_known(folder)
    with store.transaction():
        for child in children(store, folder, with_hidden=True):
            remove_folder(store, child)
        store.run("DELETE FROM item WHERE folder = ?", folder.id)
        store.run("DELETE FROM folder WHERE id = ?", folder.id)


def counts(store: Store, folder: Folder) -> tuple[int, int, int]:
    """Child folders that are not hidden, messages, unread messages."""
    return (
        len(children(store, folder)),
        store.number("SELECT count(*) FROM item WHERE folder = ?", folder.id),
        store.number("SELECT count(*) FROM item WHERE folder = ? AND NOT is_read", folder.id),
    )


def _insert(store: Store, folder: Folder) -> None:
    values = {"id": folder.id, "known": folder.known, "name": folder.name, "parent": folder.parent}
    store.insert("folder", mailbox=folder.mailbox, **values)
    if folder.hidden:
        store.insert("hidden_folder", id=folder.id)


def _refuse_twin(store: Store, parent: str, name: str) -> None:
    if store.row("SELECT 1 FROM folder WHERE parent = ? AND name = ? COLLATE NOCASE", parent, name):
        message = f"A folder with the specified name already exists., Could not create folder '{name}'."
        raise GraphError(HTTPStatus.CONFLICT, "ErrorFolderExists", message)


def _refuse_change_of_known(folder: Folder) -> None:
    if folder.known:
        message = "The operation is not allowed on a distinguished folder."
        raise bad_request(message, "ErrorDeleteDistinguishedFolder")


def _folder(row: sqlite3.Row) -> Folder:
    hidden = bool(row["hidden"]) or row["known"] in _HIDDEN
    return Folder(row["id"], row["mailbox"], row["known"], row["name"], row["parent"], hidden)
