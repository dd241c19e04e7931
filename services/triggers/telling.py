"""Notices on their way: laid down with their event, gathered when a person is due, one mail for all."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid5

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from services.triggers import noticerows
from services.triggers.gathering import Gathered, Wishes, gather
from services.triggers.handlers import triggers
from services.triggers.lookups import clock_of
from services.triggers.noticewords import Worded, worded
from services.triggers.noticing import LONG_AGO, Person, apart
from shared.blobs.store import BlobStore
from shared.contracts.mail import Address
from shared.contracts.notices import SendNotice
from shared.contracts.sending import Draft
from shared.messaging.unit import Units
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.notices import choices_of
from shared.storage.options import options_of
from shared.storage.triggers import notified

log = structlog.get_logger()

EVERY, AT_ONCE = timedelta(seconds=2), 4


@dataclass(frozen=True)
class Links:
    """Where people reach the desk; None: nobody has said."""

    desk: str | None


@triggers.each_due(notified, every=EVERY, at_once=AT_ONCE)
async def tell(claimed: due.Claimed, units: Units, blobs: BlobStore, links: Links) -> None:
    """Send one person what they are to be told now. The words are kept before the unit that names them; what
    is laid down meanwhile comes next time.

    Raises:
        LeaseLost: some of it was forgotten meanwhile; it begins anew.
    """
    async with in_tenant(units.engine, claimed.tenant) as db:
        told_at = await noticerows.last_told(db, claimed.id)
        person, ready = await _gathered(db, claimed, told_at, units.clock())
    said = worded(ready.goes, links.desk) if ready.goes else None
    body = await blobs.put(claimed.tenant, _draft(said)) if said else ""
    async with units.sweeping(claimed, notified) as (unit, _):
        if said is not None and person is not None:
            effect = _effect(claimed.id, [one.id for one in ready.goes])
            if await noticerows.end(unit, [one.id for one in ready.goes], "sent", effect) < len(ready.goes):
                raise due.LeaseLost("a notice was forgotten while its mail was written")
            unit.emit(_command(claimed.tenant, person, said, effect, body))
            told_at = unit.now
        _, left = await _gathered(unit.db, claimed, told_at, unit.now)
        await noticerows.end(unit, [one.id for one in left.moot], "moot")
        await noticerows.forget_old(unit, claimed.id)
        again = unit.now if left.goes else left.next_at
        await due.finish(unit.db, notified, claimed, due_at=again, told_at=told_at, attempts=0)
    log.info("notices.told", user=str(claimed.id), many=len(ready.goes))


async def _gathered(
    db: AsyncConnection, claimed: due.Claimed, told_at: datetime | None, now: datetime
) -> tuple[Person | None, Gathered]:
    tenant, user = claimed.tenant, claimed.id
    options = await options_of(db, tenant)
    person = await noticerows.person_named(db, tenant, user)
    not_before = told_at + apart(options) if told_at else LONG_AGO
    wishes = Wishes(await choices_of(db, tenant, user), await clock_of(db, tenant), not_before)
    waiting = await noticerows.waiting_for(db, tenant, user, options.ticket_number_format)
    return person, gather(waiting, person, wishes, now)


def _draft(said: Worded) -> bytes:
    return Draft(text=said.text).model_dump_json().encode()


def _effect(user: UUID, told: Collection[UUID]) -> UUID:
    """The key of a mail: the same for the same notices."""
    return uuid5(user, ",".join(sorted(str(one) for one in told)))


def _command(tenant: str, person: Person, said: Worded, effect: UUID, body: str) -> SendNotice:
    mailboxes = {one.mailbox for one in said.about}
    only = said.about[0].ticket if len(said.about) == 1 else None
    return SendNotice(
        tenant=tenant,
        effect=effect,
        to=Address(address=person.address, name=person.name),
        subject=said.subject,
        body=body,
        tickets=tuple(one.ticket for one in said.about),
        leads_to=only,
        mailbox=next(iter(mailboxes)) if len(mailboxes) == 1 else None,
    )
