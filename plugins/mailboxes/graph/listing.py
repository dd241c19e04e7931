"""What is new in a folder: delta, page by page, its links taken as they are.

From a date on, Graph's first round ends at 5,000 messages and does not say so. Therefore the mail since that
date is asked for once more by date, behind that round; most of it is known by then.
"""

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import parse_qs, quote, urldefrag

from plugins.mailboxes.graph.client import GraphClient, encoded, quoted
from plugins.mailboxes.graph.folders import Folders
from plugins.mailboxes.graph.shapes import WITH_SIZE, MessageRead, MessagesRead, read
from shared.contracts.errors import Permanent, Transient
from shared.plugins.mailboxes import CursorExpired, Gone, Listed, Page

_PAGE_SIZE = 50
_PAGE = f"odata.maxpagesize={_PAGE_SIZE}"
_FIELDS = "id,receivedDateTime,isDraft"


@dataclass(frozen=True)
class Place:
    """What is listed, and what a cursor belongs to."""

    address: str
    folder: str

    @property
    def mark(self) -> str:
        return f"{self.address}/{self.folder}"


@dataclass(frozen=True)
class _Step:
    """A page of the listing. What is ours rides in the link's fragment, which nobody is sent."""

    link: str
    first_round: bool = False
    then: str | None = None
    """The delta link that waits while mail is asked for by date."""

    def cursor(self, place: Place) -> str:
        ours = "#first" if self.first_round else f"#then={quote(self.then, safe='')}" if self.then else ""
        return f"{self.link}{ours} {place.mark}"


async def list_page(
    client: GraphClient, folders: Folders, place: Place, cursor: str | None, since: datetime | None
) -> Page:
    """The page behind a cursor, or the first one.

    Raises:
        CursorExpired: Graph forgot it, or it is of another mailbox, folder or Graph, or of a folder that was
            deleted; there may be another one of that name.
    """
    try:
        step = await _begun(client, folders, place, since) if cursor is None else _step(client, place, cursor)
        page = read(MessagesRead, await client.follow(step.link, prefer=_PAGE))
        if not all(client.leads_home(link) for link in (page.next_link, page.delta_link) if link):
            raise Permanent("Graph gave a link to another host", code="foreign_link")
        onward = _onward(step, page)
        if step.first_round and page.next_link is None and since is not None:
            messages = await _messages(client, folders, place)
            onward = _Step(f"{messages}?{_by_date(since)}", then=onward.link)
    except Gone as error:
        folders.forget(place.folder)
        if cursor is not None:
            raise CursorExpired("the folder that the cursor is of is no longer there") from error
        raise Permanent(f"the folder {place.folder!r} is no longer there", code="folder_not_found") from error
    return Page(
        _listed(page), onward.cursor(place), more=onward.then is not None or page.next_link is not None
    )


async def _begun(client: GraphClient, folders: Folders, place: Place, since: datetime | None) -> _Step:
    query = {"$select": _FIELDS, "$expand": WITH_SIZE}
    if since is not None:
        query["$filter"] = _from(since)
    return _Step(f"{await _messages(client, folders, place)}/delta?{encoded(query)}", first_round=True)


async def _messages(client: GraphClient, folders: Folders, place: Place) -> str:
    return client.link(f"mailFolders/{quoted(await folders.id_of(place.folder))}/messages")


def _step(client: GraphClient, place: Place, cursor: str) -> _Step:
    whole, _, belongs_to = cursor.partition(" ")
    if belongs_to != place.mark:
        raise CursorExpired("the cursor is of another mailbox or folder")
    link, ours = urldefrag(whole)
    if not client.leads_home(link):
        raise CursorExpired("the cursor is of another Graph")
    return _Step(link, first_round=ours == "first", then=next(iter(parse_qs(ours).get("then", [])), None))


def _onward(step: _Step, page: MessagesRead) -> _Step:
    """Where the page leads on."""
    if step.then is not None and page.next_link is not None:
        return replace(step, link=_later(step, page.value) or page.next_link)
    if page.next_link is not None:
        return replace(step, link=page.next_link)
    end = step.then or page.delta_link
    if end is None:
        raise Transient("Graph's page has no link to go on with", code="bad_answer")
    return _Step(end)


def _by_date(since: datetime) -> str:
    query = {"$select": _FIELDS, "$expand": WITH_SIZE, "$filter": _from(since)}
    return encoded({**query, "$orderby": "receivedDateTime asc", "$top": str(_PAGE_SIZE)})


def _later(step: _Step, shown: tuple[MessageRead, ...]) -> str | None:
    """The page from the last date on, since places that Graph counts shift when mail is moved away; None
    when all of a page is of one moment."""
    dates = [message.received_date_time for message in shown if message.received_date_time is not None]
    if not dates or dates[-1] <= dates[0]:
        return None
    return f"{step.link.partition('?')[0]}?{_by_date(dates[-1])}"


def _from(moment: datetime) -> str:
    return f"receivedDateTime ge {moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def _listed(page: MessagesRead) -> tuple[Listed, ...]:
    # By id: one page may name a mail twice.
    mails = {
        message.id: Listed(message.id, message.received_date_time, message.size)
        for message in page.value
        if message.removed is None and not message.is_draft
    }
    return tuple(mails.values())
