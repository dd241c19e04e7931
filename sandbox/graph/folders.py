"""Mail folders: list, show, make, rename, remove."""

import re
from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.errors import unsupported
from sandbox.folders import ROOT, Folder, add_folder, children, find_folder, remove_folder, rename_folder
from sandbox.graph.routing import Asking, graph_router, link, posted
from sandbox.querying import Options
from sandbox.rendering import GraphJson, Json, context, folder_json
from sandbox.shapes import Shape, Text

router = graph_router()


class FolderIn(Shape):
    display_name: Text = ""


@router.get("/mailFolders", tags=["folders"])
async def list_folders(visit: Visiting, options: Asking) -> Response:
    return _listed(visit, find_folder(visit.store, visit.mailbox.id, ROOT), options, "mailFolders")


@router.get("/mailFolders/{folder}/childFolders", tags=["folders"])
async def list_children(visit: Visiting, options: Asking, folder: str) -> Response:
    parent = find_folder(visit.store, visit.mailbox.id, folder)
    return _listed(visit, parent, options, f"mailFolders('{parent.id}')/childFolders")


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
    made = add_folder(visit.store, find_folder(visit.store, visit.mailbox.id, parent), written.display_name)
    return GraphJson(_entity(visit, made, options), HTTPStatus.CREATED)


def _listed(visit: Visit, parent: Folder, options: Options, path: str) -> Response:
    found = [folder for folder in children(visit.store, parent) if _named(folder, options.filter)]
    page = found[options.skip : options.skip + options.top]
    shown: Json = {
        "@odata.context": context(visit, path),
        "value": [_selected(folder_json(visit, folder), options.select) for folder in page],
    }
    end = options.skip + options.top
    if end < len(found):
        shown["@odata.nextLink"] = link(visit, path, top=options.top, skip=end, **_filter(options))
    return GraphJson(shown)


def _filter(options: Options) -> dict[str, str]:
    return {"filter": options.filter} if options.filter else {}


def _named(folder: Folder, filter_: str) -> bool:
    if not filter_:
        return True
    asked = re.fullmatch(r"displayName eq '((?:[^']|'')*)'", filter_)
    if asked is None:
        raise unsupported("Folders are filtered by displayName only.")
    return folder.name.lower() == asked[1].replace("''", "'").lower()


def _entity(visit: Visit, folder: Folder, options: Options) -> Json:
    shown = _selected(folder_json(visit, folder), options.select)
    return {"@odata.context": context(visit, "mailFolders/$entity"), **shown}


def _selected(shown: Json, select: tuple[str, ...]) -> Json:
    return {name: value for name, value in shown.items() if not select or name in (*select, "id")}
