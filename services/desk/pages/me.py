"""What belongs to whoever is signed in: of what they are told by mail."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError

from services.desk.auth import Form, Signed
from services.desk.configuration.notifications import choose
from services.desk.desk import TheDesk
from services.desk.errors import Invalid
from services.desk.pages.showing import back, show, text_of
from shared.contracts.notices import NoticeKind, Way
from shared.storage.notices import choices_of
from shared.storage.options import options_of

router = APIRouter(prefix="/me", include_in_schema=False)

KINDS = (
    (NoticeKind.ASSIGNED, "Assigned", "Somebody else, or a trigger, gives you a ticket."),
    (NoticeKind.MENTIONED, "Mentioned", "A note names you: @ and your name or address."),
    (NoticeKind.REPLIED, "New reply", "A customer or colleague writes on a ticket of yours."),
    (NoticeKind.REMINDER, "Reminder", "A ticket of yours will be closed because nobody writes."),
)
WAYS = ((Way.AT_ONCE, "At once"), (Way.DIGEST, "In the daily digest"), (Way.OFF, "Off"))
HOURS = range(24)


@router.get("/notifications")
async def notifications_page(desk: TheDesk, signed: Signed, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "notifications.html",
            said=said,
            kinds=KINDS,
            ways=WAYS,
            hours=HOURS,
            chosen=await choices_of(reading.db, reading.tenant, signed.user.id),
            zone=(await options_of(reading.db, reading.tenant)).time_zone,
            place="notifications",
        )


@router.post("/notifications")
async def save(desk: TheDesk, signed: Signed, form: Form) -> Response:
    names = (*NoticeKind, "digest_hour")
    wanted = {str(name): text_of(form, str(name)) for name in names if name in form}
    try:
        async with desk.writing(signed.tenant) as db:
            await choose(db, signed.user, wanted, at=desk.clock())
    except ValidationError as error:
        raise Invalid("One of the choices is none.", remedy="Choose again from the page.") from error
    return back("/me/notifications", "chosen")
