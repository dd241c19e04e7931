"""Commit what came of an attempt to send: prepared, sent, held, later, failed."""

from datetime import datetime, timedelta

import structlog

from services.mailer import incidents, repository
from services.mailer.delivery import Failure, GiveUp, Later, after_failure
from services.mailer.guards import Loop
from services.mailer.identity import Identity
from services.mailer.loading import Loaded
from services.mailer.repository import MailRow, addresses_of
from shared.contracts.errors import AuthExpired, Permanent, Throttled, Transient
from shared.contracts.mail import Address
from shared.contracts.notices import NoticeSent
from shared.contracts.sending import UNCONFIRMED, MailFailed, MailSent, SendState
from shared.messaging.unit import Unit, Units
from shared.observability.metrics import outgoing_outcomes
from shared.storage import due
from shared.storage.sending import mails

log = structlog.get_logger()

LOOK_AFTER = timedelta(seconds=2)
"""How soon the provider is asked about a mail whose dispatch had no clear answer."""


async def prepared(
    units: Units, claimed: due.Claimed, handle: str, identity: Identity, addresses: tuple[str, ...]
) -> None:
    """Commit the handle before the step that cannot be taken back; the row stays claimed."""
    async with units.sweeping(claimed, mails) as (unit, row):
        sender = {"address": identity.address, "name": identity.name, "reason": identity.reason}
        await repository.set_values(
            unit.db,
            row.id,
            handle=handle,
            prepared_at=unit.now,
            sent_from=sender,
            mailbox=identity.mailbox_id,
        )
        await repository.count(unit.db, row, addresses, claimed.until)


async def goes_again(units: Units, claimed: due.Claimed, addresses: tuple[str, ...]) -> None:
    """Commit that a mail that is ready since an earlier attempt is on its way again."""
    async with units.sweeping(claimed, mails) as (unit, row):
        await repository.count(unit.db, row, addresses, claimed.until)


async def sent(
    units: Units, claimed: due.Claimed, loaded: Loaded, message_id: str, *, assumed: bool = False
) -> None:
    """Record that it left. `assumed`: its draft is gone, but its copy was not seen."""
    text = "its draft is gone, its copy was not seen" if assumed else ""
    async with units.sweeping(claimed, mails) as (unit, row):
        await repository.note_attempt(unit.db, row, "sent", unit.now, text=text)
        await repository.count_as_left(unit.db, row.id, unit.now)
        await due.finish(
            unit.db,
            mails,
            claimed,
            due_at=None,
            state=SendState.SENT,
            sent_at=unit.now,
            message_id=message_id,
            reason=None,
            code=None,
        )
        if told := _left(unit, row, loaded.identity, message_id):
            unit.emit(told)
    outgoing_outcomes.labels("sent").inc()
    log.info("mail.sent", outgoing=str(claimed.id))


async def held(units: Units, claimed: due.Claimed, loop: Loop) -> None:
    """Hold a mail beyond a budget, for a person to release or discard; the first one opens an incident."""
    window = loop.window
    async with units.sweeping(claimed, mails) as (unit, row):
        incident, opened = await incidents.count(unit.db, unit.tenant, row.ticket, loop, unit.now)
        await repository.note_attempt(unit.db, row, "held", unit.now, text=window.reason)
        told = {"reason": window.reason, "incident": incident, "attempts": 0}
        await due.finish(unit.db, mails, claimed, due_at=None, state=SendState.HELD, **told)
        unit.touch(row.ticket)
    outgoing_outcomes.labels("held").inc()
    log.info("mail.held", outgoing=str(claimed.id), incident=str(incident))
    if opened:
        incidents.alert(incident, window)


async def unconfirmed(units: Units, claimed: due.Claimed, why: str) -> None:
    """Nobody can say whether it left: tell so on its ticket. Sent again, it is another mail there."""
    log.warning("mail.unconfirmed", outgoing=str(claimed.id))
    async with units.sweeping(claimed, mails) as (unit, row):
        await repository.note_attempt(unit.db, row, UNCONFIRMED, unit.now, code=UNCONFIRMED, text=why)
        told = {"reason": why, "code": UNCONFIRMED, "handle": None}
        await due.finish(unit.db, mails, claimed, due_at=None, state=SendState.FAILED, **told)
        tell_failure(unit, row, SendState.FAILED, why, code=UNCONFIRMED)
    _alert(claimed, UNCONFIRMED)


async def look_later(units: Units, claimed: due.Claimed, at: datetime) -> None:
    async with units.sweeping(claimed, mails) as (unit, _):
        await due.finish(unit.db, mails, claimed, due_at=at)


