"""Send what is due: claim and commit `sending`, act with no transaction open, commit what came of it.

A mail's handle at the provider is committed before the one step that cannot be taken back, so that after
a crash or an unclear answer the provider can be asked what became of it: never twice, never lost.
"""

from dataclasses import dataclass
from datetime import timedelta

import structlog

from services.mailer import recording, repository, suppression
from services.mailer.composing import compose
from services.mailer.delivery import (
    AskPerson,
    DispatchAgain,
    LookLater,
    MarkSent,
    PrepareAgain,
    after_uncertain,
)
from services.mailer.guards import loop_of, windows_of
from services.mailer.handlers import mailer
from services.mailer.loading import Loaded, load
from services.mailer.pacing import keep_pace
from services.mailer.repository import MailRow
from services.mailer.room import room_for, still_has_room
from services.mailer.throttle import Allowed, Held, Throttle
from shared.blobs.store import BlobStore
from shared.connecting import Connections
from shared.contracts.errors import AuthExpired, Permanent, SenderRefused, Throttled, Transient
from shared.contracts.sending import SendState
from shared.failpoints import crash_point
from shared.messaging.unit import Units
from shared.plugins.mailboxes import Gone, MailboxConnection, Sent
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.secrets import ThreadKeys
from shared.storage.sending import mails

log = structlog.get_logger()

AT_ONCE = 8


@dataclass(frozen=True)
class Desk:
    """What one send works with."""

    units: Units
    blobs: BlobStore
    throttle: Throttle
    keys: ThreadKeys


@mailer.each_due(mails, every=timedelta(milliseconds=500), at_once=AT_ONCE)
async def send(claimed: due.Claimed, desk: Desk, connections: Connections) -> None:
    """Send one mail, or find out what became of it; whatever happens, its row says what comes next."""
    begun = await begin(desk.units, claimed)
    if begun is None:
        return
    row, uncertain = begun
    loaded = await load(desk.units, desk.blobs, desk.keys, row)
    if loaded is None:
        await recording.failed(desk.units, claimed, Permanent("its mailbox is not there", code="mailbox"))
        return
    try:
        async with desk.units.watchdog(claimed), connections.to(loaded.mailbox) as connection:
            await _act(desk, connection, claimed, loaded, uncertain=uncertain)
    except TimeoutError:
        await recording.failed(desk.units, claimed, Transient("sending took too long", code="watchdog"))
    except Permanent as error:
        await _refused(desk, claimed, loaded, error)
    except Throttled as error:
        await recording.waits(desk.units, claimed, error)
    except Transient as error:
        await recording.failed(desk.units, claimed, error)


async def begin(units: Units, claimed: due.Claimed) -> tuple[MailRow, bool] | None:
    """Commit `sending`, unless nobody is left to write to. True: the row was sending already, and how that
    ended is not known."""
    async with in_tenant(units.engine, claimed.tenant) as db:
        row = await due.hold(db, mails, claimed)
        if row is None:
            return None
        uncertain = row.state == SendState.SENDING
        if not uncertain:
            row = await suppression.spare(db, claimed, row, units.clock())
            if row is None:
                return None
            await repository.set_values(db, claimed.id, state=SendState.SENDING)
    crash_point("mailer.claimed")
    return row, uncertain


async def _act(
    desk: Desk, connection: MailboxConnection, claimed: due.Claimed, loaded: Loaded, *, uncertain: bool
) -> None:
    handle = loaded.row.handle
    if uncertain:
        match await _look(desk, connection, loaded):
            case MarkSent(message_id, assumed):
                await _has_left(desk, claimed, loaded, message_id, assumed=assumed)
                return
            case LookLater(at):
                await recording.look_later(desk.units, claimed, at)
                return
            case AskPerson(why):
                await recording.unconfirmed(desk.units, claimed, why)
                return
            case DispatchAgain(found):
                handle = found
            case PrepareAgain():
                handle = None
    if handle is None:
        await keep_pace(desk.units, loaded)
        if not await _has_room(desk, claimed, loaded):
            return
        crash_point("mailer.counted")
        handle = await _prepare(desk, connection, claimed, loaded)
    else:
        await recording.goes_again(desk.units, claimed, loaded.addresses)
    ready = await _still_has_room(desk, claimed, loaded)
    if not (ready and await _leaves(desk, connection, claimed, loaded, handle)):
        return
    crash_point("mailer.dispatched")
    read_back = await _read_back(connection, handle, loaded)
    crash_point("mailer.read_back")
    await _has_left(desk, claimed, loaded, read_back or loaded.row.message_id)


