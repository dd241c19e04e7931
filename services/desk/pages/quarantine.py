"""Mails that could not be read: kept, with their reason; retried, made a ticket of anyway, or dropped."""

import re
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.asking.commands import ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms.fields import key_of
from services.desk.languages import gettext, later
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome, show
from services.desk.queries.operations import Aside, quarantined
from services.desk.queries.passport import ledger_entry
from services.desk.signin.auth import Form, Signed, SignedIn
from shared.contracts.base import Message
from shared.contracts.errors import Permanent
from shared.contracts.quarantine import DecideQuarantined, Decision, DropQuarantined

router = APIRouter(prefix="/quarantine", include_in_schema=False)

REASONS = {
    "time": later("Reading it took too long."),
    "memory": later("Reading it took too much memory."),
    "crash": later("The reader broke on it."),
    "error": later("The reader could not make sense of it."),
    "too_large": later("It is too large to be fetched."),
}

MOST_OF_HEADER = 64_000
"""Bytes."""

SAID = {Decision.RETRY: "retried", Decision.ACCEPT: "accepted"}


@router.get("")
async def quarantine_page(
    desk: TheDesk, signed: Signed, said: str = "", state: Aside = "quarantined"
) -> Response:
    return await _page(desk, signed, state=state, said=said)


@router.get("/{mail}")
async def look(desk: TheDesk, signed: Signed, mail: UUID) -> Response:
    """One mail: why it is here, what it says of itself, and what can be done."""
    async with desk.reading(signed.user) as reading:
        entry = await ledger_entry(reading, mail)
        if entry is None or entry.state not in ("quarantined", "dropped"):
            raise NotHere(gettext("No such mail is in quarantine."))
        return await show(
            desk,
            reading,
            signed,
            "quarantined.html",
            mail=entry,
            stage=gettext("Reading") if entry.blob else gettext("Fetching"),
            headers=await _headers(desk, signed.tenant, entry.blob) if entry.blob else "",
            reasons=REASONS,
            place="quarantine",
        )


@router.post("/{mail}/drop")
async def drop(desk: TheDesk, signed: Signed, mail: UUID, form: Form) -> Response:
    await _seen(desk, signed, mail)
    command = DropQuarantined(id=key_of(form), tenant=signed.tenant, mail=mail, actor=actor_of(signed.user))
    return await _carried_out(desk, signed, command, "dropped-mail")


@router.post("/{mail}/{decision}")
async def decide(desk: TheDesk, signed: Signed, mail: UUID, decision: Decision, form: Form) -> Response:
    await _seen(desk, signed, mail)
    command = DecideQuarantined(
        id=key_of(form), tenant=signed.tenant, mail=mail, decision=decision, actor=actor_of(signed.user)
    )
    return await _carried_out(desk, signed, command, SAID[decision])


async def _seen(desk: Desk, signed: SignedIn, mail: UUID) -> None:
    async with desk.reading(signed.user) as reading:
        if await ledger_entry(reading, mail) is None:
            raise NotHere(gettext("The ledger has no such mail."))


async def _carried_out(desk: Desk, signed: SignedIn, command: Message, done: str) -> Response:
    said, wrong = outcome(await ask(desk, command), done)
    return await _page(desk, signed, wrong=wrong) if wrong else back("/quarantine", said)


async def _page(
    desk: Desk, signed: SignedIn, *, state: Aside = "quarantined", said: str = "", wrong: str = ""
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "quarantine.html",
            status=409 if wrong else 200,
            said=said,
            wrong=wrong,
            state=state,
            mails=await quarantined(reading, state),
            reasons=REASONS,
            place="quarantine",
        )


async def _headers(desk: Desk, tenant: str, blob: str) -> str:
    """Return the header of a mail as it came; whatever its bytes are, they are shown as text."""
    try:
        head = (await desk.blobs.get(tenant, blob))[:MOST_OF_HEADER]
    except Permanent:
        return ""
    return re.split(rb"\r?\n\r?\n", head, maxsplit=1)[0].decode("utf-8", "replace").replace("\x00", "\ufffd")
