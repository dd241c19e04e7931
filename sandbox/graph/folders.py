"""Mail folders: list, count, show, make, rename, move, remove."""

import re
from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.errors import bad_request, unselectable
from sandbox.folders import (
    ROOT,
    Folder,
    add_folder,
    children,
    find_folder,
    move_folder,
    remove_folder,
    rename_folder,
)
from sandbox.graph.routing import Asking, counted, graph_router, link, onward, posted
from sandbox.querying import Options
from sandbox.rendering import GraphJson, Json, context, folder_json
from sandbox.shapes import Action, Shape, Text

router = graph_router()
_FILTER = re.compile(
    r"displayName (?P<operator>eq|ne) '(?P<name>(?:[^']|'')*)'"
    r"|(?P<function>startswith|contains)\(displayName, ?'(?P<part>(?:[^']|'')*)'\)",
    re.IGNORECASE,
)
_EXPANDED = ("childFolders",)


class FolderIn(Shape):
    display_name: Text = ""
    is_hidden: bool = False


class FolderDestinationIn(Action):
    destination_id: str = ""


@router.get("/mailFolders", tags=["folders"])
async def list_folders(visit: Visiting, options: Asking) -> Response:
    return _listed(visit, find_folder(visit.store, visit.mailbox.id, ROOT), options, "mailFolders")


@router.get("/mailFolders/$count", tags=["folders"])
async def count_folders(visit: Visiting, options: Asking) -> Response:
    return counted(len(_found(visit, find_folder(visit.store, visit.mailbox.id, ROOT), options)))


@router.get("/mailFolders/{folder}/childFolders", tags=["folders"])
async def list_children(visit: Visiting, options: Asking, folder: str) -> Response:
    parent = find_folder(visit.store, visit.mailbox.id, folder)
    return _listed(visit, parent, options, f"mailFolders('{parent.id}')/childFolders")


@router.get("/mailFolders/{folder}/childFolders/$count", tags=["folders"])
async def count_children(visit: Visiting, options: Asking, folder: str) -> Response:
    return counted(len(_found(visit, find_folder(visit.store, visit.mailbox.id, folder), options)))


@router.get("/mailFolders/{folder}", tags=["folders"])
async def show_folder(visit: Visiting, options: Asking, folder: str) -> Response:
    found = find_folder(visit.store, visit.mailbox.id, folder)
    return GraphJson(_entity(visit, found, options))


@router.post("/mailFolders", tags=["folders"])
async def make_folder(visit: Visiting, options: Asking, request: Request) -> Response:
    return await _made(visit, options, request, ROOT)


@router.post("/mailFolders/{folder}/childFolders", tags=["folders"])
async def make_child(visit: Visiting, options: Asking, request: Request, folder: str) -> Response:
    return await _made(visit, options, request, folder)


@router.post("/mailFolders/{folder}/move", tags=["folders"])
async def move_(visit: Visiting, options: Asking, request: Request, folder: str) -> Response:
    written = await posted(request, FolderDestinationIn)
    found = find_folder(visit.store, visit.mailbox.id, folder)
    target = find_folder(visit.store, visit.mailbox.id, written.destination_id)
    return GraphJson(_entity(visit, move_folder(visit.store, found, target), options), HTTPStatus.CREATED)


@router.patch("/mailFolders/{folder}", tags=["folders"])
async def change_folder(visit: Visiting, options: Asking, request: Request, folder: str) -> Response:
    written = await posted(request, FolderIn)
    found = find_folder(visit.store, visit.mailbox.id, folder)
    return GraphJson(_entity(visit, rename_folder(visit.store, found, written.display_name), options))


@router.delete("/mailFolders/{folder}", tags=["folders"])
async def delete_folder(visit: Visiting, folder: str) -> Response:
    remove_folder(visit.store, find_folder(visit.store, visit.mailbox.id, folder))
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _made(visit: Visit, options: Options, request: Request, parent: str) -> Response:
    written = await posted(request, FolderIn)
    above = find_folder(visit.store, visit.mailbox.id, parent)
    made = add_folder(visit.store, above, written.display_name, hidden=written.is_hidden)
    location = link(visit, f"mailFolders('{made.id}')")
    return GraphJson(_entity(visit, made, options), HTTPStatus.CREATED, {"Location": location})


def _listed(visit: Visit, parent: Folder, options: Options, path: str) -> Response:
    found = _found(visit, parent, options)
    size = visit.prefers.page_size or options.top
    page = found[options.skip : options.skip + size]
    shown: Json = {"@odata.context": context(visit, path)}
    if options.count:
        shown["@odata.count"] = len(found)
    shown["value"] = [_json(visit, folder, options) for folder in page]
    if options.skip + size < len(found):
        hidden = {"includeHiddenFolders": "true"} if options.hidden_folders else {}
        shown["@odata.nextLink"] = onward(visit, path, hidden, **options.next_page(size))
    return GraphJson(shown)


def _found(visit: Visit, parent: Folder, options: Options) -> list[Folder]:
    listed = children(visit.store, parent, with_hidden=options.hidden_folders)
    match options.orderby.split():
        case []:
            pass
        case ["displayName", *direction]:
            listed.sort(key=lambda folder: folder.name.casefold(), reverse=direction == ["desc"])
        case _:
            raise bad_request(f"Could not order by '{options.orderby}'.", "ErrorInvalidUrlQueryOrderBy")
    return [folder for folder in listed if _wanted(folder.name.casefold(), options.filter)]


def _wanted(name: str, filter_: str) -> bool:
    if not filter_:
        return True
    asked = _FILTER.fullmatch(filter_.strip())
    if asked is None:
        message = "The query filter contains one or more invalid nodes."
        raise bad_request(message, "ErrorInvalidUrlQueryFilter")
    text = (asked["name"] or asked["part"] or "").replace("''", "'").casefold()
    match (asked["operator"] or asked["function"]).lower():
        case "eq":
            return name == text
        case "ne":
            return name != text
        case "startswith":
            return name.startswith(text)
        case _:
            return text in name


def _entity(visit: Visit, folder: Folder, options: Options) -> Json:
    return {"@odata.context": context(visit, "mailFolders/$entity"), **_json(visit, folder, options)}


def _json(visit: Visit, folder: Folder, options: Options) -> Json:
    shown = folder_json(visit, folder)
    unknown = next((name for name in options.select if name not in shown), None)
    if unknown:
        raise unselectable(unknown, "mailFolder")
    selected = {
        name: value for name, value in shown.items() if not options.select or name in (*options.select, "id")
    }
    if options.expand:
        named = options.expand.partition("(")[0].strip()
        if named not in _EXPANDED:
            raise unselectable(named, "mailFolder")
        selected[named] = [folder_json(visit, child) for child in children(visit.store, folder)]
    return selected
