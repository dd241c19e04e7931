"""What is new in a folder: delta, page by page, its links taken as they are."""

from collections.abc import Iterable
from dataclasses import dataclass

import httpx

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.shapes import WITH_SIZE, MessageRead, MessagesRead, read
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import CursorExpired, Gone, Listed, Page

_PAGE = "odata.maxpagesize=500"
"""Of ids, dates and sizes. Graph names no largest page; others have read whole tenants with this one."""
_NEWEST = 50
_WHAT = {"$select": "id,receivedDateTime,isDraft", "$expand": WITH_SIZE}


@dataclass(frozen=True)
class Place:
    """What is listed, and what a cursor belongs to."""

    address: str
    folder: str

    @property
    def mark(self) -> str:
        return f"{self.address}/{self.folder}"


async def list_page(client: GraphClient, folders: Folders, place: Place, cursor: str | None) -> Page:
    """The page behind a cursor, or the first one: of the whole folder, since a listing that begins with a
    `$filter` tells of 5,000 messages and of nothing old that is moved in later.

    Raises:
        CursorExpired: Graph forgot it, or it is of another mailbox, folder or Graph, or of a folder that was
            deleted; there may be another one of that name.
    """
    try:
        if cursor is None:
            path = f"mailFolders/{quoted(await folders.id_of(place.folder))}/messages/delta"
            answer = await client.get(path, _WHAT, prefer=_PAGE)
        else:
            answer = await _next(client, place, cursor)
    except Gone as error:
        folders.forget(place.folder)
        if cursor is not None:
            raise CursorExpired("the folder that the cursor is of is no longer there") from error
        raise Permanent(f"the folder {place.folder!r} is no longer there", code="folder_not_found") from error
    page = read(MessagesRead, answer)
    link = page.next_link or page.delta_link
    if link is not None and not client.leads_home(link):
        raise Permanent("Graph gave a link to another host", code="foreign_link")
    if link is None:
        raise Transient("Graph's page has no link to go on with", code="bad_answer")
    return Page(_mails(page.value), f"{link} {place.mark}", more=page.next_link is not None)


async def newest(client: GraphClient, folders: Folders, folder: str) -> tuple[Listed, ...]:
    """The latest mails of a folder, in one request."""
    latest = _WHAT | {"$orderby": "receivedDateTime desc", "$top": str(_NEWEST)}
    path = f"mailFolders/{quoted(await folders.id_of(folder))}/messages"
    return _mails(read(MessagesRead, await client.get(path, latest)).value)


def _mails(messages: Iterable[MessageRead]) -> tuple[Listed, ...]:
    # By id: one page may name a mail twice.
    mails = {
        message.id: Listed(message.id, message.received_date_time, message.size)
        for message in messages
        if message.removed is None and not message.is_draft
    }
    return tuple(mails.values())


async def _next(client: GraphClient, place: Place, cursor: str) -> httpx.Response:
    link, _, belongs_to = cursor.partition(" ")
    if belongs_to != place.mark:
        raise CursorExpired("the cursor is of another mailbox or folder")
    if not client.leads_home(link):
        raise CursorExpired("the cursor is of another Graph")
    return await client.follow(link, prefer=_PAGE)
