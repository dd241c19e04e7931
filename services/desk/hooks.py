"""Where providers tell of new mail. Whoever asks is a stranger, who learns nothing from the answer."""

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from uuid import uuid5

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.queries.subscriptions import Subscribed, subscribed
from shared.blobs.store import TENANT
from shared.contracts.errors import Permanent
from shared.contracts.waking import News, WakeMailbox
from shared.observability.metrics import notifications
from shared.plugins.loading import plugins
from shared.plugins.notifying import Notice, Notifying

log = structlog.get_logger()
router = APIRouter(prefix="/hooks", include_in_schema=False)

LARGEST = 500_000
"""Bytes that one request may tell."""


@router.post("/{provider}/{tenant}")
async def hear(desk: TheDesk, request: Request, provider: str, tenant: str) -> Response:
    """Note that a mailbox is to be listed, and say no more than that it was heard."""
    notifying = plugins("postroom.mailboxes").get(provider)
    if desk.public_url is None or not isinstance(notifying, Notifying):
        raise NotHere(gettext("Nothing is told here."))
    greeting = notifying.greeting(request.query_params)
    if greeting is not None:
        return PlainTextResponse(greeting)
    body = await _body(request)
    if body is None:
        return Response(status_code=413)
    try:
        notices = notifying.notices(body)
    except Permanent:
        notices = ()
    believed = await _heard(desk, tenant, notices) if TENANT.fullmatch(tenant) else 0
    rejected = max(len(notices), 1) - believed
    notifications.labels(provider, "believed").inc(believed)
    notifications.labels(provider, "rejected").inc(rejected)
    log.info("notifications.heard", provider=provider, believed=believed, rejected=rejected)
    return Response(status_code=202)


async def _body(request: Request) -> bytes | None:
    """Read the body; None when it is larger than any provider's."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            return None
    return bytes(body)


async def _heard(desk: Desk, tenant: str, notices: Iterable[Notice]) -> int:
    """Enter the commands that follow from notices which prove themselves; return how many those were."""
    by_id = {one.subscription for one in notices}
    if not by_id:
        return 0
    async with desk.reading_all(tenant) as reading:
        known = await subscribed(reading, by_id)
    proven = [(known[one.subscription], one.news) for one in notices if _is_proven(one, known)]
    commands = {command.id: command for command in _commands(desk, tenant, proven)}
    if commands:
        async with desk.units.acting(tenant) as unit:
            for command in commands.values():
                unit.emit(command)
    return len(proven)


def _is_proven(notice: Notice, known: dict[str, Subscribed]) -> bool:
    """Compare in the same time whether there is such a subscription or not."""
    found = known.get(notice.subscription)
    given = hashlib.sha256(notice.proof.encode()).hexdigest()
    return hmac.compare_digest(given, found.digest if found else "") and found is not None


def _commands(desk: Desk, tenant: str, proven: Iterable[tuple[Subscribed, News]]) -> Iterator[WakeMailbox]:
    """One for each mailbox and kind of news: the same one, by its id, until ingest has heard it."""
    for found, told in proven:
        news = News.CHANGED if told is News.MISSED else told
        if news is News.CHANGED and found.is_about_to_be_listed(desk.clock()):
            continue
        yield WakeMailbox(
            id=uuid5(found.mailbox, f"{news}/{found.provider_id}/{found.wakes}"),
            tenant=tenant,
            mailbox=found.mailbox,
            news=news,
            subscription=found.provider_id,
        )