async def _still_has_room(desk: Desk, claimed: due.Claimed, loaded: Loaded) -> bool:
    """Ask once more, right before it leaves. False: it stays ready, and comes again."""
    try:
        await still_has_room(desk.units, desk.throttle, claimed, loaded)
    except Throttled as error:
        await recording.waits(desk.units, claimed, error, unsent=True)
        await desk.throttle.stays(claimed.id, windows_of(loaded.sending), tenant=claimed.tenant)
        return False
    crash_point("mailer.counted_again")
    return True


async def _has_left(
    desk: Desk, claimed: due.Claimed, loaded: Loaded, message_id: str, *, assumed: bool = False
) -> None:
    await recording.sent(desk.units, claimed, loaded, message_id, assumed=assumed)
    windows = windows_of(loaded.sending)
    await desk.throttle.left(claimed.id, windows, tenant=claimed.tenant, at=desk.units.clock())


async def _leaves(
    desk: Desk, connection: MailboxConnection, claimed: due.Claimed, loaded: Loaded, handle: str
) -> bool:
    """Let the prepared mail go. False: it was refused for good, which is recorded."""
    try:
        await connection.dispatch(handle)
    except Gone as error:
        raise Transient("what was prepared is gone: it may have left", code=error.code) from error
    except AuthExpired:
        raise
    except Permanent as error:
        await _refused(desk, claimed, loaded, error, unsent=True)
        # only now: as long as the row names it, a draft that is gone has left
        try:
            await connection.discard(handle)
        except (Transient, Permanent) as left:
            log.warning("draft.left_behind", outgoing=str(claimed.id), code=left.code)
        return False
    return True


async def _refused(
    desk: Desk, claimed: due.Claimed, loaded: Loaded, error: Permanent, *, unsent: bool = False
) -> None:
    """Record a refusal. `unsent`: it is known that nothing has left."""
    if isinstance(error, SenderRefused) and loaded.identity.address != loaded.mailbox.address:
        await recording.not_as_person(desk.units, claimed, error)
        return
    await recording.failed(desk.units, claimed, error, unsent=unsent)


async def _read_back(connection: MailboxConnection, handle: str, loaded: Loaded) -> str | None:
    """Ask how the provider calls the mail that has left; it may have replaced our Message-ID."""
    try:
        found = await connection.find_sent(handle, loaded.key)
    except Permanent as error:
        log.warning("mail.not_read_back", outgoing=str(loaded.row.id), code=error.code)
        return None
    return found.message_id if isinstance(found, Sent) else None


async def _look(
    desk: Desk, connection: MailboxConnection, loaded: Loaded
) -> MarkSent | DispatchAgain | PrepareAgain | LookLater | AskPerson:
    """Ask the provider what became of a mail before doing anything else about it."""
    row = loaded.row
    found = await connection.find_sent(row.handle, loaded.key)
    now = desk.units.clock()
    decision = after_uncertain(
        found,
        handle_recorded=row.handle is not None,
        uncertain_since=row.prepared_at or now,
        now=now,
        message_id=row.message_id,
    )
    log.info("mail.looked_up", outgoing=str(row.id), decision=type(decision).__name__)
    return decision


async def _prepare(desk: Desk, connection: MailboxConnection, claimed: due.Claimed, loaded: Loaded) -> str:
    """Lay the mail ready at the provider, and commit how it is called there."""
    composed = compose(loaded.mail)
    crash_point("mailer.composed")
    handle = await connection.prepare(composed.with_blind, loaded.key)
    crash_point("mailer.prepared")
    await recording.prepared(desk.units, claimed, handle, loaded.identity, loaded.addresses)
    crash_point("mailer.handle_kept")
    return handle


async def _has_room(desk: Desk, claimed: due.Claimed, loaded: Loaded) -> bool:
    """Keep the send threshold and the guards against loops: a mail beyond one is held, not dropped."""
    answer = await room_for(desk.units, desk.throttle, claimed, loaded)
    if isinstance(answer, Held):
        await recording.held(desk.units, claimed, loop_of(loaded.sending, answer.window))
    return isinstance(answer, Allowed)
