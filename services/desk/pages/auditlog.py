"""The audit log: sign-ins and what was done to accounts."""

from fastapi import APIRouter
from fastapi.responses import Response

from services.desk.configuration.auditing import KEPT_FOR
from services.desk.desk import TheDesk
from services.desk.forms.fields import id_in
from services.desk.pages.showing import show
from services.desk.queries.accounts import audit_page, user_rows
from services.desk.signin.auth import Admin
from services.desk.wording.accounts import GROUPS, act_word

router = APIRouter(prefix="/settings/audit", include_in_schema=False)

SHOWN = 50


@router.get("")
async def audit_room(
    desk: TheDesk, signed: Admin, what: str = "", user: str = "", before: str = ""
) -> Response:
    acts = GROUPS[what][1] if what in GROUPS else ()
    async with desk.reading(signed.user) as reading:
        rows = await audit_page(
            reading,
            acts=acts,
            user=id_in(user),
            before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,  # noqa: PLR2004 - digits of a bigint
            limit=SHOWN + 1,
        )
        return await show(
            desk,
            reading,
            signed,
            "audit.html",
            rows=rows[:SHOWN],
            more=rows[SHOWN - 1].id if len(rows) > SHOWN else None,
            groups=GROUPS,
            act_word=act_word,
            what=what if what in GROUPS else "",
            chosen=user,
            people=await user_rows(reading),
            kept_days=KEPT_FOR.days,
            place="settings",
        )
