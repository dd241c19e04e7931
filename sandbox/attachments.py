"""Attachments as rows, taken from the MIME or posted to a draft."""

import sqlite3
from dataclasses import dataclass

from sandbox.errors import item_not_found
from sandbox.identifiers import new_attachment_id, well_formed
from sandbox.mime import File
from sandbox.store import Store


@dataclass(frozen=True)
class KeptFile:
    id: str
    modified: int
    file: File


def add_file(store: Store, item: str, file: File) -> KeptFile:
    kept = KeptFile(new_attachment_id(), store.now(), file)
    store.insert(
        "attachment",
        id=kept.id,
        item=item,
        kind=file.kind,
        name=file.name.encode("utf-8", "replace").decode(),
        content_type=file.content_type,
        content_id=file.content_id,
        inline=file.inline,
        modified=kept.modified,
        content=file.content,
    )
    return kept


def files_of(store: Store, item: str) -> list[KeptFile]:
    return [_kept(row) for row in store.rows("SELECT * FROM attachment WHERE item = ? ORDER BY rowid", item)]


def find_file(store: Store, item: str, identifier: str) -> KeptFile:
    row = store.row("SELECT * FROM attachment WHERE item = ? AND id = ?", item, identifier)
    if row is None:
        well_formed(identifier)
        raise item_not_found()
    return _kept(row)


def remove_file(store: Store, kept: KeptFile) -> None:
    store.run("DELETE FROM attachment WHERE id = ?", kept.id)


def _kept(row: sqlite3.Row) -> KeptFile:
    file = File(
        kind=row["kind"],
        name=row["name"],
        content_type=row["content_type"],
        content=bytes(row["content"]),
        content_id=row["content_id"],
        inline=bool(row["inline"]),
    )
    return KeptFile(row["id"], row["modified"], file)
