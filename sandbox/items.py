"""Messages as rows: what comes in, how it changes, and the change log that delta reads."""

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox.attachments import add_file, files_of
from sandbox.composing import compose
from sandbox.conversations import threaded
from sandbox.errors import item_not_found
from sandbox.folders import Folder
from sandbox.identifiers import (
    new_change_key,
    new_default_id,
    new_immutable_id,
    well_formed,
)
from sandbox.mime import File, Reading
from sandbox.shapes import Content, ExtendedProperty, Importance, Marks
from sandbox.store import Store
from sandbox.subscribing import Change, announce

COLUMNS = (
    "i.immutable_id, i.default_id, i.mailbox, i.folder, i.is_draft, i.has_attachments, i.received, i.created,"
    " i.modified, i.change_key, i.marks, i.content"
)
_INTERNET_HEADERS = "String {00020386-0000-0000-c000-000000000046} Name "
"""Where Exchange keeps x- headers as extended properties."""


@dataclass(frozen=True)
class Item:
    immutable_id: str
    default_id: str
    mailbox: str
    folder: str
    is_draft: bool
    has_attachments: bool
    received: int
    created: int
    modified: int
    change_key: str
    marks: Marks
    content: Content


def add_item(
    store: Store,
    folder: Folder,
    reading: Reading,
    mime: bytes | None,
    *,
    marks: Marks,
    is_draft: bool = False,
    received: int | None = None,
) -> Item:
    """A new message. Without `mime` it is composed from its content when somebody asks."""
    with store.transaction():
        now = store.now()
        item = Item(
            immutable_id=new_immutable_id(),
            default_id=new_default_id(),
            mailbox=folder.mailbox,
            folder=folder.id,
            is_draft=is_draft,
            has_attachments=_has_attachments(reading.files),
            received=now if received is None else received,
            created=now,
            modified=now,
            change_key=new_change_key(),
            marks=marks,
            content=threaded(store, folder.mailbox, reading.content),
        )
        store.insert("item", mime=mime, **_values(item))
        for file in reading.files:
            add_file(store, item.immutable_id, file)
        _keep_header_properties(store, item)
        _enter(store, item)
        _tell(store, item, "created")
        return item


def find_item(store: Store, mailbox: str, identifier: str) -> Item:
    """The message of that id, in either form."""
    # The columns are a constant.
    sql = f"SELECT {COLUMNS} FROM item i WHERE mailbox = ? AND (immutable_id = ? OR default_id = ?)"  # noqa: S608
    row = store.row(sql, mailbox, identifier, identifier)
    if row is None:
        well_formed(identifier)
        raise item_not_found()
    return item_of(row)


def item_of(row: sqlite3.Row) -> Item:
    return Item(
        **{name: row[name] for name in ("immutable_id", "default_id", "mailbox", "folder", "change_key")},
        **{name: row[name] for name in ("received", "created", "modified")},
        is_draft=bool(row["is_draft"]),
        has_attachments=bool(row["has_attachments"]),
        marks=Marks.model_validate_json(row["marks"]),
        content=Content.model_validate_json(row["content"]),
    )


def mime_of(store: Store, item: Item) -> bytes:
    row = store.row("SELECT mime FROM item WHERE immutable_id = ?", item.immutable_id)
    if row is None or row["mime"] is None:
        files = [kept.file for kept in files_of(store, item.immutable_id)]
        return compose(item.content, files, store.now())
    return bytes(row["mime"])


def mark(store: Store, item: Item, marks: Marks) -> Item:
    """Change what a reader may change; the message itself stays byte for byte."""
    store.update(
        "item",
        ("immutable_id", item.immutable_id),
        marks=marks.model_dump_json(by_alias=True),
        is_read=marks.is_read,
    )
    return touched(store, item)


def weigh(store: Store, item: Item, importance: Importance) -> Item:
    """Change how important a message is; its bytes stay as they came."""
    content = item.content.model_copy(update={"importance": importance})
    store.update("item", ("immutable_id", item.immutable_id), content=content.model_dump_json(by_alias=True))
    return touched(store, item)


def rewrite(store: Store, item: Item, content: Content) -> Item:
    """Give a draft another content; MIME that it was made from is void."""
    with store.transaction():
        names = ("subject", "sender", "internet_message_id", "content")
        values = _searchable(content)
        store.update(
            "item", ("immutable_id", item.immutable_id), mime=None, **{name: values[name] for name in names}
        )
        changed = touched(store, item)
        _keep_header_properties(store, changed)
        return changed


def recount_files(store: Store, item: Item) -> Item:
    """Note that the attachments of a draft are others; MIME that it was made from is void."""
    files = [kept.file for kept in files_of(store, item.immutable_id)]
    found = _has_attachments(files)
    store.update("item", ("immutable_id", item.immutable_id), mime=None, has_attachments=found)
    return touched(store, item)