async def not_as_person(units: Units, claimed: due.Claimed, error: Permanent) -> None:
    """The provider refused the person's address, so nothing left: again at once, from the mailbox's own."""
    async with units.sweeping(claimed, mails) as (unit, row):
        await repository.note_attempt(unit.db, row, "refused", unit.now, code=error.code, text=error.detail)
        told = {"code": error.code, "handle": None, "prepared_at": None, "as_mailbox": True}
        await due.finish(unit.db, mails, claimed, due_at=unit.now, state=SendState.QUEUED, **told)
        unit.wake()


async def waits(units: Units, claimed: due.Claimed, error: Throttled, *, unsent: bool = False) -> None:
    """A limit is reached: come again when there is room. No attempt is used up. `unsent`: what was prepared
    has not left."""
    code = error.code or type(error).__name__
    log.info("mail.waits", outgoing=str(claimed.id), code=code)
    async with units.sweeping(claimed, mails) as (unit, row):
        if row.code != code:
            await repository.note_attempt(unit.db, row, "waits", unit.now, code=code, text=error.detail)
        if unsent:
            await repository.uncount(unit.db, row.id)
        at = unit.now + max(LOOK_AFTER, error.retry_after or LOOK_AFTER)
        told = {"reason": error.reason, "code": code, "attempts": claimed.attempts - 1}
        # with a handle it may have left: the state stays `sending`, and the next claim looks first
        state = SendState.QUEUED if unsent or row.handle is None else SendState.SENDING
        await due.finish(unit.db, mails, claimed, due_at=at, state=state, **told)


async def failed(
    units: Units, claimed: due.Claimed, error: Transient | Permanent, *, unsent: bool = False
) -> None:
    """Try later, look what became of it, or give up visibly. `unsent`: what was prepared has not left, and is
    thrown away."""
    code = error.code or type(error).__name__
    log.warning("mail.not_sent", outgoing=str(claimed.id), code=code, attempts=claimed.attempts)
    async with units.sweeping(claimed, mails) as (unit, row):
        await repository.note_attempt(unit.db, row, "failed", unit.now, code=code, text=error.detail)
        asked = error.retry_after if isinstance(error, Transient) else None
        # claims count processes that died, and failures those before somebody released the mail
        attempts = min(claimed.attempts, await repository.failures(unit.db, row.id))
        next_step = after_failure(attempts, _kind(error), asked, unit.now)
        told = {"reason": error.reason, "code": code}
        match next_step:
            case Later(at) if row.handle is None:
                await due.finish(unit.db, mails, claimed, due_at=at, state=SendState.QUEUED, **told)
            case Later(at):
                # it may have left: the state stays `sending`, and the next claim looks first
                soon = unit.now + max(LOOK_AFTER, asked or LOOK_AFTER) if attempts == 1 else at
                await due.finish(unit.db, mails, claimed, due_at=soon, **told)
            case GiveUp():
                if unsent:
                    await repository.uncount(unit.db, row.id)
                kept = {"handle": None if unsent else row.handle}
                await due.finish(unit.db, mails, claimed, due_at=None, state=SendState.FAILED, **kept, **told)
                tell_failure(unit, row, SendState.FAILED, error.reason, code=code)
    if isinstance(next_step, GiveUp):
        _alert(claimed, code)


def _alert(claimed: due.Claimed, code: str) -> None:
    """A person must act: the mail did not leave, or nobody knows whether it has."""
    outgoing_outcomes.labels("failed").inc()
    log.error("mail.failed", outgoing=str(claimed.id), code=code, attempts=claimed.attempts)


def _left(unit: Unit, row: MailRow, identity: Identity, message_id: str) -> MailSent | NoticeSent | None:
    """Say what tickets must know of a mail that left; of a notice nothing, when answers name our own id."""
    if row.ticket is not None:
        return MailSent(
            tenant=unit.tenant,
            outgoing=row.id,
            ticket=row.ticket,
            message_id=message_id,
            sent_from=Address(address=identity.address, name=identity.name),
            sent_at=unit.now,
        )
    if message_id == row.message_id:
        return None
    return NoticeSent(tenant=unit.tenant, message_id=message_id, leads_to=row.leads_to)


def tell_failure(unit: Unit, row: MailRow, state: SendState, reason: str, *, code: str | None = None) -> None:
    """Let its ticket tell; a notice has none, and stands among what was not delivered."""
    if row.ticket is None:
        return
    unit.emit(
        MailFailed(
            tenant=unit.tenant,
            outgoing=row.id,
            ticket=row.ticket,
            state=state,
            reason=reason,
            code=code,
            recipients=addresses_of(row, "to"),
        )
    )


def _kind(error: Transient | Permanent) -> Failure:
    match error:
        case Transient():
            return Failure.TRANSIENT
        case AuthExpired():
            return Failure.AUTH
        case _:
            return Failure.PERMANENT
