"""Users and their roles: added, changed, given a password, put away; and who changed that."""

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
from services.desk.forms.fields import ids_of, text_of
from services.desk.languages import gettext, later
from services.desk.making import CheckedMaking, Making
from services.desk.pages.showing import back, show
from services.desk.queries.accounts import departments_of_users, tokens_of, user_changes, user_rows
from services.desk.queries.departments import department_rows
from services.desk.signin.auth import Admin, Form, SignedIn
from services.desk.signin.passwords import SHORTEST
from services.desk.wording.accounts import ROLE_WORDS, change_in_words, role_word
from services.desk.wording.plain import sentence

router = APIRouter(prefix="/settings/users", include_in_schema=False)

LONGEST_NAME = 200
NOBODY = later("There is no such user.")


@router.get("")
async def users_room(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    return await _list(desk, signed, said=said)


@router.post("")
async def add(desk: TheDesk, signed: Admin, form: Form, made: Making) -> Response:
    wanted, password = _wanted(form), str(form.get("password", ""))
    if not wanted.address or "@" not in wanted.address:
        return await _list(
            desk, signed, wrong=gettext("An address has a name, an @ and a domain."), form=form
        )
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
    wanted = _wanted(form)
    if wanted.address and "@" not in wanted.address:
        return await _one(desk, signed, user, wrong=gettext("An address has a name, an @ and a domain."))
    try:
        async with desk.writing(signed.tenant) as db:
            done = await change_user(
                db, signed.tenant, user, wanted, made, by_operator=signed.user.is_operator
            )
    except UNDONE as error:
        return await _one(desk, signed, user, wrong=gettext("%(error)s Nothing was changed.", error=error))
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


def _wanted(form: FormData) -> Wanted:
    role: Role | None = next((one for one in ROLES if one == text_of(form, "role")), None)
    return Wanted(
        address=text_of(form, "address")[:LONGEST_NAME] or None,
        name=text_of(form, "name")[:LONGEST_NAME] or None,
        role=role,
        may_send_as="may_send_as" in form,
        departments=ids_of(form, "department"),
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
            filled={name: text_of(form, name) if form else "" for name in ("name", "address", "role")},
            place="settings",
        )


async def _one(desk: Desk, signed: SignedIn, user: UUID, *, said: str = "", wrong: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        found = await user_rows(reading, user)
        if not found:
            raise NotHere(gettext(NOBODY))
        mine = {one for one, _ in (await departments_of_users(reading)).get(user, [])}
        return await show(
            desk,
            reading,
            signed,
            "user.html",
            status=422 if wrong else 200,
            said=said,
            wrong=wrong,
            one=found[0],
            departments=[
                one for one in await department_rows(reading) if not one.archived_at or one.id in mine
            ],
            mine=mine,
            factor=await factor_of(reading.db, reading.tenant, user),
            tokens=[one for one in await tokens_of(reading, user) if not one.revoked_at],
            roles=ROLE_WORDS,
            role_word=role_word,
            shortest=SHORTEST,
            history=[(one, change_in_words(one)) for one in await user_changes(reading, user)],
            place="settings",
        )