def touched(store: Store, item: Item, change: Change = "updated") -> Item:
    """The item after a change, which delta will report."""
    store.update(
        "item", ("immutable_id", item.immutable_id), modified=store.now(), change_key=new_change_key()
    )
    changed = find_item(store, item.mailbox, item.immutable_id)
    _changed(store, changed, change)
    return changed


def move(store: Store, item: Item, target: Folder) -> Item:
    """Copy and delete, as in Exchange: the default id is another one afterwards."""
    with store.transaction():
        store.update(
            "item", ("immutable_id", item.immutable_id), folder=target.id, default_id=new_default_id()
        )
        _changed(store, item, "deleted")
        moved = touched(store, item, "created")
        if moved.folder != item.folder:
            _enter(store, moved)
        return moved


def copy(store: Store, item: Item, target: Folder) -> Item:
    files = tuple(kept.file for kept in files_of(store, item.immutable_id))
    reading, raw = Reading(item.content, files), mime_of(store, item)
    return add_item(
        store, target, reading, raw, marks=item.marks, is_draft=item.is_draft, received=item.received
    )


def remove(store: Store, item: Item) -> None:
    with store.transaction():
        store.run("DELETE FROM item WHERE immutable_id = ?", item.immutable_id)
        _changed(store, item, "deleted")


def keep_properties(store: Store, item: Item, properties: Iterable[ExtendedProperty]) -> None:
    sql = "INSERT OR REPLACE INTO property (item, id, value) VALUES (?, ?, ?)"
    for extended in properties:
        store.run(sql, item.immutable_id, extended.id, extended.value)


def size_of(store: Store, item: Item) -> int:
    """Its bytes, as PidTagMessageSize has them."""
    row = store.row("SELECT length(mime) AS size FROM item WHERE immutable_id = ?", item.immutable_id)
    return len(mime_of(store, item)) if row is None or row["size"] is None else int(row["size"])


def properties_of(store: Store, item: Item) -> list[ExtendedProperty]:
    rows = store.rows("SELECT id, value FROM property WHERE item = ? ORDER BY id", item.immutable_id)
    return [ExtendedProperty(id=row["id"], value=row["value"]) for row in rows]


def note(store: Store, item: Item) -> None:
    """Put the item at the end of its folder's change log; one row for each id it had there."""
    sql = "INSERT OR REPLACE INTO change (folder, item, default_id) VALUES (?, ?, ?)"
    store.run(sql, item.folder, item.immutable_id, item.default_id)


def _changed(store: Store, item: Item, change: Change) -> None:
    """Tell delta, and those who subscribed."""
    note(store, item)
    _tell(store, item, change)


def _tell(store: Store, item: Item, change: Change) -> None:
    ids = (item.immutable_id, item.default_id)
    announce(store, mailbox=item.mailbox, folder=item.folder, item=ids, etag=item.change_key, change=change)


def _enter(store: Store, item: Item) -> None:
    """Note that the item is new in its folder; what changes later is an update."""
    note(store, item)
    newest = store.number("SELECT max(seq) FROM change WHERE folder = ?", item.folder)
    sql = "INSERT OR REPLACE INTO entry (folder, item, seq) VALUES (?, ?, ?)"
    store.run(sql, item.folder, item.immutable_id, newest)


def _keep_header_properties(store: Store, item: Item) -> None:
    named = [
        header for header in item.content.internet_message_headers if header.name.lower().startswith("x-")
    ]
    keep_properties(
        store,
        item,
        [ExtendedProperty(id=_INTERNET_HEADERS + header.name, value=header.value) for header in named],
    )


def _has_attachments(files: Iterable[File]) -> bool:
    """Graph does not count inline ones."""
    return any(not file.inline for file in files)


def _values(item: Item) -> dict[str, object]:
    plain = (
        "immutable_id",
        "default_id",
        "mailbox",
        "folder",
        "change_key",
        "received",
        "created",
        "modified",
    )
    return {
        **{name: getattr(item, name) for name in plain},
        "is_draft": item.is_draft,
        "has_attachments": item.has_attachments,
        "is_read": item.marks.is_read,
        "marks": item.marks.model_dump_json(by_alias=True),
        "conversation_id": item.content.conversation_id,
        **_searchable(item.content),
    }


def _searchable(content: Content) -> dict[str, object]:
    author = content.from_.email_address.address if content.from_ else None
    return {
        "subject": content.subject,
        "sender": author or "",
        "internet_message_id": content.internet_message_id,
        "content": content.model_dump_json(by_alias=True),
    }
