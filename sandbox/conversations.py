"""Conversations: which one a message belongs to, and where it stands in it."""

import sqlite3
from hashlib import sha256
from uuid import NAMESPACE_URL, uuid5

from sandbox.identifiers import new_conversation_index, new_internet_message_id
from sandbox.shapes import Content
from sandbox.store import Store


def threaded(store: Store, mailbox: str, content: Content) -> Content:
    """The content with what joins it to others: a Message-ID, a conversation and a place in it."""
    message_id = content.internet_message_id or new_internet_message_id()
    parent = None if content.conversation_id else _parent(store, mailbox, content)
    index = content.conversation_index
    if not index:
        index = new_conversation_index(store.now(), parent["place"] if parent else None)
    return content.model_copy(
        update={
            "internet_message_id": message_id,
            "conversation_id": content.conversation_id
            or (str(parent["conversation_id"]) if parent else _new_conversation(message_id)),
            "conversation_index": index,
        }
    )


def _parent(store: Store, mailbox: str, content: Content) -> sqlite3.Row | None:
    """The conversation of the first known mail that this one refers to, and that mail's place in it."""
    named = [
        reference
        for header in content.internet_message_headers
        if header.name.lower() in ("in-reply-to", "references")
        for reference in header.value.split()
    ]
    for reference in named[:50]:
        sql = (
            "SELECT conversation_id, json_extract(content, '$.conversationIndex') AS place FROM item"
            " WHERE mailbox = ? AND internet_message_id = ?"
        )
        row = store.row(sql, mailbox, reference)
        if row is not None:
            return row
    return None


def _new_conversation(message_id: str) -> str:
    digest = sha256(message_id.encode("utf-8", "replace")).hexdigest()
    return f"AAQk{uuid5(NAMESPACE_URL, digest).hex}{digest[:24]}="
