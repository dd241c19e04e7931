"""Change fields of a ticket: by a form with all of them, or one where it stands."""

from collections.abc import Mapping
from uuid import UUID, uuid5

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from pydantic import JsonValue
from starlette.datastructures import FormData

from services.desk.asking.commands import Answer, Done, Refused, ask
from services.desk.configuration.customfields import CustomFieldSettings
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid
from services.desk.forms.customfields import value_typed
from services.desk.forms.fields import id_of, key_of, text_of, texts_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import SAID, back, outcome, wants_json
from services.desk.pages.ticket import Number, back_to_ticket, ticket_or_404, ticket_shown
from services.desk.pages.ticketview import Trouble, all_names, conflict_of
from services.desk.queries.changes import changes_since
from services.desk.queries.defined import custom_fields_of
from services.desk.queries.ticket import FullTicket, full_ticket, version_of
from services.desk.signin.auth import Form, Signed, SignedIn
from services.desk.timeline.weaving import shown_value
from services.desk.wording.reported import reported
from services.desk.wording.signs import field_word
from shared.contracts.custom_fields import PREFIX
from shared.contracts.tickets import ChangeTicket

router = APIRouter(prefix="/tickets/{number}/change", include_in_schema=False)

Changes = dict[str, JsonValue]

TRIES = 3
"""So often a change is asked for again when what was faster changed another field."""


