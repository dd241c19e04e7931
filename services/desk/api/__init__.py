"""The JSON API, `/api/v1`: one module a noun; programs act for the person whose token they carry."""

from fastapi import APIRouter, Depends

from services.desk.api import (
    blocked,
    bulk,
    choices,
    contacts,
    defined,
    departments,
    examinations,
    forwards,
    held,
    hooks,
    inactivity,
    incidents,
    linking,
    mailboxes,
    mails,
    me,
    merging,
    notes,
    operations,
    organizations,
    outgoing,
    participating,
    posts,
    previews,
    privacy,
    quarantine,
    quotes,
    saved,
    settings,
    signins,
    splitting,
    tenants,
    tickets,
    triggers,
    uploads,
    users,
    verdicts,
    views,
)
from services.desk.api.answering import PROBLEMS
from services.desk.api.texts import require_texts
from services.desk.api.understood import understood

ABOUT = """\
Tickets, mail and settings of one tenant.

**Who asks.** `Authorization: Bearer <token>`. A token belongs to a person and to one tenant; what it does
stands in the history under that person's name. Its scope says how far it goes: `read`, `write` (tickets and
what agents do), or `admin` (all that the person may do; settings, users and mailboxes need it).

**Commands.** Replies, notes and changes are carried out by other services. The answer comes when it is done
(200), or after 10 seconds with 202: the command is kept and will be done. Send an `Idempotency-Key` (a UUID):
asked twice with the same key, it is done once and answered the same. What is made by other `POST`s takes such
a key too, for a day. A key is of the token that sends it; used for something else, or when what it made
was removed since, it is refused with 409.

**Lists** come as `items` and `next`, 50 at a time (`limit`, up to 200). Give `next` as `after`, or follow
`Link` (RFC 8288), until it is null. Lists that are never long come whole.

**Two at once.** A change names the `version` it was made on. When somebody was faster it is refused with 409,
and nothing is overwritten.

**What is not known is refused.** A parameter that an operation does not have, and a field that a body does
not have, are answered with 422; a body that is not sent as `application/json` with 415 (files are uploaded
as `multipart/form-data`).

**Problems** are RFC 9457 (`application/problem+json`): `detail` says what is so, `remedy` what helps.
"""

router = APIRouter(
    prefix="/api/v1", responses=PROBLEMS, dependencies=[Depends(understood), Depends(require_texts)]
)
for room in (
    tickets,
    uploads,
    bulk,
    merging,
    splitting,
    linking,
    participating,
    notes,
    held,
    forwards,
    views,
    posts,
    outgoing,
    incidents,
    blocked,
    mails,
    verdicts,
    quarantine,
    mailboxes,
    examinations,
    contacts,
    privacy,
    organizations,
    settings,
    departments,
    defined,
    previews,
    triggers,
    hooks,
    inactivity,
    me,
    choices,
    saved,
    users,
    quotes,
    operations,
    signins,
    tenants,
):
    router.include_router(room.router)
