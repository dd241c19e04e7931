"""The preview of a trigger with a ticket: mail as it would leave, from what the form says."""

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import ValidationError

from services.desk.asking.previewing import ask_for_preview
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid
from services.desk.forms.fields import id_of, text_of
from services.desk.languages import gettext
from services.desk.pages.showing import show
from services.desk.pages.ticket import number_typed
from services.desk.pages.triggerform import labelled, problems, settings_of_form, texts_in
from services.desk.queries.triggers import trigger_row
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.timeline.mailview import framed
from services.desk.timeline.prose import paragraphs
from shared.contracts.errors import Permanent
from shared.contracts.trials import Preview

router = APIRouter(prefix="/settings/triggers/previews", include_in_schema=False)

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; font-src 'self';"
    " img-src 'self' data:; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none';"
    " frame-ancestors 'none'"
)
"""A frame without an address of its own goes by the policy of its page: HTML of mail has styles."""


@router.post("")
async def preview(desk: TheDesk, signed: Admin, form: Form) -> Response:
    """Show what the form says, saved or not. Nothing is sent, changed or kept."""
    trigger = id_of(form, "trigger")
    number = number_typed(form, "ticket")
    if not number:
        raise Invalid(
            gettext("A preview needs the number of a ticket."),
            remedy=gettext("Type one into the form, such as 4711."),
        )
    async with desk.reading(signed.user) as reading:
        row = await trigger_row(reading, trigger, desk.clock()) if trigger else None
    try:
        wanted = await settings_of_form(desk, signed, row, texts_in(form))
        made = await ask_for_preview(desk, signed.user, wanted, number)
    except (ValidationError, Permanent) as error:
        said = labelled(problems(error), text_of(form, "action"))
        raise Invalid(said, remedy=gettext("Mend it in the form; nothing was sent.")) from error
    return await preview_shown(desk, signed, wanted.name, number, made)


async def preview_shown(
    desk: Desk,
    signed: SignedIn,
    called: str,
    number: int,
    made: Preview,
    *,
    room: str = "/settings/triggers",
) -> Response:
    """Show a preview below the room of the settings that asked for it."""
    async with desk.reading(signed.user) as reading:
        page = await show(
            desk,
            reading,
            signed,
            "preview.html",
            room=room,
            called=called,
            number=number,
            preview=made,
            texts=[paragraphs(mail.text) for mail in made.mails],
            frames=[framed(mail.html) if mail.html else "" for mail in made.mails],
            place="settings",
        )
    page.headers["Content-Security-Policy"] = POLICY
    return page
