"""The side of tests and demos: make mailboxes, let mail arrive, read what left, turn the knobs."""

import asyncio
import base64
from collections import Counter
from dataclasses import asdict
from http import HTTPStatus
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from sandbox.apps import EXCHANGE, Federated
from sandbox.errors import GraphError, bad_request
from sandbox.filling import OldMail, fill
from sandbox.house import House
from sandbox.journal import SentMail, events, sent_mail
from sandbox.knobs import Fault, Knobs
from sandbox.mailboxes import (
    Mailbox,
    add_mailbox,
    all_mailboxes,
    find_mailbox,
    void_delta_tokens,
    void_uploads,
)
from sandbox.outgoing import deliver
from sandbox.subscribing import Lifecycle, challenge, deliveries, remove_subscription, subscriptions_of

Model = TypeVar("Model", bound=BaseModel)
_LOOPBACK = ("127.0.0.1", "::1", "::ffff:127.0.0.1")


class MailboxIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    address: str = Field(pattern=r"^[^@\s]+@[^@\s]+$")
    name: str = ""


class OldMailIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    count: int = Field(ge=1, le=100_000)
    first: AwareDatetime
    last: AwareDatetime
    folder: str = "inbox"


class LifetimeIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    lifetime_seconds: int = Field(ge=0)


class FederatedIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    issuer: str
    subject: str
    key: str
    audience: str = EXCHANGE


class AppIn(BaseModel):
    """What is named is changed; `secret_expires_at` in the past expires the secret."""

    model_config = ConfigDict(extra="forbid")

    secret: str | None = None
    secret_expires_at: AwareDatetime | None = None
    certificates: tuple[str, ...] = ()
    federated: tuple[FederatedIn, ...] = ()
    roles: tuple[str, ...] = ()
    identity: bool = False


def _local(request: Request) -> House:
    house: House = request.app.state.house
    near = request.client is not None and request.client.host in _LOOPBACK
    if not (near or house.open_control):
        raise GraphError(HTTPStatus.FORBIDDEN, "Forbidden", "The control side answers this machine only.")
    return house


Controlled = Annotated[House, Depends(_local)]


router = APIRouter(prefix="/_sandbox")


@router.get("/mailboxes")
async def list_mailboxes(house: Controlled) -> Response:
    """Every mailbox, with its id, address and name."""
    return JSONResponse([_mailbox_json(mailbox) for mailbox in all_mailboxes(house.store)])


@router.post("/mailboxes")
async def make_mailbox(house: Controlled, request: Request) -> Response:
    """Make a mailbox: `{"address": …, "name": …}`."""
    written = await _posted(request, MailboxIn)
    return JSONResponse(
        _mailbox_json(add_mailbox(house.store, written.address, written.name)), HTTPStatus.CREATED
    )


@router.post("/mailboxes/{address}/messages")
async def receive(
    house: Controlled,
    address: str,
    request: Request,
    folder: str = "inbox",
    received: AwareDatetime | None = None,
) -> Response:
    """A mail arrives: the body is its MIME, kept byte for byte."""
    moment = None if received is None else int(received.timestamp())
    item = deliver(house, _named(house, address), await request.body(), folder, moment)
    message_id = item.content.internet_message_id
    return JSONResponse({"id": item.immutable_id, "internetMessageId": message_id}, HTTPStatus.CREATED)


@router.post("/mailboxes/{address}/old-messages")
async def receive_much(house: Controlled, address: str, request: Request) -> Response:
    """Much old mail lies in a folder, all of it at once."""
    wanted = await _posted(request, OldMailIn)
    for _ in fill(house, _named(house, address), OldMail(**wanted.model_dump())):
        await asyncio.sleep(0)
    return JSONResponse({"count": wanted.count}, HTTPStatus.CREATED)


@router.get("/mailboxes/{address}/sent")
async def show_sent(house: Controlled, address: str, request: Request) -> Response:
    """Raw MIME in order, each byte one character; asked for application/json by name, also the envelopes."""
    mails = sent_mail(house.store, _named(house, address).id)
    if "application/json" in request.headers.get("accept", ""):
        return JSONResponse([_sent_json(mail) for mail in mails])
    return JSONResponse([mail.raw.decode("latin-1") for mail in mails])


@router.get("/mailboxes/{address}/sent/{number}")
async def show_one_sent(house: Controlled, address: str, number: int) -> Response:
    """The raw bytes of one sent mail, counted from 1."""
    mails = sent_mail(house.store, _named(house, address).id)
    if not 1 <= number <= len(mails):
        raise GraphError(HTTPStatus.NOT_FOUND, "NoSuchMail", f"{len(mails)} mails were sent from here.")
    return Response(mails[number - 1].raw, media_type="message/rfc822")


@router.get("/mailboxes/{address}/log")
async def show_log(house: Controlled, address: str) -> Response:
    """What happened, in order; and how often each thing happened to each Message-ID."""
    happened = events(house.store, _named(house, address).id)
    counts: dict[str, Counter[str]] = {}
    for event in happened:
        counts.setdefault(event.kind, Counter())[event.internet_message_id] += 1
    listed = [{**asdict(event), "at": event.at.isoformat()} for event in happened]
    return JSONResponse({"events": listed, "counts": counts})


