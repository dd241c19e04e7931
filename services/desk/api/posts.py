"""What hangs on a post: its HTML, its files and the mail as it came."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from services.desk.api.answering import NOT_HERE, Responses
from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.signin.auth import TokenUser
from services.desk.timeline.mailview import FILE_POLICY, FRAME_POLICY
from services.desk.timeline.opened import Sha, attachment, file_to_give, html_of, raw_of
from shared.contracts.mail import FileDecision

router = APIRouter(prefix="/posts/{post}", tags=["mails"])

BYTES: Responses = {200: {"content": {"application/octet-stream": {}}, "description": "Its bytes."}}


@router.get(
    "/html",
    summary="Read a mail as HTML",
    response_class=HTMLResponse,
    responses=NOT_HERE | {200: {"content": {"text/html": {}}, "description": "Made safe."}},
)
async def read_html(desk: TheDesk, user: TokenUser, post: UUID) -> Response:
    """Without scripts, forms and what lies elsewhere. Show it in a sandboxed frame all the same."""
    page = await html_of(desk, user, post)
    return HTMLResponse(page, headers={"Content-Security-Policy": FRAME_POLICY})


@router.get("/files/{sha256}", summary="Download a file", response_class=Response, responses=NOT_HERE | BYTES)
async def download(
    *, desk: TheDesk, user: TokenUser, post: UUID, sha256: Sha, anyway: bool = False
) -> Response:
    """Of a type that the tenant does not allow only with `anyway=true`: the file may harm who opens it."""
    file, data = await file_to_give(desk, user, post, sha256)
    if file.decision is FileDecision.WARNED and not anyway:
        raise NotHere(
            f"{file.name} is of a type that is not allowed here, and was not given.",
            remedy="Ask with anyway=true if you know who sent it.",
        )
    return attachment(await data(), file.name)


@router.get("/raw", summary="Download a mail as it came", response_class=Response, responses=NOT_HERE | BYTES)
async def raw(desk: TheDesk, user: TokenUser, post: UUID) -> Response:
    """Byte for byte."""
    answer = attachment(await raw_of(desk, user, post), f"{post}.eml")
    answer.headers["Content-Security-Policy"] = FILE_POLICY
    return answer
