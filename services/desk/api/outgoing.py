"""Outgoing mail that waits."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.given import Given
from services.desk.api.paging import Asked, Page
from services.desk.api.planned import moment_named
from services.desk.api.shapes import SendingOut, sending_out
from services.desk.asking.commands import Answer, Done, Refused
from services.desk.asking.releasing import Action, act_on_many, command_for
from services.desk.composing.replying import options_for
from services.desk.desk import Desk, TheDesk
from services.desk.errors import Invalid, NotHere
from services.desk.making import actor_of
from services.desk.queries.outgoing import (
    BULK,
    OutgoingRow,
    Waiting,
    attempts_of,
    outgoing_by_id,
    outgoing_list,
    recipients_of,
)
from services.desk.queries.paging import token_of
from services.desk.queries.people import User
from services.desk.signin.auth import TokenUser
from services.desk.wording.reported import reported
from shared.contracts.sending import ReplanMail

router = APIRouter(prefix="/outgoing", tags=["outgoing mail"])


class ManyMailsIn(BaseModel):
    """Which mails, and what with them."""

    model_config = ConfigDict(extra="forbid")

    action: Action
    mails: list[UUID] = Field(default_factory=list, max_length=BULK)
    incident: UUID | None = Field(
        default=None, description="All that it holds still, 200 at a time, in place of `mails`."
    )


class MailAnswer(BaseModel):
    """What became of one mail."""

    mail: UUID
    state: Literal["done", "refused", "still working"]
    detail: str = Field(default="", description="Why it was refused.")


class OutgoingOut(BaseModel):
    ticket: int | None
    subject: str
    mail: SendingOut


class SendAttemptOut(BaseModel):
    """One try to send a mail, or one thing that was decided about it."""

    at: datetime
    outcome: str = Field(
        description="sent, failed, refused, held, waits or unconfirmed.", examples=["failed"]
    )
    code: str | None = Field(description="The provider's own, or ours.", examples=["ServiceUnavailable"])
    text: str | None


class RecipientOut(BaseModel):
    """What is known of one recipient."""

    address: str
    line: Literal["to", "cc", "bcc"]
    state: str = Field(
        description="That of the mail; `bounced` for those from whom it came back, when others got it."
    )
    handed_over_at: datetime | None = Field(
        description="When the mail to this address had left to the provider."
    )


class OutgoingDetails(OutgoingOut):
    attempts: list[SendAttemptOut] = Field(description="Oldest first.")
    recipients: list[RecipientOut]


class PlanIn(Given):
    send_at: datetime = Field(
        description="Without an offset it is on the clock of the tenant's `time_zone`.",
        examples=["2026-11-27T09:00"],
    )
    unless_customer_writes: bool | None = Field(default=None, description="Left out: as it was.")


@router.get("", summary="List mail that waits")
async def list_outgoing(
    desk: TheDesk, user: TokenUser, asked: Asked, state: Waiting = "held"
) -> Page[OutgoingOut]:
    """Held mail waits for a person, planned mail for its time; failed mail did not arrive."""
    async with desk.reading(user) as reading:
        found = await outgoing_list(reading, state, asked.one_more, asked.place)
    now = desk.clock()
    return asked.of(found, lambda row: _out(row, now), lambda row: token_of(row.at or now, row.mail.id))


@router.get("/{mail}", summary="Read an outgoing mail with its attempts", responses=NOT_HERE)
async def read_outgoing(desk: TheDesk, user: TokenUser, mail: UUID) -> OutgoingDetails:
    """Whom it goes to, where it is, and each attempt with what the provider said."""
    async with desk.reading(user) as reading:
        row = await outgoing_by_id(reading, mail)
        if row is None:
            raise NotHere("There is no such outgoing mail.")
        attempts, log = await attempts_of(reading, mail), await recipients_of(reading, row.mail)
    shown = sending_out(row.mail, desk.clock())
    return OutgoingDetails(
        ticket=row.number,
        subject=row.mail.subject,
        mail=shown,
        attempts=[SendAttemptOut.model_validate(one, from_attributes=True) for one in attempts],
        recipients=[RecipientOut.model_validate(one, from_attributes=True) for one in log],
    )


@router.post("/bulk", summary="Release or discard many mails")
async def act_on_mails(desk: TheDesk, user: TokenUser, wanted: ManyMailsIn, key: Key) -> list[MailAnswer]:
    """Each mail by itself: what cannot be released any more is told, and the others are. The same key again
    does nothing twice."""
    if bool(wanted.mails) == (wanted.incident is not None):
        raise Invalid("Name mails, or an incident.")
    chosen = list(dict.fromkeys(wanted.mails))
    await key.hold(desk, user.tenant)
    answers = await act_on_many(desk, user, wanted.action, chosen, incident=wanted.incident, key=key.id)
    return [_became(mail, answer) for mail, answer in answers.items()]


@router.post("/{mail}/release", summary="Let a held mail go", responses=NOT_HERE | REFUSED)
async def release(desk: TheDesk, user: TokenUser, mail: UUID, key: Key, response: Response) -> CommandAnswer:
    command = command_for("release", user, mail, key.id)
    await _must_be(desk, user, mail)
    return await carried_out(desk, key, command, response)


@router.post(
    "/{mail}/cancel", summary="Cancel a planned mail, or discard a held one", responses=NOT_HERE | REFUSED
)
async def cancel(desk: TheDesk, user: TokenUser, mail: UUID, key: Key, response: Response) -> CommandAnswer:
    command = command_for("cancel", user, mail, key.id)
    await _must_be(desk, user, mail)
    return await carried_out(desk, key, command, response)


@router.post("/{mail}/plan", summary="Give a planned mail another time", responses=NOT_HERE | REFUSED)
async def plan(
    *, desk: TheDesk, user: TokenUser, mail: UUID, wanted: PlanIn, key: Key, response: Response
) -> CommandAnswer:
    await _must_be(desk, user, mail)
    async with desk.reading(user) as reading:
        zone = (await options_for(reading)).time_zone
    moment = moment_named(wanted.send_at, zone, desk.clock())
    command = ReplanMail(
        id=key.id,
        tenant=user.tenant,
        outgoing=mail,
        send_at=moment,
        unless_customer_writes=wanted.unless_customer_writes,
        actor=actor_of(user),
    )
    return await carried_out(desk, key, command, response)


@router.post("/{mail}/send", summary="Send a planned mail now", responses=NOT_HERE | REFUSED)
async def send(desk: TheDesk, user: TokenUser, mail: UUID, key: Key, response: Response) -> CommandAnswer:
    command = ReplanMail(id=key.id, tenant=user.tenant, outgoing=mail, actor=actor_of(user))
    await _must_be(desk, user, mail)
    return await carried_out(desk, key, command, response)


def _became(mail: UUID, answer: Answer) -> MailAnswer:
    match answer:
        case Done():
            return MailAnswer(mail=mail, state="done")
        case Refused(why):
            return MailAnswer(mail=mail, state="refused", detail=reported(why))
        case _:
            return MailAnswer(mail=mail, state="still working")


async def _must_be(desk: Desk, user: User, mail: UUID) -> None:
    async with desk.reading(user) as reading:
        if await outgoing_by_id(reading, mail) is None:
            raise NotHere("There is no such outgoing mail.")


def _out(row: OutgoingRow, now: datetime) -> OutgoingOut:
    return OutgoingOut(ticket=row.number, subject=row.mail.subject, mail=sending_out(row.mail, now))