@router.get("/mailboxes/{address}/usage")
async def show_usage(house: Controlled, address: str) -> Response:
    """What each app asked of the mailbox, to hold against Exchange's limits."""
    return JSONResponse([seen.json() for seen in house.usage_seen(_named(house, address))])


@router.get("/mailboxes/{address}/knobs")
async def show_knobs(house: Controlled, address: str) -> Response:
    """The knobs as they are."""
    return JSONResponse(house.weather(_named(house, address)).knobs.model_dump(mode="json"))


@router.put("/mailboxes/{address}/knobs")
async def set_knobs(house: Controlled, address: str, request: Request) -> Response:
    """All knobs at once: one that is not named turns back to calm."""
    knobs = await _posted(request, Knobs)
    house.set_knobs(_named(house, address), knobs)
    return JSONResponse(knobs.model_dump(mode="json"))


@router.post("/mailboxes/{address}/faults")
async def add_fault(house: Controlled, address: str, request: Request) -> Response:
    """Let the next requests of one kind fail in one way; faults queue up."""
    fault = await _posted(request, Fault)
    house.add_fault(_named(house, address), fault)
    return JSONResponse(fault.model_dump(mode="json"), HTTPStatus.CREATED)


@router.post("/mailboxes/{address}/expire")
async def expire_delta(house: Controlled, address: str) -> Response:
    """Every delta link of the mailbox answers 410 from now on."""
    void_delta_tokens(house.store, _named(house, address))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.patch("/apps/{client}")
async def change_app(house: Controlled, client: str, request: Request) -> Response:
    """Change what Entra knows of an app, or register one."""
    written = await _posted(request, AppIn)
    named: dict[str, object] = {name: getattr(written, name) for name in written.model_fields_set}
    if "federated" in named:
        named["federated"] = tuple(Federated(**one.model_dump()) for one in written.federated)
    app = house.tokens.apps.change(client, **named)
    return JSONResponse({"client_id": app.client_id, "roles": app.roles, "identity": app.identity})


@router.get("/mailboxes/{address}/subscriptions")
async def show_subscriptions(house: Controlled, address: str) -> Response:
    """Who is told of changes in the mailbox, where, and until when."""
    found = subscriptions_of(house.store, mailbox=_named(house, address).id)
    return JSONResponse([{"id": one.id, "app": one.app, **vars(one.wanted)} for one in found])


@router.get("/mailboxes/{address}/notifications")
async def show_deliveries(house: Controlled, address: str) -> Response:
    """What subscribers were told, or were to be told, and what became of it."""
    told = deliveries(house.store, _named(house, address).id)
    return JSONResponse([{**asdict(one), "at": one.at.isoformat()} for one in told])


@router.post("/mailboxes/{address}/subscriptions/{event}")
async def tell_subscribers(house: Controlled, address: str, event: Lifecycle) -> Response:
    """`missed`, `subscriptionRemoved` or `reauthorizationRequired` happens to each subscription."""
    for one in subscriptions_of(house.store, mailbox=_named(house, address).id):
        challenge(house.store, one, event)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.delete("/mailboxes/{address}/subscriptions")
async def forget_subscriptions(house: Controlled, address: str) -> Response:
    """Every subscription of the mailbox ends, and nobody is told."""
    for one in subscriptions_of(house.store, mailbox=_named(house, address).id):
        remove_subscription(house.store, one)
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/mailboxes/{address}/expire-uploads")
async def expire_uploads(house: Controlled, address: str) -> Response:
    """Every upload session of the mailbox is over from now on."""
    void_uploads(house.store, _named(house, address))
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.put("/tokens")
async def set_token_lifetime(house: Controlled, request: Request) -> Response:
    """How long tokens are good from now on: `{"lifetime_seconds": …}`."""
    house.tokens.lifetime_seconds = (await _posted(request, LifetimeIn)).lifetime_seconds
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/tokens/revoke")
async def revoke_tokens(house: Controlled) -> Response:
    """Every token that was given is refused from now on."""
    house.tokens.revoke()
    return Response(status_code=HTTPStatus.NO_CONTENT)


@router.post("/reset")
async def reset(house: Controlled) -> Response:
    """Every mailbox is empty and calm again; delta tokens are void."""
    house.reset()
    return Response(status_code=HTTPStatus.NO_CONTENT)


async def _posted(request: Request, model: type[Model]) -> Model:
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        raise bad_request(str(error), "Invalid") from error


def _named(house: House, address: str) -> Mailbox:
    mailbox = find_mailbox(house.store, address)
    if mailbox is None:
        raise GraphError(HTTPStatus.NOT_FOUND, "NoSuchMailbox", f"There is no mailbox {address}.")
    return mailbox


def _mailbox_json(mailbox: Mailbox) -> dict[str, str]:
    return {"id": mailbox.id, "address": mailbox.address, "name": mailbox.name}


def _sent_json(mail: SentMail) -> dict[str, object]:
    return {
        "sequence": mail.sequence,
        "at": mail.at.isoformat(),
        "recipients": mail.recipients,
        "internetMessageId": mail.internet_message_id,
        "mime": base64.b64encode(mail.raw).decode(),
    }
