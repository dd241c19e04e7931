"""Outgoing mail that waits."""

from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.shapes import SendingOut, sending_out
from services.desk.auth import TokenUser
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.queries.outgoing import Waiting, outgoing_by_id, outgoing_list
from services.desk.replying import actor_of
from shared.contracts.sending import CancelMail, ReleaseMail

router = APIRouter(prefix="/outgoing", tags=["outgoing mail"])


class OutgoingOut(BaseModel):
    ticket: int | None
    subject: str
    mail: SendingOut


@router.get("", summary="List mail that waits")
async def list_outgoing(desk: TheDesk, user: TokenUser, state: Waiting = "held") -> list[OutgoingOut]:
    """Held mail waits for a person, planned mail for its time; failed mail did not arrive."""
    async with desk.reading(user.tenant) as reading:
        rows = await outgoing_list(reading, state)
    return [OutgoingOut(ticket=r.number, subject=r.mail.subject, mail=sending_out(r.mail)) for r in rows]


@router.post("/{mail}/release", summary="Let a held mail go", responses=NOT_HERE | REFUSED)
async def release(desk: TheDesk, user: TokenUser, mail: UUID, key: Key, response: Response) -> CommandAnswer:
    command = ReleaseMail(id=key, tenant=user.tenant, outgoing=mail, actor=actor_of(user))
    await _must_be(desk, user.tenant, mail)
    return await carried_out(desk, command, response)


@router.post(
    "/{mail}/cancel", summary="Cancel a planned mail, or discard a held one", responses=NOT_HERE | REFUSED
)
async def cancel(desk: TheDesk, user: TokenUser, mail: UUID, key: Key, response: Response) -> CommandAnswer:
    command = CancelMail(id=key, tenant=user.tenant, outgoing=mail, actor=actor_of(user))
    await _must_be(desk, user.tenant, mail)
    return await carried_out(desk, command, response)


async def _must_be(desk: Desk, tenant: str, mail: UUID) -> None:
    async with desk.reading(tenant) as reading:
        if await outgoing_by_id(reading, mail) is None:
            raise NotHere("There is no such outgoing mail.")
