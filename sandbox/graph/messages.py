"""Messages: list, count, show, mark, move, copy, delete."""

from fnmatch import fnmatch
from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.drafts import change_draft, refuse_change_of_content
from sandbox.errors import bad_request, change_key_mismatch, no_conversion
from sandbox.folders import RECOVERABLE, Folder, find_folder
from sandbox.graph.routing import Asking, counted, graph_router, onward, posted
from sandbox.items import (
    COLUMNS,
    Item,
    copy,
    find_item,
    item_of,
    keep_properties,
    mark,
    mime_of,
    move,
    remove,
    touched,
    weigh,
)
from sandbox.journal import record
from sandbox.querying import Options, ordering
from sandbox.rendering import GraphJson, Json, context, message_json, refuse_unknown
from sandbox.shapes import Action, Marks, MessageIn

router = graph_router()


class DestinationIn(Action):
    destination_id: str = ""


@router.get("/messages", tags=["list"])
async def list_all(visit: Visiting, options: Asking) -> Response:
    return _listed(visit, None, options)


@router.get("/mailFolders/{folder}/messages", tags=["list"])
async def list_messages(visit: Visiting, options: Asking, folder: str) -> Response:
    return _listed(visit, find_folder(visit.store, visit.mailbox.id, folder), options)


@router.get("/messages/$count", tags=["list"])
async def count_all(visit: Visiting, options: Asking) -> Response:
    return counted(_Listing(visit, None, options).number())


@router.get("/mailFolders/{folder}/messages/$count", tags=["list"])
async def count_messages(visit: Visiting, options: Asking, folder: str) -> Response:
    return counted(_Listing(visit, find_folder(visit.store, visit.mailbox.id, folder), options).number())


@router.get("/messages/{message}", tags=["get"])
async def show_message(visit: Visiting, options: Asking, message: str) -> Response:
    item = find_item(visit.store, visit.mailbox.id, message)
    return GraphJson(entity(visit, item, options), headers={"ETag": f'W/"{item.change_key}"'})


@router.get("/messages/{message}/$value", tags=["value"])
async def show_mime(visit: Visiting, message: str) -> Response:
    item = find_item(visit.store, visit.mailbox.id, message)
    if any(fnmatch(item.content.subject, pattern) for pattern in visit.weather.knobs.no_mime):
        raise no_conversion()
    raw = mime_of(visit.store, item)
    return Response(raw, media_type="text/plain")


@router.patch("/messages/{message}", tags=["patch"])
async def change_message(visit: Visiting, options: Asking, request: Request, message: str) -> Response:
    written = await posted(request, MessageIn)
    with visit.store.transaction():
        item = _unchanged(request, find_item(visit.store, visit.mailbox.id, message))
        if item.is_draft:
            item = change_draft(visit.store, item, written)
        else:
            refuse_change_of_content(item, written)
            item = weigh(visit.store, item, written.importance) if written.importance else item
        item = _marked(visit, item, written)
    return GraphJson(entity(visit, item, options))


@router.post("/messages/{message}/move", tags=["move"])
async def move_message(visit: Visiting, options: Asking, request: Request, message: str) -> Response:
    target = await _destination(visit, request)
    with visit.store.transaction():
        moved = move(visit.store, find_item(visit.store, visit.mailbox.id, message), target)
        record(visit.store, "moved", moved, target.known or target.name)
    return GraphJson(entity(visit, moved, options), HTTPStatus.CREATED)


@router.post("/messages/{message}/copy", tags=["move"])
async def copy_message(visit: Visiting, options: Asking, request: Request, message: str) -> Response:
    target = await _destination(visit, request)
    with visit.store.transaction():
        copied = copy(visit.store, find_item(visit.store, visit.mailbox.id, message), target)
        record(visit.store, "copied", copied, target.known or target.name)
    return GraphJson(entity(visit, copied, options), HTTPStatus.CREATED)


