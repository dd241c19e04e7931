"""Departments: added, renamed, put away; who is in them; and who changed that."""

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import JsonValue
from starlette.datastructures import FormData

from services.desk.configuration.departments import (
    KEY,
    KeyTaken,
    NoSuchUser,
    Wanted,
    change_department,
    new_department,
)
from services.desk.configuration.remembering import Made
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms import meanwhile
from services.desk.forms.fields import ids_of, text_of
from services.desk.forms.options import FIELDS
from services.desk.forms.values import in_words
from services.desk.languages import gettext, later
from services.desk.making import Making
from services.desk.pages.showing import back, show
from services.desk.queries.departments import (
    DepartmentChange,
    DepartmentRow,
    department_changes,
    department_rows,
    mailboxes_of,
    members_of,
    people_for,
)
from services.desk.queries.people import names_by_id
from services.desk.queries.reading import Reading
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.wording.makers import maker
from shared.storage.options import overrides_of

router = APIRouter(prefix="/departments", include_in_schema=False)

LONGEST_NAME = 200
LABELS = {"name": later("Name"), "member": later("Members")}


@router.get("")
async def departments_room(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _list(desk, signed, said=said)


@router.post("")
async def add(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    key, name = text_of(form, "department"), text_of(form, "name")[:LONGEST_NAME]
    if not re.fullmatch(KEY, key):
        wrong = gettext("A key begins with a letter or digit and has only a-z, 0-9, - and _.")
        return await _list(desk, signed, wrong=wrong, form=form)
    try:
        async with desk.writing(signed.tenant) as db:
            department = await new_department(db, signed.tenant, key, name or key.capitalize(), made)
    except KeyTaken as error:
        wrong = gettext("%(error)s Choose another one, or take that one out of the archive.", error=error)
        return await _list(desk, signed, wrong=wrong, form=form)
    return back(f"/departments/{department}", "department")


@router.get("/{department}")
async def department_page(desk: TheDesk, signed: Admin, department: UUID, said: str = "") -> Response:
    return await _one(desk, signed, department, said=said)


@router.post("/{department}")
async def change(desk: TheDesk, signed: Admin, department: UUID, form: Form, made: Making) -> Response:
    """Keep the name and the ticked members; or put it away, or take it out again, by the button."""
    if "archived" in form:
        wanted = Wanted(archived=text_of(form, "archived") == "yes")
        return await _changed(desk, signed, department, wanted, made)
    typed = {
        "name": text_of(form, "name")[:LONGEST_NAME],
        "member": " ".join(sorted(map(str, ids_of(form, "member")))),
    }
    shown = text_of(form, meanwhile.FIELD)
    async with desk.reading(signed.user) as reading:
        now = await _now(reading, await _row(reading, department))
    kept = meanwhile.together(typed, shown, now)
    if kept.both:
        return await _one(desk, signed, department, typed=kept.values, both=kept.both)
    members = kept.values["member"]
    wanted = Wanted(
        kept.values["name"] or None,
        members=None if shown and members == now["member"] else [UUID(one) for one in members.split()],
    )
    return await _changed(desk, signed, department, wanted, made, typed=typed | {meanwhile.FIELD: shown})


async def _changed(
    desk: Desk,
    signed: SignedIn,
    department: UUID,
    wanted: Wanted,
    made: Made,
    *,
    typed: Mapping[str, str] | None = None,
) -> Response:
    try:
        async with desk.writing(signed.tenant) as db:
            done = await change_department(db, signed.tenant, department, wanted, made)
    except (NoSuchUser, KeyTaken) as error:
        why = gettext("%(error)s Nothing was changed.", error=error)
        return await _one(desk, signed, department, wrong=why, typed=typed)
    if done is None:
        raise NotHere(gettext("There is no such department."))
    return back(f"/departments/{department}", "department" if done else "same")


async def _list(
    desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "", form: FormData | None = None
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "departments.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            rows=await department_rows(reading),
            members=await members_of(reading),
            boxes=await mailboxes_of(reading),
            filled={name: text_of(form, name) if form else "" for name in ("department", "name")},
            place="departments",
        )


async def _row(reading: Reading, department: UUID) -> DepartmentRow:
    found = [row for row in await department_rows(reading) if row.id == department]
    if not found:
        raise NotHere(gettext("There is no such department."))
    return found[0]


async def _now(reading: Reading, one: DepartmentRow) -> dict[str, str]:
    """Return a department as its form shows it."""
    members = (await members_of(reading)).get(one.id, [])
    return {"name": one.name, "member": " ".join(sorted(map(str, members)))}


async def _one(
    desk: Desk,
    signed: SignedIn,
    department: UUID,
    *,
    said: str = "",
    wrong: str = "",
    typed: Mapping[str, str] | None = None,
    both: tuple[str, ...] = (),
) -> Response:
    async with desk.reading(signed.user) as reading:
        row = await _row(reading, department)
        now, facts = await _now(reading, row), await _facts(reading, row)
        who = facts["history"][0][0].changed_by if facts["history"] else None
        return await show(
            desk,
            reading,
            signed,
            "department.html",
            status=422 if wrong else 409 if both else 200,
            said=said,
            wrong=wrong,
            meanwhile=meanwhile.in_words(both, LABELS, now | {"member": ""}, who),
            as_shown=meanwhile.shown_with(typed or {}, now),
            typed=typed or now,
            place="departments",
            **facts,
        )


async def _facts(reading: Reading, one: DepartmentRow) -> dict[str, Any]:  # Any: differs by name
    own = (await overrides_of(reading.db, reading.tenant)).get(one.id, {})
    names = await names_by_id(reading)
    return {
        "one": one,
        "people": await people_for(reading, one.id),
        "members": (await members_of(reading)).get(one.id, []),
        "boxes": (await mailboxes_of(reading)).get(one.id, []),
        "own": [
            (gettext(FIELDS[name].label), in_words(name, value))
            for name, value in own.items()
            if name in FIELDS
        ],
        "history": [
            (change, _in_a_sentence(change, names)) for change in await department_changes(reading, one.id)
        ],
    }


def _in_a_sentence(change: DepartmentChange, names: Mapping[str, str]) -> str:
    who = maker(change.changed_by)
    match change.field, bool(change.old), bool(change.new):
        case "name", True, _:
            return gettext(
                "%(who)s renamed it from %(old)s to %(new)s", who=who, old=change.old, new=change.new
            )
        case "name", False, _:
            return gettext("%(who)s added %(name)s", who=who, name=change.new)
        case "archived", _, True:
            return gettext("%(who)s put it into the archive", who=who)
        case "archived", _, False:
            return gettext("%(who)s took it out of the archive", who=who)
        case _, _, True:
            return gettext("%(who)s let %(name)s in", who=who, name=_called(change.new, names))
        case _:
            return gettext("%(who)s let %(name)s out", who=who, name=_called(change.old, names))


def _called(user: JsonValue, names: Mapping[str, str]) -> str:
    return names.get(str(user), gettext("somebody who is gone"))
