"""What hangs on a post: its mail in a frame, inline images, files by the rules, the raw bytes."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from services.desk.amounts import number
from services.desk.auth import Signed, SignedIn
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.mailview import (
    FILE_POLICY,
    FRAME_POLICY,
    document_of,
    file_of,
    frame_html,
    inline_image,
    own_files,
)
from services.desk.pages.showing import show
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import number_by_id
from services.desk.queries.timeline import Post, one_post
from services.desk.rendering import sentence
from shared.blobs.store import BlobDamaged, BlobMissing
from shared.contracts.documents import Document
from shared.contracts.mail import FileDecision, MailFile
from shared.storage.options import options_of

router = APIRouter(prefix="/posts/{post}", include_in_schema=False)

SHOWN_BYTES = 200_000
"""Of the source of a mail; the rest is in its download."""
INLINE_TYPES = re.compile(r"image/(png|jpeg|gif|webp|bmp|avif|svg\+xml|x-icon|vnd\.microsoft\.icon)")
Sha = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Opened:
    post: Post
    document: Document | None


@router.get("/html")
async def html(desk: TheDesk, signed: Signed, post: UUID, *, images: bool = False) -> Response:
    """The mail on its own white paper. Nothing in it can run, load from elsewhere or send.
    `images`: those that lie elsewhere are asked for, and fetched by us."""
    opened = await _opened(desk, signed.user, post)
    if opened.document is None or not opened.document.body.reply_html:
        raise NotHere(gettext("This post has no HTML."))
    page = frame_html(post, opened.document.body.reply_html, remote=images)
    return HTMLResponse(page, headers={"Content-Security-Policy": FRAME_POLICY})


@router.get("/text")
async def text(desk: TheDesk, signed: Signed, post: UUID) -> Response:
    """Every word of a mail: reply, signature and what was cut."""
    opened = await _opened(desk, signed.user, post)
    if opened.document is None:
        raise NotHere(gettext("This post has no mail."))
    body = opened.document.body
    whole = "\n\n".join(part for part in (body.reply_text, body.signature_text, body.quoted_text) if part)
    return PlainTextResponse(whole, headers={"Content-Security-Policy": FILE_POLICY})


@router.get("/inline/{content_id:path}")
async def inline(desk: TheDesk, signed: Signed, post: UUID, content_id: str) -> Response:
    opened = await _opened(desk, signed.user, post)
    files = opened.document.files if opened.document else own_files(opened.post, ())
    image = inline_image(files, content_id)
    if image is None or not INLINE_TYPES.fullmatch(image.media_type):
        raise NotHere(gettext("This mail draws no such image."))
    data = await _bytes(desk, signed.tenant, image.sha256)
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=86400"}
    return Response(data, media_type=image.media_type, headers=headers)


@router.get("/files/{sha256}")
async def download(
    *, desk: TheDesk, signed: Signed, post: UUID, sha256: Sha, anyway: bool = False
) -> Response:
    """A file by the rules: kept goes out, warned asks first, ignored is not there."""
    async with desk.reading(signed.user) as reading:
        found = await _post(reading, post)
        number = await number_by_id(reading, found.ticket)
        allowed = (await options_of(reading.db, signed.tenant)).allowed_mime_types
    file = file_of(await _files(desk, signed.tenant, found, allowed), sha256)
    if file is None:
        raise NotHere(gettext("This post has no such file."))
    if file.decision is FileDecision.IGNORED:
        raise NotHere(
            gettext("%(name)s was not kept. %(why)s", name=file.name, why=sentence(file.reason)),
            remedy=gettext("It is still inside the raw mail."),
        )
    if file.decision is FileDecision.WARNED and not anyway:
        async with desk.reading(signed.user) as reading:
            return await show(
                desk, reading, signed, "file_warning.html", file=file, post=found, number=number
            )
    return attachment(await _bytes(desk, signed.tenant, sha256), file.name)


@router.get("/source")
async def source(desk: TheDesk, signed: Signed, post: UUID) -> Response:
    """The mail as it came, headers first, to be read in the browser: as plain text, whatever it holds."""
    data = await _raw(desk, signed, post)
    words = data[:SHOWN_BYTES].decode(errors="replace")
    if len(data) > SHOWN_BYTES:
        words += (
            "\n\n["
            + gettext("%(count)s bytes more: download the raw mail", count=number(len(data) - SHOWN_BYTES))
            + "]\n"
        )
    return PlainTextResponse(words, headers={"Content-Security-Policy": FILE_POLICY})


@router.get("/raw")
async def raw(desk: TheDesk, signed: Signed, post: UUID) -> Response:
    """The mail as it came, byte for byte."""
    return attachment(await _raw(desk, signed, post), f"{post}.eml")


def attachment(data: bytes, name: str) -> Response:
    """Bytes to be saved, never shown: a browser must not guess what they are."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name) or "file"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": FILE_POLICY}
    return Response(data, media_type="application/octet-stream", headers=headers)


async def _raw(desk: Desk, signed: SignedIn, post: UUID) -> bytes:
    async with desk.reading(signed.user) as reading:
        found = await _post(reading, post)
    if found.raw is None:
        raise NotHere(gettext("This post is no mail that came in."))
    return await _bytes(desk, signed.tenant, found.raw)


async def _opened(desk: Desk, user: User, post: UUID) -> Opened:
    async with desk.reading(user) as reading:
        found = await _post(reading, post)
    return Opened(found, await _document(desk, user.tenant, found))


async def _post(reading: Reading, post: UUID) -> Post:
    found = await one_post(reading, post)
    if found is None:
        raise NotHere(gettext("There is no such post."))
    return found


async def _document(desk: Desk, tenant: str, post: Post) -> Document | None:
    if post.kind != "mail_in" or post.body is None:
        return None
    return await document_of(desk.blobs, tenant, post.body)


async def _files(desk: Desk, tenant: str, post: Post, allowed: Collection[str]) -> tuple[MailFile, ...]:
    if post.kind != "mail_in":
        return own_files(post, allowed)
    document = await _document(desk, tenant, post)
    return document.files if document else ()


async def _bytes(desk: Desk, tenant: str, sha256: str) -> bytes:
    try:
        return await desk.blobs.get(tenant, sha256)
    except (BlobMissing, BlobDamaged) as error:
        raise NotHere(sentence(error.reason), remedy=gettext("Ask whoever runs the storage.")) from error
