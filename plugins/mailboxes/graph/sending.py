"""Send by draft: lay it ready under our key, let it go, and say later what became of it.

The key is an extended property of the draft. It is written last, so a draft under our key is complete;
Exchange keeps it on the copy in Sent Items, where it is found although id and Message-ID may be others.
It rides in a header field too, which Exchange keeps as a property of its own.
"""

import asyncio
import base64
import re
from contextlib import suppress
from email.parser import BytesHeaderParser
from email.policy import SMTP

import httpx

from plugins.mailboxes.graph.client import GraphClient, literal, quoted
from plugins.mailboxes.graph.shapes import FolderRead, MessageRead, MessagesRead, read
from plugins.mailboxes.graph.splitting import Split, fits, split
from plugins.mailboxes.graph.uploading import add_file
from shared.contracts.errors import Transient
from shared.plugins.mailboxes import Gone, Prepared, Sent

KEY_PROPERTY = "String {6a4a2c3e-8f0d-4b57-9c1e-5d0f7b3a9e21} Name PostroomKey"
KEY_HEADER = "X-Postroom-Key"
_HEADER_PROPERTY = f"String {{00020386-0000-0000-c000-000000000046}} Name {KEY_HEADER}"
_VISIBLE = re.compile(r"[!-~]{1,900}")
_FIELDS = "id,isDraft,parentFolderId,internetMessageId"


async def prepare(client: GraphClient, mime: bytes, key: str) -> str:
    """Lay a mail ready. A draft that is under the key already is taken as it is.

    So a mail that was changed needs another key.
    """
    ready = await _under_key(client, "drafts", key)
    if ready is not None:
        return ready.id
    await _drop_incomplete(client, mime)
    try:
        draft = await _draft(client, _with_key(mime, key))
        await client.patch(
            f"messages/{quoted(draft)}",
            {"singleValueExtendedProperties": [{"id": KEY_PROPERTY, "value": key}]},
        )
    except Gone as error:
        # Somebody deleted it, and nothing has left: a draft made anew is as good.
        raise Transient("the draft went while it was made", code=error.code) from error
    return draft


async def dispatch(client: GraphClient, handle: str) -> None:
    """Let the draft go.

    Raises:
        Transient: the outcome is unknown. Also when there is no draft: an earlier dispatch may have sent it.
        Permanent: Graph refused, and the draft is still one.
    """
    try:
        answer = await client.post(f"messages/{quoted(handle)}/send")
    except Gone as error:
        raise Transient("there is no draft to send; it may have left", code=error.code) from error
    if answer.status_code != httpx.codes.ACCEPTED:
        # Graph's page "message: send" knows no other success: something else has answered.
        raise Transient(f"sending was answered with {answer.status_code}", code="bad_answer")


async def discard(client: GraphClient, handle: str) -> None:
    """Throw a draft away, if it is one still."""
    draft = await _message(client, handle)
    if draft is not None and draft.is_draft:
        with suppress(Gone):
            await client.delete(f"messages/{quoted(handle)}")


async def find_sent(client: GraphClient, handle: str | None, key: str) -> Sent | Prepared | None:
    """Say what became of a mail, from what the mailbox shows.

    - a copy in Sent Items, by our key in either place or, when it is a Message-ID, by that: `Sent`;
    - else the draft, by its handle or, without one, by our key: `Prepared`;
    - else None. With a handle this means that the draft left and its copy is not there yet, or that
      somebody deleted it; without one, that no draft was ever complete under the key.

    Sent Items come first, so a mail that leaves between the two looks is never called `Prepared`.

    Raises:
        Transient: also while the mail waits in the Outbox, where it is neither.
    """
    copy = await _copy(client, key)
    if copy is not None:
        return _sent(copy)
    draft = await (_message(client, handle) if handle else _under_key(client, "drafts", key))
    if draft is None:
        return None
    if not draft.is_draft:
        return _sent(draft)
    if draft.parent_folder_id == await _outbox(client):
        raise Transient("the mail is in the Outbox, on its way", code="in_outbox")
    return Prepared(draft.id)


async def _copy(client: GraphClient, key: str) -> MessageRead | None:
    for name in (KEY_PROPERTY, _HEADER_PROPERTY):
        if copy := await _under_key(client, "sentitems", key, name):
            return copy
    return await _by_message_id(client, "sentitems", key) if "@" in key else None


def _with_key(mime: bytes, key: str) -> bytes:
    return f"{KEY_HEADER}: {key}\r\n".encode("ascii") + mime if _VISIBLE.fullmatch(key) else mime


async def _draft(client: GraphClient, mime: bytes) -> str:
    parts = Split(mime, ()) if fits(mime) else await asyncio.to_thread(split, mime)
    answer = await client.post_mime("messages", base64.b64encode(parts.mime))
    draft = read(MessageRead, answer).id
    for file in parts.files:
        await add_file(client, draft, file)
    return draft


async def _drop_incomplete(client: GraphClient, mime: bytes) -> None:
    """Delete what an attempt left behind that died before it wrote the key."""
    message_id = BytesHeaderParser(policy=SMTP).parsebytes(mime)["Message-ID"]
    if not message_id:
        return
    left = await _by_message_id(client, "drafts", str(message_id))
    if left is not None:
        await client.delete(f"messages/{quoted(left.id)}")


async def _message(client: GraphClient, handle: str) -> MessageRead | None:
    try:
        return read(MessageRead, await client.get(f"messages/{quoted(handle)}", {"$select": _FIELDS}))
    except Gone:
        return None


async def _under_key(
    client: GraphClient, folder: str, key: str, name: str = KEY_PROPERTY
) -> MessageRead | None:
    ours = f"ep/id eq {literal(name)} and ep/value eq {literal(key)}"
    return await _first(client, folder, f"singleValueExtendedProperties/Any(ep: {ours})")


async def _by_message_id(client: GraphClient, folder: str, message_id: str) -> MessageRead | None:
    bracketed = f"<{message_id.strip(' <>')}>"
    return await _first(client, folder, f"internetMessageId eq {literal(bracketed)}")


async def _first(client: GraphClient, folder: str, condition: str) -> MessageRead | None:
    query = {"$filter": condition, "$select": _FIELDS, "$top": "1"}
    page = read(MessagesRead, await client.get(f"mailFolders/{folder}/messages", query))
    while not page.value and page.next_link is not None:
        page = read(MessagesRead, await client.follow(page.next_link))
    return page.value[0] if page.value else None


async def _outbox(client: GraphClient) -> str:
    return read(FolderRead, await client.get("mailFolders/outbox", {"$select": "id"})).id


def _sent(message: MessageRead) -> Sent:
    message_id = (message.internet_message_id or "").strip(" <>")
    return Sent(message_id or None)
