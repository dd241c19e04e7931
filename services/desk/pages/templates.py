"""Templates: the words of mail and notes that go out by themselves, and signatures; each with a preview."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import JsonValue, ValidationError

from services.desk.asking.previewing import ask_for_preview
from services.desk.composing.signatures import signature_with, signatures_set
from services.desk.configuration.templating import texts_in
from services.desk.configuration.triggers import TriggerSettings
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.forms.fields import text_of
from services.desk.languages import gettext, later
from services.desk.pages.previews import POLICY, preview_shown
from services.desk.pages.showing import show
from services.desk.pages.ticket import number_typed
from services.desk.pages.triggerform import problems
from services.desk.queries.tickets import latest_number
from services.desk.queries.triggers import trigger_row, trigger_rows
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.timeline.mailview import framed
from services.desk.timeline.prose import paragraphs
from shared.contracts.errors import Permanent

router = APIRouter(prefix="/settings/templates", include_in_schema=False)

WORDS = {"send_email": ("subject", "body", "html"), "add_note": ("text",)}
"""The words of an action by which people know it, the best first."""
KINDS = {"send_email": later("Mail"), "add_note": later("Note")}


@dataclass(frozen=True)
class Texts:
    """The words of one trigger."""

    trigger: UUID
    name: str
    kind: str
    begins: str
    languages: tuple[str, ...]
    state: str


@router.get("")
async def templates_page(desk: TheDesk, signed: Admin) -> Response:
    async with desk.reading(signed.user) as reading:
        rows = await trigger_rows(reading, desk.clock())
        return await show(
            desk,
            reading,
            signed,
            "templates.html",
            rows=[_texts(row.id, row.settings) for row in rows if _says(row.settings)],
            signatures=await signatures_set(reading),
            number=await latest_number(reading),
            place="settings",
        )


@router.post("/preview")
async def preview(desk: TheDesk, signed: Admin, form: Form) -> Response:
    """Fill one with a ticket. Nothing is sent, changed or kept."""
    number = number_typed(form, "ticket")
    if not number:
        raise Invalid(
            gettext("A preview needs the number of a ticket."),
            remedy=gettext("Go back and type one, such as 4711."),
        )
    kind, _, which = text_of(form, "what").partition(":")
    try:
        chosen = UUID(which) if which else None
    except ValueError as error:
        raise NotHere(gettext("There is no such template.")) from error
    if kind == "trigger" and chosen:
        return await _of_trigger(desk, signed, chosen, number)
    if kind == "signature":
        return await _of_signature(desk, signed, chosen, number)
    raise NotHere(gettext("There is no such template."))


async def _of_trigger(desk: Desk, signed: SignedIn, trigger: UUID, number: int) -> Response:
    async with desk.reading(signed.user) as reading:
        row = await trigger_row(reading, trigger, desk.clock())
    if row is None:
        raise NotHere(gettext("There is no such trigger."))
    try:
        made = await ask_for_preview(desk, signed.user, row.settings, number)
    except (ValidationError, Permanent) as error:
        said = "; ".join(f"{name}: {text}" if name else text for name, text in problems(error).items())
        raise Invalid(said, remedy=gettext("Mend the trigger; nothing was sent.")) from error
    return await preview_shown(desk, signed, row.settings.name, number, made, room="/settings/templates")


async def _of_signature(desk: Desk, signed: SignedIn, department: UUID | None, number: int) -> Response:
    async with desk.reading(signed.user) as reading:
        kept = next((one for one in await signatures_set(reading) if one.department == department), None)
        if kept is None:
            raise NotHere(gettext("No such signature is set."))
        made = await signature_with(reading, signed.user, department, number)
        page = await show(
            desk,
            reading,
            signed,
            "signature_preview.html",
            called=kept.name,
            number=number,
            text=paragraphs(made.text) if made else "",
            frame=framed(made.html) if made else "",
            place="settings",
        )
    page.headers["Content-Security-Policy"] = POLICY
    return page


def _says(settings: TriggerSettings) -> bool:
    return settings.action in WORDS or any(texts_in(settings.params))


def _texts(trigger: UUID, settings: TriggerSettings) -> Texts:
    others = settings.params.get("texts")
    return Texts(
        trigger=trigger,
        name=settings.name,
        kind=KINDS.get(settings.action, settings.action),
        begins=_first(settings.params, WORDS.get(settings.action, ())),
        languages=tuple(sorted(others)) if isinstance(others, dict) else (),
        state="off" if not settings.enabled else "shadow" if settings.shadow else "on",
    )


def _first(params: dict[str, JsonValue], names: tuple[str, ...]) -> str:
    texts = (params.get(name) for name in names)
    return next((text for text in texts if isinstance(text, str) and text), "")
