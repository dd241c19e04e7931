"""What a post shows of its mail: our own elements, or a frame; files by the rules."""

import asyncio
import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from itertools import count
from typing import Literal
from urllib.parse import quote
from uuid import UUID

from markupsafe import Markup
from pydantic import JsonValue, TypeAdapter, ValidationError

from services.desk.languages import gettext
from services.desk.queries.timeline import Post
from services.desk.timeline.prose import own_words, paragraphs, simple_html
from shared.blobs.store import BlobStore
from shared.contracts.documents import Document
from shared.contracts.errors import Permanent
from shared.contracts.mail import FileDecision, MailFile, SenderCheck
from shared.contracts.sending import Draft
from shared.files.rules import not_allowed

NOTHING = Markup("")
FILES = TypeAdapter(list[JsonValue])
AT_ONCE = 16
"""Blobs read at the same time for one page."""
MOST_LOGO_BYTES = 50_000
"""A larger image is one that somebody wants to show."""
CID = re.compile(r"""(?P<before>\bsrc\s*=\s*["']?)cid:(?P<id>[^"'\s>]+)""", re.IGNORECASE)
REMOTE = re.compile(r"""(?P<before><img(?:\s+[\w-]+="[^"]*")*?\s+)data-src="(?P<url>[^"]*)\"""")
FRAME_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; form-action 'none';"
    " base-uri 'none'; frame-ancestors 'self';"
    " sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
)
FILE_POLICY = "default-src 'none'; sandbox"
FRAME_STYLE = (
    "html{background:#fff;color:#1c2024;font:15px/24px system-ui,'Segoe UI',Roboto,sans-serif}"
    "body{margin:0;padding:12px;overflow-wrap:break-word}img{max-width:100%;height:auto}"
    "img[data-src]{display:inline-block;min-width:24px;min-height:24px;background:#f0f0f3}"
    "blockquote{margin:8px 0;padding-left:12px;border-left:2px solid #e0e1e6}table{max-width:100%}"
)


@dataclass(frozen=True)
class ShownMail:
    """The words of a post, ready for the page."""

    words: Markup = NOTHING
    text: str = ""
    """The same words as plain text, of what we wrote ourselves."""
    html: str = ""
    """And as HTML, where it says more."""
    framed: bool = False
    """Too rich for our own elements: shown in a frame by its own address."""
    quoted: Markup = NOTHING
    quoted_lines: int = 0
    signature: Markup = NOTHING
    comment: Markup = NOTHING
    """What a forwarder wrote above the mail."""
    remote_images: int = 0
    images: Literal["", "once", "always"] = ""
    """Whether they are shown."""
    files: tuple[MailFile, ...] = ()
    calendars: tuple[MailFile, ...] = ()
    """The files in which its events came."""
    logos: tuple[MailFile, ...] = ()
    """Images of signatures and quoted mails, or that a post before it has too: shown on request."""
    document: Document | None = None
    missing: str = ""
    """Why there are no words."""
    notes: tuple[str, ...] = field(default=())

    @property
    def unverified(self) -> bool:
        """The server that received it found that it is not from whom it names."""
        return self.document is not None and self.document.sender_check is SenderCheck.FAILED


async def shown_mails(
    blobs: BlobStore, tenant: str, posts: Sequence[Post], allowed: Collection[str]
) -> dict[UUID, ShownMail]:
    """Read the blobs of many posts, some at a time. `allowed`: the types of files that are, now."""
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(post: Post) -> ShownMail:
        async with gate:
            return await shown_mail(blobs, tenant, post, allowed)

    mails = seen_before(await asyncio.gather(*map(one, posts)))
    return dict(zip((post.id for post in posts), mails, strict=True))


def seen_before(mails: Sequence[ShownMail]) -> list[ShownMail]:
    """Put the small inline images aside that a post before has too: they are of somebody's signature."""
    told: list[ShownMail] = []
    known: set[str] = set()
    for mail in mails:
        again = tuple(file for file in mail.files if file.sha256 in known and _is_small_image(file))
        rest = tuple(file for file in mail.files if file not in again)
        told.append(replace(mail, files=rest, logos=(*mail.logos, *again)) if again else mail)
        known |= {file.sha256 for file in (mail.document.files if mail.document else ()) if file.inline}
    return told


def _is_small_image(file: MailFile) -> bool:
    return file.inline and file.media_type.startswith("image/") and file.size <= MOST_LOGO_BYTES


async def shown_mail(blobs: BlobStore, tenant: str, post: Post, allowed: Collection[str]) -> ShownMail:
    if post.body is None:
        return ShownMail()
    try:
        if post.kind == "mail_in":
            return of_document(await document_of(blobs, tenant, post.body))
        return await of_draft(blobs, tenant, post, allowed)
    except Permanent as error:
        return ShownMail(
            missing=gettext("The words of this post cannot be shown: %(reason)s.", reason=error.reason)
        )


