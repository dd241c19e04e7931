"""Attachments of a message: list, show, download, add, remove."""

from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.attachments import files_of, find_file, remove_file
from sandbox.drafts import attach, file_of
from sandbox.errors import bad_request, method_not_allowed
from sandbox.graph.routing import Asking, counted, graph_router, link, posted
from sandbox.items import Item, find_item, recount_files
from sandbox.querying import Options
from sandbox.rendering import GraphJson, Json, attachment_json, context, message_id, selected
from sandbox.shapes import FileIn

router = graph_router()
_PATH = "/messages/{message}/attachments"


@router.get(_PATH, tags=["attachment"])
async def list_attachments(visit: Visiting, options: Asking, message: str) -> Response:
    item = find_item(visit.store, visit.mailbox.id, message)
    shown = [
        selected(attachment_json(visit, kept, with_item=_wants_item(options)), options.select)
        for kept in files_of(visit.store, item.immutable_id)
    ]
    return GraphJson({"@odata.context": context(visit, *_segments(visit, item)), "value": shown})


@router.get(_PATH + "/$count", tags=["attachment"])
async def count_attachments(visit: Visiting, message: str) -> Response:
    item = find_item(visit.store, visit.mailbox.id, message)
    return counted(len(files_of(visit.store, item.immutable_id)))


@router.get(_PATH + "/{attachment}", tags=["attachment"])
async def show_attachment(visit: Visiting, options: Asking, message: str, attachment: str) -> Response:
    item = find_item(visit.store, visit.mailbox.id, message)
    kept = find_file(visit.store, item.immutable_id, attachment)
    shown = selected(attachment_json(visit, kept, with_item=_wants_item(options)), options.select)
    return GraphJson({"@odata.context": context(visit, *_segments(visit, item), "$entity"), **shown})


@router.get(_PATH + "/{attachment}/$value", tags=["attachment"])
async def download(visit: Visiting, message: str, attachment: str) -> Response:
    item = find_item(visit.store, visit.mailbox.id, message)
    file = find_file(visit.store, item.immutable_id, attachment).file
    if file.kind == "reference":
        raise method_not_allowed()
    return Response(file.content, media_type="text/plain" if file.kind == "item" else file.content_type)


@router.post(_PATH, tags=["attachment"])
async def add_attachment(visit: Visiting, request: Request, message: str) -> Response:
    file = file_of(visit.mailbox, await posted(request, FileIn), visit.store.now())
    item = find_item(visit.store, visit.mailbox.id, message)
    kept = find_file(visit.store, item.immutable_id, attach(visit.store, item, file))
    location = link(visit, f"messages('{message_id(visit, item)}')/attachments('{kept.id}')")
    shown: Json = {
        "@odata.context": context(visit, *_segments(visit, item), "$entity"),
        **attachment_json(visit, kept),
    }
    return GraphJson(shown, HTTPStatus.CREATED, {"Location": location})


@router.delete(_PATH + "/{attachment}", tags=["attachment"])
async def delete_attachment(visit: Visiting, message: str, attachment: str) -> Response:
    with visit.store.transaction():
        item = find_item(visit.store, visit.mailbox.id, message)
        if not item.is_draft:
            raise bad_request("Attachments can only be removed from a draft.", "ErrorInvalidOperation")
        remove_file(visit.store, find_file(visit.store, item.immutable_id, attachment))
        recount_files(visit.store, item)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _segments(visit: Visit, item: Item) -> tuple[str, ...]:
    return (f"messages('{message_id(visit, item)}')", "attachments")


def _wants_item(options: Options) -> bool:
    return "itemattachment/item" in options.expand.lower()
