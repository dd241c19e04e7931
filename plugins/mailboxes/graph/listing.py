"""What is new in a folder: delta, page by page, its links taken as they are."""

from dataclasses import dataclass
from datetime import UTC, datetime

import httpx

from plugins.mailboxes.graph.client import GraphClient, quoted
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.shapes import WITH_SIZE, MessagesRead, read
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import CursorExpired, Gone, Listed, Page

_PAGE = "odata.maxpagesize=50"
_FIELDS = "id,receivedDateTime,isDraft"


@dataclass(frozen=True)
class Place:
    """What is listed, and what a cursor belongs to."""

    address: str
    folder: str

    @property
    def mark(self) -> str:
        return f"{self.address}/{self.folder}"


async def list_page(
    client: GraphClient, folders: Folders, place: Place, cursor: str | None, since: datetime | None
) -> Page:
    """The page behind a cursor, or the first one.

    Raises:
        CursorExpired: Graph forgot it, or it is of another mailbox, folder or Graph, or of a folder that was
            deleted; there may be another one of that name.
    """
    try:
        if cursor is None:
            answer = await _first(client, await folders.id_of(place.folder), since)
        else:
            answer = await _next(client, place, cursor)
    except Gone as error:
        folders.forget(place.folder)
        if cursor is not None:
            raise CursorExpired("the folder that the cursor is of is no longer there") from error
        raise Permanent(f"the folder {place.folder!r} is no longer there", code="folder_not_found") from error
    page = read(MessagesRead, answer)
    link = page.next_link or page.delta_link
    if link is None:
        raise Transient("Graph's page has no link to go on with", code="bad_answer")
    # By id: one page may name a mail twice.
    mails = {
        message.id: Listed(message.id, message.received_date_time, message.size)
        for message in page.value
        if message.removed is None and not message.is_draft
    }
    return Page(tuple(mails.values()), f"{link} {place.mark}", more=page.next_link is not None)


async def _first(client: GraphClient, folder: str, since: datetime | None) -> httpx.Response:
    query = {"$select": _FIELDS, "$expand": WITH_SIZE}
    if since is not None:
        query["$filter"] = f"receivedDateTime ge {since.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
    return await client.get(f"mailFolders/{quoted(folder)}/messages/delta", query, prefer=_PAGE)


async def _next(client: GraphClient, place: Place, cursor: str) -> httpx.Response:
    link, _, belongs_to = cursor.partition(" ")
    if belongs_to != place.mark:
        raise CursorExpired("the cursor is of another mailbox or folder")
    if not client.leads_home(link):
        raise CursorExpired("the cursor is of another Graph")
    return await client.follow(link, prefer=_PAGE)
