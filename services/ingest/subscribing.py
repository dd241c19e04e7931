"""Keep a subscription where the provider tells of new mail: it wakes the scan and replaces none."""

import hashlib
import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from services.ingest import repository
from services.ingest import subscriptions as queries
from services.ingest.fetching import counted_attempts
from services.ingest.handlers import ingest
from shared.connecting import Connections, MailboxRow, mailbox_row
from shared.contracts.errors import Permanent, Throttled, Transient
from shared.failpoints import crash_point
from shared.messaging.unit import Units
from shared.plugins.loading import plugins
from shared.plugins.mailboxes import Finding, Gone, Verdict
from shared.plugins.notifying import Notifying, Subscribable, Subscription
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.ingest import subscriptions

log = structlog.get_logger()

AT_ONCE = 4
SECONDS = 60
"""Within which a provider must have said yes or no; it asks us back meanwhile."""
WHILE_FAILING = timedelta(minutes=1)
"""How often we look whether a mailbox that fails works again."""
ANOTHER_AFTER = 3
"""Refused renewals; then another one is made in its place."""
_GIVEN_UP = "given up"
"""Stands for what a subscription was made for that is to be replaced."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(hours=1)
CURE = (
    "New mail is found by looking meanwhile. See that the provider reaches POSTROOM_PUBLIC_URL from the"
    " internet, by HTTPS and without signing in, and that the app may read the mailbox."
)


@dataclass(frozen=True)
class Hooks:
    """Where providers tell of new mail; None: nowhere."""

    public_url: str | None

    def url(self, provider: str, tenant: str) -> str:
        return f"{self.public_url}/hooks/{provider}/{tenant}"

    def stamp(self, mailbox: MailboxRow | None) -> str | None:
        """Name what a subscription is made for; None: there is to be none."""
        wanted = mailbox is not None and mailbox.enabled and mailbox.archived_at is None
        if mailbox is None or not wanted or self.public_url is None or mailbox.provider not in tellers():
            return None
        url = self.url(mailbox.provider, mailbox.tenant)
        facts = (url, mailbox.provider, mailbox.settings, mailbox.address, mailbox.folder)
        return hashlib.sha256(repr(facts).encode()).hexdigest()[:32]


class Next(Enum):
    MAKE = auto()
    RENEW = auto()
    REMOVE = auto()
    WAIT = auto()


@dataclass(frozen=True)
class _Standing:
    claimed: due.Claimed
    row: Row[Any]
    mailbox: MailboxRow | None
    wanted: str | None
    works: bool


def tellers() -> list[str]:
    """Name the providers that tell of new mail."""
    return [name for name, one in plugins("postroom.mailboxes").items() if isinstance(one, Notifying)]


@ingest.every(timedelta(seconds=1))
async def enlist_subscriptions(units: Units, hooks: Hooks) -> int:
    """Begin a row for every mailbox that is to be told of."""
    if hooks.public_url is None:
        return 0
    fresh = await queries.mailboxes_without(units.engine, tellers())
    for mailbox, tenant in fresh:
        async with units.acting(tenant) as unit:
            await queries.begin(unit.db, mailbox, tenant, unit.now)
            unit.wake()
    return len(fresh)


@ingest.each_due(subscriptions, every=timedelta(seconds=1), at_once=AT_ONCE)
async def keep_subscribed(claimed: due.Claimed, units: Units, connections: Connections, hooks: Hooks) -> None:
    """Make, renew or end one subscription. An error is none of the mailbox: it is noted, and tried again."""
    standing = await _load(units, claimed, hooks)
    if standing is None:
        return
    mailbox = standing.mailbox
    try:
        match next_step(standing.row, standing.wanted, works=standing.works):
            case Next.WAIT:
                await _finish(units, claimed, due_at=units.clock() + WHILE_FAILING, attempts=0)
            case Next.MAKE if mailbox is not None:
                await _make(units, connections, standing, mailbox, hooks)
            case Next.RENEW if mailbox is not None:
                await _renew(units, connections, standing, mailbox)
            case _:
                await _remove(units, connections, standing)
    except TimeoutError:
        await _failed(units, standing, Transient("the provider took too long", code="watchdog"))
    except (Transient, Permanent) as error:
        await _failed(units, standing, error)


# Any: a row has the columns of the subscription
def next_step(row: Row[Any], wanted: str | None, *, works: bool) -> Next:
    """Decide what a subscription needs. `works`: its mailbox does not fail."""
    if wanted is None:
        return Next.REMOVE
    if not works:
        return Next.WAIT
    return Next.RENEW if row.provider_id is not None and row.stamp == wanted else Next.MAKE


def renewal_at(mailbox: UUID, now: datetime, expires: datetime) -> datetime:
    """Say when to renew: between half and seven tenths of its life, so that mailboxes spread."""
    return now + (expires - now) * (0.5 + 0.2 * (mailbox.int % 1_000) / 1_000)


def digest_of(proof: str) -> str:
    return hashlib.sha256(proof.encode()).hexdigest()


# Any: as above
def told(row: Row[Any] | None, wanted: str | None) -> Finding:
    """Say how it stands with the news of a mailbox."""
    if wanted is None:
        return Finding("notifications", Verdict.SKIPPED, "none are asked for: new mail is found by looking")
    if row is not None and row.error_code is not None:
        text = f"the provider does not tell of new mail: {row.error_text}"
        return Finding("notifications", Verdict.WARNING, text, CURE, row.error_code)
    if row is None or row.provider_id is None:
        return Finding("notifications", Verdict.SKIPPED, "not subscribed yet: new mail is found by looking")
    until = f"the provider tells of new mail, until {row.expires_at:%Y-%m-%d %H:%M} UTC or renewed before"
    return Finding("notifications", Verdict.OK, until)


async def _load(units: Units, claimed: due.Claimed, hooks: Hooks) -> _Standing | None:
    async with in_tenant(units.engine, claimed.tenant) as db:
        row = await due.hold(db, subscriptions, claimed)
        if row is None:
            return None
        mailbox = await mailbox_row(db, claimed.tenant, claimed.id)
        cursor = await repository.cursor_row(db, claimed.id)
    works = cursor is not None and cursor.error_code is None
    return _Standing(claimed, row, mailbox, hooks.stamp(mailbox), works)


async def _make(
    units: Units, connections: Connections, standing: _Standing, mailbox: MailboxRow, hooks: Hooks
) -> None:
    """Make one, in the place of one that was made for something else; what came in between is listed."""
    proof = secrets.token_urlsafe(32)
    async with units.watchdog(standing.claimed, SECONDS), connections.to(mailbox) as connection:
        assert isinstance(connection, Subscribable)
        if standing.row.provider_id is not None:
            with suppress(Transient, Permanent):
                await connection.unsubscribe(standing.row.provider_id)
        made = await connection.subscribe(hooks.url(mailbox.provider, mailbox.tenant), proof)
    crash_point("ingest.subscribed")
    await _made(units, standing, made, digest=digest_of(proof), stamp=standing.wanted)
    log.info("mailbox.subscribed", mailbox=str(mailbox.id), expires_at=made.expires_at.isoformat())


async def _renew(units: Units, connections: Connections, standing: _Standing, mailbox: MailboxRow) -> None:
    try:
        async with units.watchdog(standing.claimed, SECONDS), connections.to(mailbox) as connection:
            assert isinstance(connection, Subscribable)
            made = await connection.renew(standing.row.provider_id)
    except Gone:
        log.warning("mailbox.subscription_gone", mailbox=str(mailbox.id))
        await _finish(units, standing.claimed, due_at=units.clock(), attempts=0, provider_id=None)
        return
    await _made(units, standing, made)


async def _made(units: Units, standing: _Standing, made: Subscription, **values: object) -> None:
    async with units.sweeping(standing.claimed, subscriptions) as (unit, _):
        await due.finish(
            unit.db,
            subscriptions,
            standing.claimed,
            due_at=renewal_at(standing.claimed.id, unit.now, made.expires_at),
            provider_id=made.id,
            expires_at=made.expires_at,
            attempts=0,
            error_code=None,
            error_text=None,
            **values,
        )
        await queries.wake_mailbox(unit.db, standing.claimed.id, unit.now)
        unit.wake()


async def _remove(units: Units, connections: Connections, standing: _Standing) -> None:
    """End it at the provider, if that can be done; it ends by itself otherwise."""
    if standing.row.provider_id is not None and standing.mailbox is not None:
        with suppress(Transient, Permanent, TimeoutError):
            async with (
                units.watchdog(standing.claimed, SECONDS),
                connections.to(standing.mailbox) as connection,
            ):
                assert isinstance(connection, Subscribable)
                await connection.unsubscribe(standing.row.provider_id)
    async with units.sweeping(standing.claimed, subscriptions) as (unit, _):
        await queries.remove(unit.db, standing.claimed.id)
    log.info("mailbox.unsubscribed", mailbox=str(standing.claimed.id))


async def _failed(units: Units, standing: _Standing, error: Transient | Permanent) -> None:
    claimed, code = standing.claimed, error.code or type(error).__name__
    log.warning("mailbox.not_told_of", mailbox=str(claimed.id), code=code, attempts=claimed.attempts)
    kept = standing.row.provider_id if standing.row.stamp == standing.wanted else None
    gives_up = kept is not None and isinstance(error, Permanent) and claimed.attempts >= ANOTHER_AFTER
    await _finish(
        units,
        claimed,
        due_at=units.clock() + pause_after(error, claimed.attempts),
        attempts=counted_attempts(claimed, error),
        provider_id=kept,
        stamp=_GIVEN_UP if gives_up else standing.wanted,
        error_code=code,
        error_text=error.detail,
    )


def pause_after(error: Transient | Permanent, attempts: int) -> timedelta:
    """Say how long to leave it: there is no hurry, since new mail is found without."""
    doubled: timedelta = min(FIRST_PAUSE * 2 ** min(attempts - 1, 10), LONGEST_PAUSE)
    usual = FIRST_PAUSE if isinstance(error, Throttled) else doubled
    return max(usual, error.retry_after or usual)


async def _finish(units: Units, claimed: due.Claimed, *, due_at: datetime, **values: object) -> None:
    async with units.sweeping(claimed, subscriptions) as (unit, _):
        await due.finish(unit.db, subscriptions, claimed, due_at=due_at, **values)
        if due_at <= unit.now:
            unit.wake()
