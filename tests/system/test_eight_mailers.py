"""Eight mailers at once write to one address, while Redis forgets and dies: never more than so many in any
window, counted by the provider's own journal; what is beyond is held, and leaves once when it is released."""

import asyncio
import tempfile
from collections import Counter
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import func, select

from sandbox.journal import SentMail
from sandbox.knobs import Knobs
from shared.contracts.sending import ReleaseMail, SendState
from shared.contracts.tickets import Actor
from shared.settings import ProcessSettings
from shared.storage.sending import mails as outgoing
from tests.installation import SUPPORT, TENANT, Installation, environment_of, installed
from tests.system.outcome import OURS
from tests.system.outgoings import body_of, mail_to
from tests.system.redises import MortalRedis, mortal_redis
from tests.system.workers import Worker

pytestmark = pytest.mark.timeout(600)

MAILERS = 8
N = 10
"""Of mail that people write, which is ten times the threshold."""
WINDOW = timedelta(seconds=12)
JOURNAL = timedelta(seconds=1)
"""How finely the journal tells the time: two mails that it shows so far apart may be closer or farther."""
ROUNDS, EACH = 4, 60
ANN = "ann@firm.example"
OTHERS = ("ben@firm.example", "cleo@elsewhere.example")
PATIENCE = 180
RELEASED = 20


async def test_never_more_than_so_many_leave_in_any_window_and_none_is_lost(
    database_url: str, vhost_url: str, home: Path
) -> None:
    async with AsyncExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="postroom-test-"))
        redis = await stack.enter_async_context(mortal_redis(Path(folder)))
        settings = ProcessSettings(
            home=home, database_url=database_url, redis_url=redis.url, broker_url=vhost_url
        )
        installation = await stack.enter_async_context(installed(settings))
        await installation.set_up({"mail_send_threshold": 1, "mail_send_window": int(WINDOW.total_seconds())})
        await installation.add_mailbox()
        # slow answers part the counting from the leaving, and a lost one is looked up later
        installation.sandbox.set_knobs(SUPPORT, Knobs(latency_ms=(0, 400), fail_after=0.1, seed=8))
        environment = environment_of(settings, installation.sandbox)
        for number in range(MAILERS):
            worker = Worker("services.mailer", environment, home / f"mailer{number}.log")
            stack.push_async_callback(worker.stop)
            await worker.start()
        for round_ in range(ROUNDS):
            await _write(installation, round_)
            await _unsettle(redis, round_)
            many = (round_ + 1) * EACH
            await installation.until(partial(_decided, installation, many), "each left or is held", PATIENCE)
            await asyncio.sleep(WINDOW.total_seconds() * 0.7)  # windows slide while mail comes
        await _within_the_threshold(installation)
        await _released_ones_leave_once(installation)


async def _write(installation: Installation, round_: int) -> None:
    """Ask for many mails at once; each fourth one goes to others too."""
    body = await body_of(installation)
    async with installation.house.units("desk").acting(TENANT) as unit:
        for number in range(round_ * EACH, (round_ + 1) * EACH):
            to = (ANN, *OTHERS) if number % 4 == 0 else (ANN,)
            unit.emit(mail_to(installation, number, body, to, written_by="person"))


async def _unsettle(redis: MortalRedis, round_: int) -> None:
    """Let Redis forget in one round and die in the next, while the mailers count."""
    for _ in range(3):
        await asyncio.sleep(0.4)  # at moments that nobody knows
        if round_ % 2:
            await redis.flush()
        else:
            await redis.kill()
            await redis.start_again()


async def _decided(installation: Installation, many: int) -> bool:
    on_the_way = select(func.count()).where(outgoing.c.due_at.is_not(None))
    recorded = select(func.count()).select_from(outgoing)
    waiting = (await installation.rows(on_the_way))[0][0]
    return bool(waiting == 0 and (await installation.rows(recorded))[0][0] == many)


async def _within_the_threshold(installation: Installation) -> None:
    sent = installation.sandbox.sent(SUPPORT)
    for address in (ANN, *OTHERS):
        moments = sorted(mail.at for mail in sent if address in mail.recipients)
        # of N + 1 in a row the last one left a whole window after the first
        for first, beyond in zip(moments, moments[N:], strict=False):
            assert beyond - first >= WINDOW - JOURNAL, f"more than {N} to {address} from {first} on"
    assert len([mail for mail in sent if ANN in mail.recipients]) >= 2 * N, "the window never opened again"
    states = Counter(row.state for row in await installation.rows(select(outgoing.c.state)))
    assert set(states) == {SendState.SENT, SendState.HELD}
    assert states.total() == ROUNDS * EACH, "one was lost"
    assert states[SendState.SENT] == len(sent) == len(_named(sent)), "one left twice"


async def _released_ones_leave_once(installation: Installation) -> None:
    held = select(outgoing.c.id).where(outgoing.c.state == SendState.HELD).limit(RELEASED)
    chosen = {row.id for row in await installation.rows(held)}
    assert len(chosen) == RELEASED
    for mail in chosen:
        await installation.tell(ReleaseMail(tenant=TENANT, outgoing=mail, actor=Actor(name="test")))
    before = len(installation.sandbox.sent(SUPPORT))
    left = select(func.count()).where(outgoing.c.id.in_(chosen), outgoing.c.state == SendState.SENT)

    async def all_left() -> bool:
        return bool((await installation.rows(left))[0][0] == RELEASED)

    await installation.until(all_left, "what was released leaves", PATIENCE)
    sent = installation.sandbox.sent(SUPPORT)
    named = _named(sent[before:])
    assert set(named) == {str(mail) for mail in chosen}
    assert set(_named(sent).values()) == {1}


def _named(sent: Sequence[SentMail]) -> Counter[str]:
    return Counter(found[1].decode() for mail in sent if (found := OURS.search(mail.raw)))