@router.delete("/messages/{message}", tags=["delete"])
async def delete_message(visit: Visiting, request: Request, message: str) -> Response:
    """Into Deleted Items, from there to what can be recovered, and from there out of the mailbox."""
    with visit.store.transaction():
        item = _unchanged(request, find_item(visit.store, visit.mailbox.id, message))
        deleted, recoverable = (
            find_folder(visit.store, visit.mailbox.id, name) for name in ("deleteditems", RECOVERABLE)
        )
        if item.folder == recoverable.id:
            remove(visit.store, item)
        else:
            move(visit.store, item, recoverable if item.folder == deleted.id else deleted)
        record(visit.store, "deleted", item)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/messages/{message}/permanentDelete", tags=["delete"])
async def delete_for_good(visit: Visiting, message: str) -> Response:
    with visit.store.transaction():
        item = find_item(visit.store, visit.mailbox.id, message)
        remove(visit.store, item)
        record(visit.store, "deleted", item)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def entity(visit: Visit, item: Item, options: Options) -> Json:
    shown = message_json(visit, item, options.select, options.expand, single=True)
    return {"@odata.context": context(visit, "messages/$entity"), **shown}


def _marked(visit: Visit, item: Item, written: MessageIn) -> Item:
    changes = written.changes(Marks)
    properties = written.single_value_extended_properties
    if properties:
        keep_properties(visit.store, item, properties)
        item = touched(visit.store, item)
    if not changes:
        return item
    was_read = item.marks.is_read
    item = mark(visit.store, item, item.marks.model_copy(update=changes))
    if item.marks.is_read != was_read:
        record(visit.store, "read" if item.marks.is_read else "unread", item)
    elif changes.keys() - {"is_read"}:
        record(visit.store, "changed", item, ", ".join(sorted(changes)))
    return item


async def _destination(visit: Visit, request: Request) -> Folder:
    written = await posted(request, DestinationIn)
    if not written.destination_id:
        raise bad_request("The destination folder is missing.", "ErrorInvalidArgument")
    return find_folder(visit.store, visit.mailbox.id, written.destination_id)


def _unchanged(request: Request, item: Item) -> Item:
    """The item, if it is still the version that the client may have named."""
    named = request.headers.get("if-match", "*").strip()
    if named not in ("*", f'W/"{item.change_key}"', f'"{item.change_key}"'):
        raise change_key_mismatch()
    return item


class _Listing:
    """The messages that are asked for, of a folder or of the whole mailbox."""

    def __init__(self, visit: Visit, folder: Folder | None, options: Options) -> None:
        asked = options.condition
        self._store = visit.store
        self._where = f"i.mailbox = ? AND {'i.folder = ?' if folder else '?'} AND ({asked.sql})"
        self._values = (visit.mailbox.id, folder.id if folder else True, *asked.values)
        self._order = ordering(options.orderby, asked)

    def number(self) -> int:
        # The clauses are made of our own words; every literal is bound.
        sql = f"SELECT count(*) FROM item i WHERE {self._where}"  # noqa: S608
        return self._store.number(sql, *self._values)

    def items(self, size: int, skip: int) -> list[Item]:
        # As above.
        sql = f"SELECT {COLUMNS} FROM item i WHERE {self._where} ORDER BY {self._order} LIMIT ? OFFSET ?"  # noqa: S608
        return [item_of(row) for row in self._store.rows(sql, *self._values, size, skip)]


def _listed(visit: Visit, folder: Folder | None, options: Options) -> Response:
    listing = _Listing(visit, folder, options)
    size = visit.prefers.page_size or options.top
    items = listing.items(size + 1, options.skip)
    path = f"mailFolders('{folder.id}')/messages" if folder else "messages"
    shown: Json = {"@odata.context": context(visit, path)}
    if options.count:
        shown["@odata.count"] = listing.number()
    refuse_unknown(options.select)
    shown["value"] = [
        message_json(visit, item, options.select, options.expand, single=False) for item in items[:size]
    ]
    if len(items) > size:
        shown["@odata.nextLink"] = onward(visit, path, **options.next_page(size))
    return GraphJson(shown)
