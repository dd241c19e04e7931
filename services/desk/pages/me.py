"""What belongs to whoever is signed in: how the desk looks and speaks, and of what they are told by mail."""

from collections.abc import Mapping
from zoneinfo import available_timezones

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError

from services.desk.configuration.notifications import choose
from services.desk.configuration.preferences import prefer
from services.desk.desk import TheDesk
from services.desk.errors import Invalid
from services.desk.forms.fields import text_of
from services.desk.languages import gettext, later
from services.desk.pages.showing import back, show
from services.desk.reader import LANGUAGES, Density, Theme
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.wording.plain import sentence
from services.desk.wording.problems import plainly
from shared.contracts.notices import NoticeKind, Way
from shared.storage.notices import choices_of
from shared.storage.options import options_of

router = APIRouter(prefix="/me", include_in_schema=False)

KINDS = (
    (NoticeKind.ASSIGNED, later("Assigned"), later("Somebody else, or a trigger, gives you a ticket.")),
    (NoticeKind.MENTIONED, later("Mentioned"), later("A note names you: @ and your name or address.")),
    (NoticeKind.REPLIED, later("New reply"), later("A customer or colleague writes on a ticket of yours.")),
    (
        NoticeKind.REMINDER,
        later("Reminder"),
        later("A ticket of yours will be closed because nobody writes."),
    ),
)
WAYS = ((Way.AT_ONCE, later("At once")), (Way.DIGEST, later("In the daily digest")), (Way.OFF, later("Off")))
HOURS = range(24)
THEMES = (
    (Theme.AUTO, later("As the device")),
    (Theme.LIGHT, later("Light")),
    (Theme.DARK, later("Dark")),
)
DENSITIES = (
    (Density.COMPACT, later("Compact")),
    (Density.REGULAR, later("Regular")),
    (Density.ROOMY, later("Roomy")),
)


@router.get("/preferences")
async def preferences_page(desk: TheDesk, signed: Signed, said: str = "") -> Response:
    return await _preferences_page(desk, signed, said=said)


@router.post("/preferences")
async def save_preferences(desk: TheDesk, signed: Signed, form: Form) -> Response:
    names = ("theme", "density", "language", "zone", "undo_seconds")
    wanted: dict[str, object] = {name: text_of(form, name) for name in names if name in form}
    wanted["single_keys"] = text_of(form, "single_keys") == "on"
    try:
        async with desk.writing(signed.tenant) as db:
            await prefer(db, signed.user, signed.preferences, wanted, at=desk.clock())
    except ValidationError as error:
        wrong = {str(one["loc"][0]): sentence(plainly(one)) for one in error.errors()}
        return await _preferences_page(desk, signed, filled=wanted, wrong=wrong)
    return back("/me/preferences", "preferred")


async def _preferences_page(
    desk: TheDesk,
    signed: SignedIn,
    *,
    said: str = "",
    filled: Mapping[str, object] | None = None,
    wrong: Mapping[str, str] | None = None,
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "preferences.html",
            status=422 if wrong else 200,
            said=said,
            themes=[(key, gettext(word)) for key, word in THEMES],
            densities=[(key, gettext(word)) for key, word in DENSITIES],
            languages=LANGUAGES,
            zone_pairs=[
                (zone, zone) for zone in sorted(available_timezones()) if "/" in zone or zone == "UTC"
            ],
            chosen=signed.preferences.model_dump(mode="json") | dict(filled or {}),
            wrong=wrong or {},
            place="preferences",
        )


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
        raise Invalid(
            gettext("One of the choices is none."), remedy=gettext("Choose again from the page.")
        ) from error
    return back("/me/notifications", "chosen")
