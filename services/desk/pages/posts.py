"""What hangs on a post: its mail in a frame, inline images, files by the rules, the raw bytes."""

import re
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from services.desk.desk import TheDesk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.pages.showing import show
from services.desk.queries.ticket import number_by_id
from services.desk.signin.auth import Signed
from services.desk.timeline.mailview import FILE_POLICY, FRAME_POLICY, inline_image, own_files
from services.desk.timeline.opened import (
    Sha,
    attachment,
    bytes_of,
    file_to_give,
    html_of,
    opened,
    post_of,
    raw_of,
)
from services.desk.wording.amounts import counted
from shared.contracts.mail import FileDecision

router = APIRouter(prefix="/posts/{post}", include_in_schema=False)

SHOWN_BYTES = 200_000
"""Of the source of a mail; the rest is in its download."""
INLINE_TYPES = re.compile(r"image/(png|jpeg|gif|webp|bmp|avif|svg\+xml|x-icon|vnd\.microsoft\.icon)")


@router.get("/html")
async def html(desk: TheDesk, signed: Signed, post: UUID, *, images: bool = False) -> Response:
    """The mail on its own white paper. Nothing in it can run, load from elsewhere or send.
    `images`: those that lie elsewhere are asked for, and fetched by us."""
    page = await html_of(desk, signed.user, post, remote=images)
    return HTMLResponse(page, headers={"Content-Security-Policy": FRAME_POLICY})


@router.get("/text")
async def text(desk: TheDesk, signed: Signed, post: UUID) -> Response:
    """Every word of a mail: reply, signature and what was cut."""
    found = await opened(desk, signed.user, post)
    if found.document is None:
        raise NotHere(gettext("This post has no mail."))
    body = found.document.body
    whole = "\n\n".join(part for part in (body.reply_text, body.signature_text, body.quoted_text) if part)
    return PlainTextResponse(whole, headers={"Content-Security-Policy": FILE_POLICY})


@router.get("/inline/{content_id:path}")
async def inline(desk: TheDesk, signed: Signed, post: UUID, content_id: str) -> Response:
    found = await opened(desk, signed.user, post)
    files = found.document.files if found.document else own_files(found.post, ())
    image = inline_image(files, content_id)
    if image is None or not INLINE_TYPES.fullmatch(image.media_type):
        raise NotHere(gettext("This mail draws no such image."))
    data = await bytes_of(desk, signed.tenant, image.sha256)
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=86400"}
    return Response(data, media_type=image.media_type, headers=headers)


@router.get("/files/{sha256}")
async def download(
    *, desk: TheDesk, signed: Signed, post: UUID, sha256: Sha, anyway: bool = False
) -> Response:
    """A file by the rules: kept goes out, warned asks first, ignored is not there."""
    file, data = await file_to_give(desk, signed.user, post, sha256)
    if file.decision is FileDecision.WARNED and not anyway:
        found = await post_of(desk, signed.user, post)
        async with desk.reading(signed.user) as reading:
            number = await number_by_id(reading, found.ticket)
            return await show(
                desk, reading, signed, "file_warning.html", file=file, post=found, number=number
            )
    return attachment(await data(), file.name)


@router.get("/source")
async def source(desk: TheDesk, signed: Signed, post: UUID) -> Response:
    """The mail as it came, headers first, to be read in the browser: as plain text, whatever it holds."""
    data = await raw_of(desk, signed.user, post)
    words = data[:SHOWN_BYTES].decode(errors="replace")
    if len(data) > SHOWN_BYTES:
        more = counted(
            len(data) - SHOWN_BYTES,
            "%(count)s byte more: download the raw mail",
            "%(count)s bytes more: download the raw mail",
        )
        words += f"\n\n[{more}]\n"
    return PlainTextResponse(words, headers={"Content-Security-Policy": FILE_POLICY})


@router.get("/raw")
async def raw(desk: TheDesk, signed: Signed, post: UUID) -> Response:
    """The mail as it came, byte for byte."""
    return attachment(await raw_of(desk, signed.user, post), f"{post}.eml")
