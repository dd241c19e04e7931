"""Upload sessions for attachments of 3 MB and more: ranges in order, at a pre-authenticated URL."""

import re
import secrets
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus

from fastapi import APIRouter, Request, Response
from pydantic import Field

from sandbox.admission import Visiting, failure, origin_of
from sandbox.drafts import attach
from sandbox.errors import GraphError, bad_request, item_not_found, too_large
from sandbox.graph.routing import graph_router, posted
from sandbox.house import House
from sandbox.items import find_item
from sandbox.knobs import Knobs, Weather
from sandbox.mailboxes import find_mailbox
from sandbox.mime import File
from sandbox.rendering import GraphJson, Json, stamp
from sandbox.shapes import Action, Shape, Text
from sandbox.store import Store

router = graph_router()
sessions = APIRouter()
"""Outside of Graph: no bearer token, the URL itself is the permission."""
_MIN_BYTES = 3 * 1024 * 1024
_MAX_BYTES = 150 * 1024 * 1024
_MAX_RANGE_BYTES = 4 * 1024 * 1024
_LIFETIME = timedelta(hours=3)


_PLACE = "/api/v2.0/Users('{user}')/Messages('{message}')/AttachmentSessions('{session}')"
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)")


class AttachmentItem(Shape):
    attachment_type: Text = "file"
    name: Text
    size: int = Field(ge=0)
    content_type: Text | None = None
    content_id: Text | None = None
    is_inline: bool = False


class SessionIn(Action):
    attachment_item: AttachmentItem


@router.post("/messages/{message}/attachments/createUploadSession", tags=["upload"])
async def create_session(visit: Visiting, request: Request, message: str) -> Response:
    described = (await posted(request, SessionIn)).attachment_item
    _refuse_wrong_size(described.size)
    item = find_item(visit.store, visit.mailbox.id, message)
    if not item.is_draft:
        raise bad_request("Attachments can only be added to a draft.", "ErrorInvalidOperation")
    session, secret = secrets.token_urlsafe(24), secrets.token_urlsafe(48)
    description = described.model_dump_json(by_alias=True)
    ends = visit.store.now() + int(_LIFETIME.total_seconds())
    with visit.store.transaction():
        visit.store.insert(
            "upload", id=session, item=item.immutable_id, secret=secret, description=description, content=b""
        )
        visit.store.insert("upload_end", id=session, at=ends)
    place = _PLACE.format(user=visit.mailbox.id, message=item.immutable_id, session=session)
    url = visit.weather.link(f"{origin_of(request)}{place}?authtoken={secret}")
    shown: Json = {
        "@odata.context": f"{visit.root}/$metadata#microsoft.graph.uploadSession",
        "uploadUrl": url,
    }
    return GraphJson({**shown, **_progress(ends, "0-")}, HTTPStatus.CREATED)


@dataclass(frozen=True)
class Session:
    id: str
    mailbox: str
    item: str
    described: AttachmentItem
    content: bytes
    ends: int

    @property
    def progress(self) -> Json:
        """The end stays as it was; after the first range Outlook names a place without a dash."""
        received = len(self.content)
        return _progress(self.ends, str(received) if received else "0-")


@sessions.put(_PLACE)
async def put_range(request: Request, user: str, message: str, session: str) -> Response:
    house: House = request.app.state.house
    mailbox = find_mailbox(house.store, user)
    weather = house.weather(mailbox) if mailbox else Weather(Knobs())
    if (fault := weather.fault("upload", "before")) is not None:
        raise failure(fault)
    content = await request.body()
    with house.store.transaction():
        found = _session(house.store, request, user, message, session)
        whole = found.content + _in_order(request, found, content)
        if weather.happens("lost_ranges"):
            return GraphJson(found.progress)
        if len(whole) < found.described.size:
            house.store.update("upload", ("id", session), content=whole)
            return GraphJson(replace(found, content=whole).progress)
        house.store.run("DELETE FROM upload WHERE id = ?", session)
        attached = attach(house.store, find_item(house.store, found.mailbox, found.item), _file(found, whole))
    place = f"/api/v2.0/Users('{user}')/Messages('{found.item}')/Attachments('{attached}')"
    return Response(status_code=HTTPStatus.CREATED, headers={"Location": f"{origin_of(request)}{place}"})


@sessions.get(_PLACE)
async def show_session(request: Request, user: str, message: str, session: str) -> Response:
    house: House = request.app.state.house
    return GraphJson(_session(house.store, request, user, message, session).progress)


@sessions.delete(_PLACE)
async def cancel_session(request: Request, user: str, message: str, session: str) -> Response:
    store: Store = request.app.state.house.store
    store.run("DELETE FROM upload WHERE id = ?", _session(store, request, user, message, session).id)
    return Response(status_code=HTTPStatus.NO_CONTENT)


def _session(store: Store, request: Request, user: str, message: str, session: str) -> Session:
    secret = request.query_params.get("authtoken", "")
    sql = (
        "SELECT u.*, e.at FROM upload u JOIN upload_end e USING (id) WHERE id = ? AND item = ? AND secret = ?"
    )
    row = store.row(sql, session, message, secret)
    if row is None or row["at"] <= store.now():
        raise item_not_found()
    described = AttachmentItem.model_validate_json(row["description"])
    return Session(session, user, row["item"], described, bytes(row["content"]), row["at"])


def _in_order(request: Request, session: Session, content: bytes) -> bytes:
    """The bytes of the range, if it is the one that is expected next."""
    if len(content) >= _MAX_RANGE_BYTES:
        raise too_large()
    written = _RANGE.fullmatch(request.headers.get("content-range", ""))
    if written is None:
        raise bad_request("The Content-Range header is missing or malformed.", "ErrorInvalidContentRange")
    first, last, size = (int(number) for number in written.groups())
    if last - first + 1 != len(content) or size != session.described.size:
        message = "The Content-Range header length does not match the provided number of bytes."
        raise bad_request(message, "ErrorInvalidContentRange")
    if first != len(session.content):
        message = f"The range is not the expected one; next is {len(session.content)}-."
        raise GraphError(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, "invalidRange", message)
    return content


def _file(session: Session, content: bytes) -> File:
    described = session.described
    content_type = described.content_type or "application/octet-stream"
    return File("file", described.name, content_type, content, described.content_id, described.is_inline)


def _progress(ends: int, expected: str) -> Json:
    return {"expirationDateTime": stamp(ends), "nextExpectedRanges": [expected]}


def _refuse_wrong_size(size: int) -> None:
    if size < _MIN_BYTES:
        message = "The attachment is smaller than the minimum size of an upload session."
        raise bad_request(message, "ErrorAttachmentSizeShouldNotBeLessThanMinimumSize")
    if size > _MAX_BYTES:
        raise bad_request("The attachment is too large.", "ErrorAttachmentSizeLimitExceeded")
