"""Messages: list, show, mark, move, copy, delete."""

from fnmatch import fnmatch
from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.drafts import change_draft, refuse_change_of_content
from sandbox.errors import bad_request, no_conversion
from sandbox.folders import Folder, find_folder
from sandbox.graph.routing import Asking, graph_router, link, posted
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
)
from sandbox.journal import record
from sandbox.querying import Options, conditions, ordering
from sandbox.rendering import GraphJson, Json, context, message_json
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


@router.get("/messages/{message}", tags=["get"])
async def show_message(visit: Visiting, options: Asking, message: str) -> Response:
    return GraphJson(entity(visit, find_item(visit.store, visit.mailbox.id, message), options))


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
        item = find_item(visit.store, visit.mailbox.id, message)
        if item.is_draft:
            item = change_draft(visit.store, item, written)
        else:
            refuse_change_of_content(item, written)
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
    copied = copy(visit.store, find_item(visit.store, visit.mailbox.id, message), target)
    return GraphJson(entity(visit, copied, options), HTTPStatus.CREATED)


@router.delete("/messages/{message}", tags=["delete"])
async def delete_message(visit: Visiting, message: str) -> Response:
    """Into Deleted Items, and from there out of the mailbox."""
    with visit.store.transaction():
        item = find_item(visit.store, visit.mailbox.id, message)
        bin_ = find_folder(visit.store, visit.mailbox.id, "deleteditems")
        if item.folder == bin_.id:
            remove(visit.store, item)
        else:
            move(visit.store, item, bin_)
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


def _listed(visit: Visit, folder: Folder | None, options: Options) -> Response:
    asked = conditions(options.filter)
    where = " AND ".join(["i.mailbox = ?", "i.folder = ?" if folder else "?", *(one.sql for one in asked)])
    values = [
        visit.mailbox.id,
        folder.id if folder else True,
        *(value for one in asked for value in one.values),
    ]
    order = ordering(options.orderby, asked)
    # Clauses are made of our own column names; every literal is bound.
    sql = f"SELECT {COLUMNS} FROM item i WHERE {where} ORDER BY {order} LIMIT ? OFFSET ?"  # noqa: S608
    size = visit.prefers.page_size or options.top
    rows = visit.store.rows(sql, *values, size + 1, options.skip)
    path = f"mailFolders('{folder.id}')/messages" if folder else "messages"
    found = [
        message_json(visit, item_of(row), options.select, options.expand, single=False) for row in rows[:size]
    ]
    shown: Json = {"@odata.context": context(visit, path), "value": found}
    if options.count:
        # As above.
        shown["@odata.count"] = visit.store.number(f"SELECT count(*) FROM item i WHERE {where}", *values)  # noqa: S608
    if len(rows) > size:
        shown["@odata.nextLink"] = link(visit, path, **_next(options, size))
    return GraphJson(shown)


def _next(options: Options, size: int) -> dict[str, object]:
    asked = {
        "select": ",".join(options.select),
        "expand": options.expand,
        "filter": options.filter,
        "orderby": options.orderby,
        "top": options.top,
        "skip": options.skip + size,
    }
    return {name: value for name, value in asked.items() if value}