@router.post("")
async def change(*, desk: TheDesk, signed: Signed, number: Number, form: Form, request: Request) -> Response:
    """Change fields, unless somebody was faster: then say who, and offer both."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        changes = _changes(form, ticket) | _custom(form, ticket, await custom_fields_of(reading))
    if wants_json(request):
        return await _in_place(desk, signed, ticket, form, changes)
    if not changes:
        return back(f"/tickets/{number}", "same")
    version = _version(form)
    _, answer = await _ask(desk, signed, _command(signed, ticket, changes, key_of(form), version))
    if isinstance(answer, Refused):
        async with desk.reading(signed.user) as reading:
            conflict = await conflict_of(desk, reading, ticket.id, version, changes)
        trouble = Trouble("change", conflict.text if conflict else reported(answer.why), conflict)
        return await ticket_shown(desk, signed, number, trouble=trouble)
    said, _ = outcome(answer, "changed")
    return await back_to_ticket(desk, signed, number, said)


async def _in_place(
    desk: Desk, signed: SignedIn, ticket: FullTicket, form: FormData, changes: Changes
) -> Response:
    """One field, on behalf of a script. Only who changed the same field meanwhile was faster."""
    if not changes:
        return JSONResponse({"said": gettext(SAID["same"]), "version": ticket.version, "undo": {}})
    version = _version(form)
    async with desk.reading(signed.user) as reading:
        names = await all_names(reading)
    command, answer = await _ask(desk, signed, _command(signed, ticket, changes, key_of(form), version))
    if isinstance(answer, Refused):
        return await _refused(desk, signed, command, ticket.number, answer)
    if not isinstance(answer, Done):
        return JSONResponse({"said": gettext(SAID["working"]), "version": version, "undo": {}})
    async with desk.reading(signed.user) as reading:
        if await full_ticket(reading, ticket.number) is None:
            return JSONResponse({"said": gettext(SAID["handed-over"]), "to": "/tickets?said=handed-over"})
        now = await version_of(reading, ticket.id)
    undo = {field: _as_typed(field, _value(ticket, field)) for field in changes}
    was = ", ".join(shown_value(field, _value(ticket, field), names) for field in changes)
    return JSONResponse(
        {
            "said": gettext("%(now)s (was %(was)s).", now=_in_words(changes, names), was=was),
            "version": now,
            "undo": undo,
        }
    )


async def _ask(desk: Desk, signed: SignedIn, wanted: ChangeTicket) -> tuple[ChangeTicket, Answer]:
    """Ask for a change again while only changes of other fields were faster; return what was asked last."""
    seen = await _counting_on(desk, signed, wanted)
    command = wanted.model_copy(update={"expected_version": seen})
    for again in range(1, TRIES + 1):
        answer = await ask(desk, command)
        if not isinstance(answer, Refused) or not answer.facts.get("conflict") or again == TRIES:
            break
        newer = await _counting_on(desk, signed, wanted)
        if newer in {wanted.expected_version, seen}:
            break
        seen = newer
        command = wanted.model_copy(
            update={"id": uuid5(wanted.id, f"again {again}"), "expected_version": seen}
        )
    return command, answer


async def _counting_on(desk: Desk, signed: SignedIn, wanted: ChangeTicket) -> int | None:
    """Return the version that a change may count on: the newest, unless its fields changed meanwhile."""
    seen = wanted.expected_version or 0
    async with desk.reading(signed.user) as reading:
        newest = await version_of(reading, wanted.ticket)
        meanwhile = {one.field for one in await changes_since(reading, wanted.ticket, seen)}
    return seen if newest is None or meanwhile & wanted.changes.keys() else newest


async def _refused(
    desk: Desk, signed: SignedIn, command: ChangeTicket, number: int, answer: Refused
) -> Response:
    """Say why, and what the fields are now."""
    async with desk.reading(signed.user) as reading:
        now = await ticket_or_404(reading, number)
        version = command.expected_version or now.version
        conflict = await conflict_of(desk, reading, now.id, version, command.changes)
    told = {
        "why": conflict.text if conflict else reported(answer.why),
        "values": {field: _as_typed(field, _value(now, field)) for field in command.changes},
        "version": now.version,
    }
    if conflict:
        told |= {
            "keep": gettext("Keep %(value)s", value=conflict.kept),
            "set": gettext("Set %(value)s", value=conflict.wanted),
        }
    return JSONResponse(told, 409 if conflict else 422)


def _in_words(changes: Changes, names: Mapping[str, str]) -> str:
    told = [
        f"{field_word(name, names)}: {shown_value(name, value, names)}" for name, value in changes.items()
    ]
    words = "; ".join(told)
    return words[:1].upper() + words[1:]


def _command(signed: SignedIn, ticket: FullTicket, changes: Changes, key: UUID, version: int) -> ChangeTicket:
    return ChangeTicket(
        id=key,
        tenant=signed.tenant,
        ticket=ticket.id,
        changes=changes,
        expected_version=version,
        actor=actor_of(signed.user),
    )


def _version(form: FormData) -> int:
    version = text_of(form, "version")
    if not version.isdecimal():
        why = gettext("The form does not say which version of the ticket it changes.")
        raise Invalid(why, remedy=gettext("Reload the page."))
    return int(version)


def _value(ticket: FullTicket, field: str) -> JsonValue:
    if field.startswith(PREFIX):
        return ticket.fields.get(field.removeprefix(PREFIX))
    value = getattr(ticket, field)
    return str(value) if isinstance(value, UUID) else value


def _changes(form: FormData, ticket: FullTicket) -> dict[str, JsonValue]:
    """Return the fields that the form names and that differ from the ticket as it is now."""
    changes: dict[str, JsonValue] = {}
    for field in ("subject", "status", "priority"):
        value = text_of(form, field)
        if value and value != getattr(ticket, field):
            changes[field] = value
    for field in ("assignee", "department"):
        if field in form and id_of(form, field) != getattr(ticket, field):
            wanted = id_of(form, field)
            changes[field] = str(wanted) if wanted else None
    if "tags" in form:
        tags = sorted({tag.strip() for tag in text_of(form, "tags").split(",") if tag.strip()})
        if tags != sorted(ticket.tags):
            changes["tags"] = list(tags)
    return changes


def _custom(form: FormData, ticket: FullTicket, fields: list[CustomFieldSettings]) -> dict[str, JsonValue]:
    """Return the custom fields that the form names and that differ."""
    changes: dict[str, JsonValue] = {}
    for field in fields:
        name = f"{PREFIX}{field.key}"
        value = value_typed(field, texts_of(form, name))
        if name in form and value != ticket.fields.get(field.key):
            changes[name] = value
    return changes


def _as_typed(field: str, value: JsonValue) -> list[str]:
    """Return what the form would say of a value."""
    match value:
        case None:
            return [""]
        case bool():
            return ["true" if value else "false"]
        case list() if field == "tags":
            return [", ".join(map(str, value))]
        case list():
            return [*map(str, value), ""]
        case _:
            return [str(value)]
