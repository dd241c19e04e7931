"""Sending: a draft, or a mail in one request. The answer is 202 and says nothing."""

from http import HTTPStatus

from fastapi import Request, Response

from sandbox.admission import Visiting
from sandbox.composing import compose
from sandbox.drafts import reading_of
from sandbox.errors import bad_request
from sandbox.graph.drafts import is_mime, posted_mime
from sandbox.graph.routing import graph_router, posted
from sandbox.items import find_item, mime_of, remove
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
        draft = find_item(visit.store, visit.mailbox.id, message)
        if not draft.is_draft:
            raise bad_request("Only a draft can be sent.", "ErrorInvalidOperation")
        raw = mime_of(visit.store, draft)
        remove(visit.store, draft)
        accept(visit.house, visit.mailbox, raw)
    return _accepted()


@router.post("/sendMail", tags=["send"])
async def send_mail(visit: Visiting, request: Request) -> Response:
    if is_mime(request):
        accept(visit.house, visit.mailbox, await posted_mime(visit, request))
        return _accepted()
    mail = await posted(request, MailIn)
    reading = reading_of(visit.mailbox, mail.message)
    raw = compose(reading.content, reading.files, visit.store.now())
    accept(visit.house, visit.mailbox, raw, keep_copy=mail.save_to_sent_items)
    return _accepted()


def _accepted() -> Response:
    return Response(status_code=HTTPStatus.ACCEPTED)
