"""Posts opened for somebody who may see them: HTML made safe, files by the rules, raw bytes."""

import re
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from functools import partial
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import Path
from fastapi.responses import Response

from services.desk.desk import Desk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.queries.people import User
from services.desk.queries.timeline import Post, one_post
from services.desk.timeline.mailview import FILE_POLICY, document_of, file_of, frame_html, own_files
from services.desk.wording.plain import sentence
from shared.blobs.store import BlobDamaged, BlobMissing
from shared.contracts.documents import Document
from shared.contracts.mail import FileDecision, MailFile
from shared.storage.options import options_of

Sha = Annotated[str, Path(pattern="^[0-9a-f]{64}$")]


@dataclass(frozen=True)
class Opened:
    post: Post
    document: Document | None


async def opened(desk: Desk, user: User, post: UUID) -> Opened:
    """Raises NotHere: there is no such post for them."""
    found = await post_of(desk, user, post)
    return Opened(found, await _document(desk, user.tenant, found))


async def post_of(desk: Desk, user: User, post: UUID) -> Post:
    """Raises NotHere: there is no such post for them."""
    async with desk.reading(user) as reading:
        found = await one_post(reading, post)
    if found is None:
        raise NotHere(gettext("There is no such post."))
    return found


async def html_of(desk: Desk, user: User, post: UUID, *, remote: bool = False) -> str:
    """Return a mail as a page of its own. `remote`: images that lie elsewhere are asked for, and fetched by
    us.

    Raises:
        NotHere: there is no such post for them, or it has no HTML.
    """
    found = await opened(desk, user, post)
    if found.document is None or not found.document.body.reply_html:
        raise NotHere(gettext("This post has no HTML."))
    return frame_html(post, found.document.body.reply_html, remote=remote)


async def file_to_give(
    desk: Desk, user: User, post: UUID, sha256: str
) -> tuple[MailFile, Callable[[], Awaitable[bytes]]]:
    """Return a file of a post, and how to read it. What was warned of is for the caller to ask about.

    Raises:
        NotHere: there is none, or it was not kept.
    """
    found = await post_of(desk, user, post)
    async with desk.reading(user) as reading:
        allowed = (await options_of(reading.db, user.tenant)).allowed_mime_types
    file = file_of(await _files(desk, user.tenant, found, allowed), sha256)
    if file is None:
        raise NotHere(gettext("This post has no such file."))
    if file.decision is FileDecision.IGNORED:
        raise NotHere(
            gettext("%(name)s was not kept. %(why)s", name=file.name, why=sentence(file.reason)),
            remedy=gettext("It is still inside the raw mail."),
        )
    return file, partial(bytes_of, desk, user.tenant, sha256)


async def raw_of(desk: Desk, user: User, post: UUID) -> bytes:
    """Return a mail as it came. Raises NotHere."""
    found = await post_of(desk, user, post)
    if found.raw is None:
        raise NotHere(gettext("This post is no mail that came in."))
    return await bytes_of(desk, user.tenant, found.raw)


async def bytes_of(desk: Desk, tenant: str, sha256: str) -> bytes:
    """Raises NotHere: the storage has lost them."""
    try:
        return await desk.blobs.get(tenant, sha256)
    except (BlobMissing, BlobDamaged) as error:
        raise NotHere(sentence(error.reason), remedy=gettext("Ask whoever runs the storage.")) from error


def attachment(data: bytes, name: str) -> Response:
    """Bytes to be saved, never shown: a browser must not guess what they are."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name) or "file"
    disposition = f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
    headers = {"Content-Disposition": disposition, "Content-Security-Policy": FILE_POLICY}
    return Response(data, media_type="application/octet-stream", headers=headers)


async def _document(desk: Desk, tenant: str, post: Post) -> Document | None:
    if post.kind != "mail_in" or post.body is None:
        return None
    return await document_of(desk.blobs, tenant, post.body)


async def _files(desk: Desk, tenant: str, post: Post, allowed: Collection[str]) -> tuple[MailFile, ...]:
    if post.kind != "mail_in":
        return own_files(post, allowed)
    document = await _document(desk, tenant, post)
    return document.files if document else ()
