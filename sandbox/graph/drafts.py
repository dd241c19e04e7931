"""Drafts: posted as JSON or MIME, or made as an answer."""

from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.drafts import (
    AnswerKind,
    answer,
    answer_from_mime,
    attach,
    change_draft,
    decoded,
    draft_from_json,
    draft_from_mime,
    file_of,
)
from sandbox.errors import bad_request
from sandbox.folders import find_folder
from sandbox.graph.messages import entity
from sandbox.graph.routing import Asking, graph_router, link, posted
from sandbox.items import Item, find_item
from sandbox.outgoing import with_necessary_fields
from sandbox.querying import Options
from sandbox.rendering import GraphJson, message_id
from sandbox.shapes import Action, MessageIn, Recipient, Text

router = graph_router()


class AnswerIn(Action):
    comment: Text = ""
    message: MessageIn = MessageIn()
    to_recipients: tuple[Recipient, ...] = ()


@router.post("/messages", tags=["draft"])
async def make_draft(visit: Visiting, options: Asking, request: Request) -> Response:
    return await _made(visit, options, request, "drafts")


@router.post("/mailFolders/{folder}/messages", tags=["draft"])
async def make_draft_in(visit: Visiting, options: Asking, request: Request, folder: str) -> Response:
    return await _made(visit, options, request, folder)


@router.post("/messages/{message}/createReply", tags=["draft"])
async def create_reply(visit: Visiting, options: Asking, request: Request, message: str) -> Response:
    return await _answered(visit, options, request, message, "reply")


@router.post("/messages/{message}/createReplyAll", tags=["draft"])
async def create_reply_all(visit: Visiting, options: Asking, request: Request, message: str) -> Response:
    return await _answered(visit, options, request, message, "replyAll")


@router.post("/messages/{message}/createForward", tags=["draft"])
async def create_forward(visit: Visiting, options: Asking, request: Request, message: str) -> Response:
    return await _answered(visit, options, request, message, "forward")


def is_mime(request: Request) -> bool:
    return request.headers.get("content-type", "").startswith("text/plain")


async def posted_mime(visit: Visit, request: Request) -> bytes:
    """The mail in a text/plain request, completed as Exchange does."""
    raw = decoded(await request.body(), "ErrorMimeContentInvalidBase64String")
    if not raw.strip():
        raise bad_request("The MIME content is empty.", "ErrorMimeContentInvalid")
    return with_necessary_fields(raw, visit.mailbox, visit.store.now())


async def _made(visit: Visit, options: Options, request: Request, folder: str) -> Response:
    target = find_folder(visit.store, visit.mailbox.id, folder)
    if is_mime(request):
        item = draft_from_mime(visit.store, target, await posted_mime(visit, request))
    else:
        item = draft_from_json(visit.store, visit.mailbox, target, await posted(request, MessageIn))
    return _created(visit, item, options)


async def _answered(
    visit: Visit, options: Options, request: Request, message: str, kind: AnswerKind
) -> Response:
    return _created(visit, await answered(visit, request, message, kind), options)


async def answered(visit: Visit, request: Request, message: str, kind: AnswerKind) -> Item:
    """The draft of an answer, as the client wants it."""
    original = find_item(visit.store, visit.mailbox.id, message)
    if is_mime(request):
        return answer_from_mime(visit.store, visit.mailbox, original, await posted_mime(visit, request))
    written = await posted(request, AnswerIn)
    if written.comment and written.message.body:
        raise bad_request("Comment and message body cannot both be given.", "ErrorInvalidArgument")
    with visit.store.transaction():
        item = answer(visit.store, visit.mailbox, original, kind, written.comment)
        item = change_draft(visit.store, item, written.message)
        if written.to_recipients:
            item = change_draft(visit.store, item, MessageIn(to_recipients=written.to_recipients))
        for file in written.message.attachments:
            attach(visit.store, item, file_of(visit.mailbox, file, visit.store.now()))
    return item


def _created(visit: Visit, item: Item, options: Options) -> Response:
    location = link(visit, f"messages('{message_id(visit, item)}')")
    return GraphJson(entity(visit, item, options), HTTPStatus.CREATED, {"Location": location})
