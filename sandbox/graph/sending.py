"""Sending: a draft, or a mail in one request. The answer is 202 and says nothing."""

from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visit, Visiting
from sandbox.composing import compose
from sandbox.drafts import AnswerKind, reading_of
from sandbox.errors import bad_request
from sandbox.graph.drafts import answered, is_mime, posted_mime
from sandbox.graph.routing import graph_router, posted
from sandbox.items import Item, find_item, mime_of, remove
from sandbox.outgoing import accept
from sandbox.shapes import Action, MessageIn

router = graph_router()


class MailIn(Action):
    message: MessageIn
    save_to_sent_items: bool = True


@router.post("/messages/{message}/send", tags=["send"])
async def send_draft(visit: Visiting, message: str) -> Response:
    """The draft goes; the copy in Sent Items is another message with other ids."""
    with visit.store.transaction():
        _send(visit, find_item(visit.store, visit.mailbox.id, message))
    return _accepted()


@router.post("/messages/{message}/reply", tags=["send"])
async def reply(visit: Visiting, request: Request, message: str) -> Response:
    return await _answer(visit, request, message, "reply")


@router.post("/messages/{message}/replyAll", tags=["send"])
async def reply_all(visit: Visiting, request: Request, message: str) -> Response:
    return await _answer(visit, request, message, "replyAll")


@router.post("/messages/{message}/forward", tags=["send"])
async def forward(visit: Visiting, request: Request, message: str) -> Response:
    return await _answer(visit, request, message, "forward")


@router.post("/sendMail", tags=["send"])
async def send_mail(visit: Visiting, request: Request) -> Response:
    if is_mime(request):
        accept(visit.house, visit.mailbox, await posted_mime(visit, request))
        return _accepted()
    mail = await posted(request, MailIn)
    reading = reading_of(visit.mailbox, mail.message, visit.store.now())
    raw = compose(reading.content, reading.files, visit.store.now())
    accept(visit.house, visit.mailbox, raw, keep_copy=mail.save_to_sent_items)
    return _accepted()


async def _answer(visit: Visit, request: Request, message: str, kind: AnswerKind) -> Response:
    await request.body()
    with visit.store.transaction():
        _send(visit, await answered(visit, request, message, kind))
    return _accepted()


def _send(visit: Visit, draft: Item) -> None:
    if not draft.is_draft:
        raise bad_request("Only a draft can be sent.", "ErrorInvalidOperation")
    raw = mime_of(visit.store, draft)
    remove(visit.store, draft)
    accept(visit.house, visit.mailbox, raw)


def _accepted() -> Response:
    return Response(status_code=HTTPStatus.ACCEPTED)
