"""Delta of a folder's messages, with everything that may be odd about a round."""

import re
from collections.abc import Iterator
from fnmatch import fnmatch

from fastapi import Response

from sandbox.admission import Visit, Visiting
from sandbox.changes import Cursor, Page, Removed, newest, opened, page_of, sealed
from sandbox.errors import bad_request, sync_state_lost
from sandbox.filtering import moment
from sandbox.folders import Folder, find_folder
from sandbox.graph.routing import Asking, graph_router, link, onward
from sandbox.items import Item, note, remove
from sandbox.journal import record
from sandbox.querying import Options
from sandbox.rendering import GraphJson, Json, context, message_json, refuse_unknown

router = graph_router()


_FILTER = re.compile(r"receivedDateTime\s+(ge|gt)\s+([^\s']+)")
_CHANGES = ("", "created", "updated", "deleted")


@router.get("/messages/delta", tags=["delta"])
async def changes_everywhere(visit: Visiting) -> Response:
    """Refused: Exchange tracks changes folder by folder."""
    del visit
    raise bad_request(
        "Unsupported request: Change tracking is not supported against 'microsoft.graph.message'."
    )


@router.get("/mailFolders/{folder}/messages/delta", tags=["delta"])
async def changes(visit: Visiting, options: Asking, folder: str) -> Response:
    found = find_folder(visit.store, visit.mailbox.id, folder)
    cursor = _first(visit, found, options) if options.token is None else _resumed(visit, found, options.token)
    if visit.weather.happens("empty_pages") and not cursor.was_empty:
        emptied = cursor.model_copy(update={"was_empty": True})
        return _answer(visit, found, [], _next_link(visit, found, emptied))
    with visit.store.transaction():
        size = visit.prefers.page_size or cursor.page_size
        page = page_of(visit.store, found, cursor, size, immutable_ids=visit.prefers.immutable_ids)
        shown = [_json(visit, entry, cursor) for entry in _disturbed(visit, page)]
        _vanish(visit, page)
    return _answer(visit, found, shown, _onward(visit, found, cursor, page))


def _first(visit: Visit, folder: Folder, options: Options) -> Cursor:
    if options.search:
        raise bad_request(
            "The query parameter '$search' is not supported with delta.", "ErrorInvalidUrlQuery"
        )
    if options.change_type.lower() not in _CHANGES:
        message = f"The value '{options.change_type}' of changeType is not created, updated or deleted."
        raise bad_request(message, "ErrorInvalidUrlQuery")
    if options.orderby.lower().split() not in ([], ["receiveddatetime", "desc"]):
        raise bad_request("Delta orders by receivedDateTime desc only.", "ErrorInvalidUrlQuery")
    refuse_unknown(options.select)
    filtered = _FILTER.fullmatch(options.filter.strip())
    if options.filter and filtered is None:
        raise bad_request("Delta filters by receivedDateTime ge or gt only.", "ErrorInvalidUrlQuery")
    return Cursor(
        folder=folder.id,
        generation=visit.mailbox.generation,
        first_until=newest(visit.store),
        select=options.select,
        expand=options.expand,
        received_from=moment(filtered[2]) if filtered else None,
        received_after=bool(filtered and filtered[1] == "gt"),
        left=visit.weather.knobs.filtered_delta_cap if filtered else None,
        change_type=options.change_type.lower(),
        page_size=visit.prefers.page_size or options.top,
    )


def _resumed(visit: Visit, folder: Folder, token: str) -> Cursor:
    if token.lower() == "latest":
        message = "Synchronization from now on is not supported for messages."
        raise bad_request(message, "ErrorInvalidUrlQuery")
    cursor = opened(visit.store, token)
    known = cursor is not None and (cursor.folder, cursor.generation) == (folder.id, visit.mailbox.generation)
    if cursor is None or not known or visit.weather.happens("gone"):
        raise sync_state_lost(link(visit, _path(folder)))
    return cursor


def _vanish(visit: Visit, page: Page) -> None:
    """Somebody deletes mail that was just listed."""
    patterns = visit.weather.knobs.vanish
    for entry in page.entries:
        if isinstance(entry, Item) and any(fnmatch(entry.content.subject, pattern) for pattern in patterns):
            remove(visit.store, entry)
            record(visit.store, "deleted", entry)


def _disturbed(visit: Visit, page: Page) -> Iterator[Item | Removed]:
    """The entries of a page, some kept back for later and some twice."""
    for entry in page.entries:
        if isinstance(entry, Item) and _delayed(visit, entry):
            note(visit.store, entry)
            continue
        yield entry
        if visit.weather.happens("duplicate_delta"):
            yield entry


def _delayed(visit: Visit, item: Item) -> bool:
    """Each message is late once at most."""
    known = visit.weather.delayed
    if item.immutable_id in known or not visit.weather.happens("late_delta"):
        return False
    known.add(item.immutable_id)
    return True


def _onward(visit: Visit, folder: Folder, cursor: Cursor, page: Page) -> Json:
    on = {"since": page.until, "was_empty": False, "left": page.left}
    if not page.last or visit.weather.knobs.endless_pages:
        return _next_link(visit, folder, cursor.model_copy(update=on))
    on["round_from"] = page.until
    if visit.weather.happens("replay_delta"):
        on["since"] = cursor.round_from
    token = sealed(visit.store, cursor.model_copy(update=on))
    return {"@odata.deltaLink": onward(visit, _path(folder), deltatoken=token)}


def _next_link(visit: Visit, folder: Folder, cursor: Cursor) -> Json:
    return {"@odata.nextLink": onward(visit, _path(folder), skiptoken=sealed(visit.store, cursor))}


def _path(folder: Folder) -> str:
    return f"mailfolders('{folder.id}')/messages/delta"


def _json(visit: Visit, entry: Item | Removed, cursor: Cursor) -> Json:
    if isinstance(entry, Removed):
        return {
            "@odata.type": "#microsoft.graph.message",
            "id": entry.identifier,
            "@removed": {"reason": "deleted"},
        }
    shown = message_json(visit, entry, cursor.select, cursor.expand, single=False)
    return {"@odata.type": "#microsoft.graph.message", **shown}


def _answer(visit: Visit, folder: Folder, shown: list[Json], onward: Json) -> Response:
    of_page = context(visit, f"mailFolders('{folder.id}')", "messages")
    return GraphJson({"@odata.context": of_page, **onward, "value": shown})
