"""Files that the editor's script sends one by one, and images among them until a post has them."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from services.desk.composing.uploading import take_file
from services.desk.desk import TheDesk
from services.desk.errors import Invalid, NotHere, TooLarge, WrongType
from services.desk.forms.receiving import one_file
from services.desk.languages import gettext
from services.desk.pages.posts import INLINE_TYPES
from services.desk.queries.uploads import waiting_uploads
from services.desk.signin.auth import Scripted, Signed
from services.desk.timeline.mailview import FILE_POLICY
from shared.storage.options import options_of

router = APIRouter(prefix="/uploads", include_in_schema=False)


@router.post("")
async def upload(desk: TheDesk, signed: Scripted, request: Request) -> Response:
    """Take one file, or say why not."""
    async with desk.reading(signed.user) as reading:
        options = await options_of(reading.db, signed.tenant)
    try:
        name, content = await one_file(request, options.max_file_size)
        kept = await take_file(desk, signed.user, name, content, options)
    except (Invalid, TooLarge, WrongType) as refusal:
        return JSONResponse({"why": refusal.detail}, refusal.status)
    drawn = INLINE_TYPES.fullmatch(kept.media_type) is not None
    return JSONResponse({"id": str(kept.id), "name": kept.name, "size": kept.size, "image": drawn}, 201)


@router.get("/{upload}/image")
async def image(desk: TheDesk, signed: Signed, upload: UUID) -> Response:
    """An image for whoever uploaded it, and nobody else: no post has it yet."""
    async with desk.reading(signed.user) as reading:
        found = await waiting_uploads(reading.db, signed.tenant, signed.user.id, [upload])
    if not found or not INLINE_TYPES.fullmatch(found[0].media_type):
        raise NotHere(gettext("There is no such image."))
    data = await desk.blobs.get(signed.tenant, found[0].sha256)
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=86400"}
    return Response(data, media_type=found[0].media_type, headers=headers)