async def document_of(blobs: BlobStore, tenant: str, blob: str) -> Document:
    """Read a parsed mail. Raises Permanent when it is missing, damaged or none."""
    try:
        return Document.model_validate_json(await blobs.get(tenant, blob))
    except ValidationError as error:
        raise Permanent("it is not a document of the parser", code="document_invalid") from error


async def draft_of(blobs: BlobStore, tenant: str, blob: str) -> Draft:
    try:
        return Draft.model_validate_json(await blobs.get(tenant, blob))
    except ValidationError as error:
        raise Permanent("it is not a draft", code="draft_invalid") from error


async def of_draft(blobs: BlobStore, tenant: str, post: Post, allowed: Collection[str]) -> ShownMail:
    assert post.body is not None
    draft = await draft_of(blobs, tenant, post.body)
    files = own_files(post, allowed)
    shown = tuple(file for file in files if not _drawn_inside(file, draft.html))
    words = own_words(draft.html, f"/posts/{post.id}/inline/") if draft.html else None
    return ShownMail(
        words=words or paragraphs(draft.text), text=draft.text, html=draft.html or "", files=shown
    )


def own_files(post: Post, allowed: Collection[str]) -> tuple[MailFile, ...]:
    """The files of what we wrote ourselves, warned about by the settings as they are now."""
    kept = post.outgoing.files if post.outgoing else FILES.validate_python(post.details.get("files", []))
    return tuple(warned(MailFile.model_validate(file), allowed) for file in kept)


def warned(file: MailFile, allowed: Collection[str]) -> MailFile:
    why = not_allowed(file.media_type, allowed)
    return file.model_copy(update={"decision": FileDecision.WARNED, "reason": why}) if why else file


def of_document(document: Document) -> ShownMail:
    body = document.body
    rebuilt = simple_html(body.reply_html) if body.reply_html else None
    framed = bool(body.reply_html) and rebuilt is None
    shown = [file for file in document.files if not _drawn_inside(file, body.reply_html)]
    return ShownMail(
        words=NOTHING if framed else rebuilt or paragraphs(body.reply_text),
        framed=framed,
        quoted=paragraphs(body.quoted_text) if body.quoted_text.strip() else NOTHING,
        quoted_lines=len(body.quoted_text.strip().splitlines()),
        signature=paragraphs(body.signature_text) if body.signature_text.strip() else NOTHING,
        comment=paragraphs(document.comment_text) if document.comment_text.strip() else NOTHING,
        remote_images=body.remote_images,
        files=tuple(file for file in shown if file.listed),
        calendars=tuple({file.sha256: file for file in shown if file.role == "calendar"}.values()),
        logos=tuple({file.sha256: file for file in shown if file.role == "logo"}.values()),
        document=document,
        notes=tuple(note.code for note in document.notes),
    )


def remote_images(html: str) -> list[str]:
    """The addresses of the images of a mail that lie elsewhere, in the order in which it draws them."""
    return [unescape(match["url"]) for match in REMOTE.finditer(html)]


def frame_html(post: UUID, html: str, *, remote: bool = False) -> str:
    """The whole page of a frame: the sanitised words, with inline images by our own addresses; those that lie
    elsewhere too, when they are asked for."""

    def ours(match: re.Match[str]) -> str:
        return f"{match['before']}/posts/{post}/inline/{quote(match['id'], safe='')}"

    if remote:
        numbers = count()
        html = REMOTE.sub(lambda m: f'{m["before"]}src="/posts/{post}/remote?n={next(numbers)}"', html)
    return framed(CID.sub(ours, html))


def framed(html: str) -> str:
    """Sanitised words as a page of their own, on white paper."""
    return (
        '<!doctype html><html><head><meta charset="utf-8"><meta name="referrer" content="no-referrer">'
        f'<base target="_blank"><style>{FRAME_STYLE}</style></head><body>{html}</body></html>'
    )


def file_of(files: Sequence[MailFile], sha256: str) -> MailFile | None:
    return next((file for file in files if file.sha256 == sha256), None)


def inline_image(files: Sequence[MailFile], content_id: str) -> MailFile | None:
    """Find the image that a mail draws by `cid:`; nothing else is served inline."""
    return next(
        (
            file
            for file in files
            if file.content_id == content_id
            and file.media_type.startswith("image/")
            and file.decision is not FileDecision.IGNORED
        ),
        None,
    )


def _drawn_inside(file: MailFile, html: str | None) -> bool:
    return bool(file.inline and file.content_id and html and f"cid:{file.content_id}" in html)
