"""Remote images of a mail: fetched by us for whoever asks, once or always for its sender."""

from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.configuration.auditing import Act, record
from services.desk.desk import TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.forms.fields import text_of
from services.desk.languages import gettext
from services.desk.making import Making
from services.desk.pages.showing import back
from services.desk.queries.images import ask_again, show_always
from services.desk.queries.ticket import number_by_id
from services.desk.queries.timeline import one_post
from services.desk.signin.auth import Form, Signed
from services.desk.timeline.mailview import FILE_POLICY, document_of, remote_images
from shared.contracts.errors import Permanent

router = APIRouter(prefix="/posts/{post}", include_in_schema=False)


@router.get("/remote")
async def remote(desk: TheDesk, signed: Signed, post: UUID, n: int = 0) -> Response:
    """The `n`-th image that a mail names; nothing else is fetched. Its frame asks, once somebody did."""
    async with desk.reading(signed.user) as reading:
        found = await one_post(reading, post)
    if found is None or found.kind != "mail_in" or found.body is None:
        raise NotHere(gettext("There is no such post."))
    try:
        document = await document_of(desk.blobs, signed.tenant, found.body)
    except Permanent as error:
        raise NotHere(gettext("The words of this post cannot be read.")) from error
    named = remote_images(document.body.reply_html or "")
    image = await desk.images.get(named[n]) if 0 <= n < len(named) else None
    if image is None:
        raise NotHere(gettext("This image is not to be had."))
    headers = {"Content-Security-Policy": FILE_POLICY, "Cache-Control": "private, max-age=3600"}
    return Response(image.data, media_type=image.media_type, headers=headers)


@router.post("/images")
async def choose(*, desk: TheDesk, signed: Signed, post: UUID, form: Form, made: Making) -> Response:
    """`show`: `always` for the sender of this post, for everybody here; `ask`: no longer."""
    async with desk.reading(signed.user) as reading:
        found = await one_post(reading, post)
        number = await number_by_id(reading, found.ticket) if found else None
    if found is None or number is None or found.kind != "mail_in" or not found.author_address:
        raise NotHere(gettext("There is no such mail."))
    wanted = text_of(form, "show")
    if wanted not in {"always", "ask"}:
        raise Invalid(
            gettext("The form does not say what to do with the images."), remedy=gettext("Reload the page.")
        )
    async with desk.writing(signed.tenant) as db:
        if wanted == "always":
            await show_always(db, signed.tenant, found.author_address, signed.user.id, made.at)
        else:
            await ask_again(db, signed.tenant, found.author_address)
        act = Act.IMAGES_SHOWN if wanted == "always" else Act.IMAGES_ASKED
        await record(db, signed.tenant, act, made, signed.user.id, ticket=f"#{number}")
    return back(f"/tickets/{number}", "images" if wanted == "always" else "no-images", f"#post-{post}")
