"""Users and their roles: added, changed, given a password, put away; and who changed that."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.configuration.accounts import (
    ROLES,
    UNDONE,
    Role,
    Wanted,
    archive_user,
    change_user,
    forget_factor,
    new_user,
    set_password,
)
from services.desk.configuration.factors import factor_of
from services.desk.configuration.tokens import revoke_token
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms import meanwhile
from services.desk.forms.fields import ids_of, text_of
from services.desk.languages import gettext, later
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.accounts import (
    UserChange,
    departments_of_users,
    tokens_of,
    user_changes,
    user_rows,
)
from services.desk.queries.departments import department_rows
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.signin.passwords import SHORTEST
from services.desk.wording.accounts import ROLE_WORDS, change_in_words, role_word
from services.desk.wording.plain import sentence

router = APIRouter(prefix="/settings/users", include_in_schema=False)

LONGEST_NAME = 200
NOBODY = later("There is no such user.")
LABELS = {
    "name": later("Name"),
    "address": later("Address"),
    "role": later("Role"),
    "may_send_as": later("May send from their own address"),
    "department": later("Departments"),
}


@router.get("")
async def users_room(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _list(desk, signed, said=said)


@router.post("")
async def add(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    wanted, password = _wanted(_typed(form)), str(form.get("password", ""))
    try:
        async with desk.writing(signed.tenant) as db:
            user = await new_user(
                db, signed.tenant, wanted, password or None, made, by_operator=signed.user.is_operator
            )
    except UNDONE as error:
        return await _list(desk, signed, wrong=sentence(str(error)), form=form)
    return back(f"/settings/users/{user}", "user-added")


@router.get("/{user}")
async def user_page(desk: TheDesk, signed: Admin, user: UUID, said: str = "") -> Response:
    return await _one(desk, signed, user, said=said)


@router.post("/{user}")
async def change(desk: TheDesk, signed: Admin, user: UUID, form: Form, made: Making) -> Response:
    """What this person changed; the rest stays as it is now, also where this page is older."""
    typed, shown = _typed(form), text_of(form, meanwhile.FIELD)
    now = await _now(desk, signed, user)
    kept = meanwhile.together(typed, shown, now)
    if kept.both:
        return await _one(desk, signed, user, typed=kept.values, both=kept.both)
    # what nobody typed into goes without a value, so that it stays also when it changes just now
    wanted = _wanted({name: text for name, text in kept.values.items() if not shown or text != now[name]})
    try:
        async with desk.writing(signed.tenant) as db:
            done = await change_user(
                db, signed.tenant, user, wanted, made, by_operator=signed.user.is_operator
            )
    except UNDONE as error:
        why = gettext("%(error)s Nothing was changed.", error=error)
        return await _one(desk, signed, user, wrong=why, typed=typed, shown=shown)
    if done is None:
        raise NotHere(gettext(NOBODY))
    return back(f"/settings/users/{user}", "user" if done else "same")


@router.post("/{user}/password")
async def give_password(desk: TheDesk, signed: Admin, user: UUID, form: Form, made: Making) -> Response:
    try:
        async with desk.writing(signed.tenant) as db:
            done = await set_password(
                db,
                signed.tenant,
                user,
                str(form.get("password", "")),
                made,
                by_operator=signed.user.is_operator,
            )
    except UNDONE as error:
        return await _one(desk, signed, user, wrong=sentence(str(error)))
    if not done:
        raise NotHere(gettext(NOBODY))
    return back(f"/settings/users/{user}", "password-set")


@router.post("/{user}/archive")
async def archive(desk: TheDesk, signed: Admin, user: UUID, form: Form, made: Making) -> Response:
    """Put them into the archive, or take them out of it, by the button."""
    archived = text_of(form, "archived") != "no"
    try:
        async with desk.writing(signed.tenant) as db:
            done = await archive_user(
                db, signed.tenant, user, made, archived=archived, by_operator=signed.user.is_operator
            )
    except UNDONE as error:
        return await _one(desk, signed, user, wrong=sentence(str(error)))
    return back(f"/settings/users/{user}", ("user-away" if archived else "user") if done else "same")


@router.post("/{user}/second-factor/remove")
async def remove_second_factor(desk: TheDesk, signed: Admin, user: UUID, made: CheckedMaking) -> Response:
    """For who has lost their phone: they sign in by password, and are asked to set one up where that is
    required."""
    try:
        async with desk.writing(signed.tenant) as db:
            done = await forget_factor(db, signed.tenant, user, made, by_operator=signed.user.is_operator)
    except UNDONE as error:
        return await _one(desk, signed, user, wrong=sentence(str(error)))
    return back(f"/settings/users/{user}", "factor-gone" if done else "same")


@router.post("/{user}/tokens/{token}/revoke")
async def revoke(desk: TheDesk, signed: Admin, user: UUID, token: UUID, made: CheckedMaking) -> Response:
    async with desk.writing(signed.tenant) as db:
        done = await revoke_token(db, signed.tenant, token, made, user)
    return back(f"/settings/users/{user}", "revoked" if done else "same")


def _typed(form: FormData) -> dict[str, str]:
    return {
        **{name: text_of(form, name)[:LONGEST_NAME] for name in ("name", "address", "role")},
        "may_send_as": "on" if "may_send_as" in form else "",
        "department": " ".join(sorted(map(str, ids_of(form, "department")))),
    }


async def _now(desk: Desk, signed: SignedIn, user: UUID) -> dict[str, str]:
    """Return a user as their form shows them. Raises NotHere."""
    async with desk.reading(signed.user) as reading:
        found = await user_rows(reading, user)
        rooms = (await departments_of_users(reading)).get(user, [])
    if not found:
        raise NotHere(gettext(NOBODY))
    return {
        **{name: getattr(found[0], name) or "" for name in ("name", "address", "role")},
        "may_send_as": "on" if found[0].may_send_as else "",
        "department": " ".join(sorted(str(room) for room, _ in rooms)),
    }


def _wanted(typed: Mapping[str, str]) -> Wanted:
    """What is not named stays."""
    role: Role | None = next((one for one in ROLES if one == typed.get("role")), None)
    rooms = typed.get("department")
    return Wanted(
        address=typed.get("address") or None,
        name=typed.get("name") or None,
        role=role,
        may_send_as=typed["may_send_as"] == "on" if "may_send_as" in typed else None,
        departments=None if rooms is None else [UUID(one) for one in rooms.split()],
    )


async def _list(
    desk: Desk, signed: SignedIn, *, said: str = "", wrong: str = "", form: FormData | None = None
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "users.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            rows=await user_rows(reading),
            rooms=await departments_of_users(reading),
            departments=[one for one in await department_rows(reading) if not one.archived_at],
            roles=ROLE_WORDS,
            role_word=role_word,
            shortest=SHORTEST,
            filled=_typed(form or FormData()),
            place="settings",
        )


def _told(both: tuple[str, ...], now: Mapping[str, str], changes: Sequence[UserChange]) -> str:
    called = {**now, "role": role_word(now["role"]), "department": "", "may_send_as": ""}
    return meanwhile.in_words(both, LABELS, called, changes[0].changed_by if changes else None)


async def _one(
    desk: Desk,
    signed: SignedIn,
    user: UUID,
    *,
    said: str = "",
    wrong: str = "",
    typed: Mapping[str, str] | None = None,
    shown: str = "",
    both: tuple[str, ...] = (),
) -> Response:
    now = await _now(desk, signed, user)
    async with desk.reading(signed.user) as reading:
        [found] = await user_rows(reading, user)
        changes = await user_changes(reading, user)
        return await show(
            desk,
            reading,
            signed,
            "user.html",
            status=422 if wrong else 409 if both else 200,
            said=said,
            wrong=wrong,
            meanwhile=_told(both, now, changes),
            as_shown=shown or meanwhile.marks(now),
            typed=typed or now,
            one=found,
            departments=[
                one
                for one in await department_rows(reading)
                if not one.archived_at or str(one.id) in now["department"]
            ],
            factor=await factor_of(reading.db, reading.tenant, user),
            tokens=[one for one in await tokens_of(reading, user) if not one.revoked_at],
            roles=ROLE_WORDS,
            role_word=role_word,
            shortest=SHORTEST,
            history=[(one, change_in_words(one)) for one in changes],
            place="settings",
        )
