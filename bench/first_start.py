"""The first start of a mailbox with much old mail: how long it takes, and new mail meanwhile.

`python bench/first_start.py --broker amqp://… [--old N] [--wanted N]`: one process a service. `--wanted` is
how many of the old mails people want as tickets. New mail arrives all along, one at a time. It ends with an
account: every mail of the mailbox is a ticket of its own, or left with its reason.
"""

import argparse
import asyncio
import statistics
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from sqlalchemy import Integer, Select, func, select, update

from postroom.demo.feeding import SUPPORT, TENANT, install, scan_now
from postroom.demo.stage import Stage, staged
from sandbox.filling import OldMail
from shared.observability.logging import set_up_logging
from shared.settings import ProcessSettings
from shared.storage.config import mailboxes
from shared.storage.engine import in_tenant
from shared.storage.ingest import cursors, imports, mails
from shared.storage.tickets import placements

FIRST, LAST = datetime(2020, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
LOOK_SECONDS = 0.2
console = Console()


@dataclass
class Seen:
    """What a run saw."""

    listed_seconds: float = 0
    seconds: float = 0
    new_mail_seconds: list[float] = field(default_factory=list)
    memory: list[int] = field(default_factory=list)
    """Megabytes that ingest had, again and again."""


async def measure(settings: ProcessSettings, old: OldMail, wanted: int) -> Seen:
    async with staged(settings) as stage:
        stage.sandbox.add_mailbox(SUPPORT, "Support")
        await asyncio.to_thread(stage.sandbox.fill, SUPPORT, old)
        await install(stage)
        async with in_tenant(stage.house.engine("desk"), TENANT) as db:
            since = {"backfill": "since", "backfill_since": old.received(old.count - wanted)}
            await db.execute(update(mailboxes).values(since if wanted else {"backfill": "ignore"}))
        seen, begun = Seen(), time.perf_counter()
        while not await _at_its_end(stage, wanted):
            stage.check()
            await _new_mail(stage, seen)
            seen.memory.append(_memory(stage.processes[0].pid))
            if not seen.listed_seconds and await _number(stage, _LISTED):
                seen.listed_seconds = time.perf_counter() - begun
        seen.seconds = time.perf_counter() - begun
        await _account(stage, old.count, wanted, len(seen.new_mail_seconds))
        return seen


_LISTED = select(func.sum(cursors.c.first_round_done.cast(Integer)))


async def _new_mail(stage: Stage, seen: Seen) -> None:
    """Let a mail arrive and wait for its ticket."""
    begun = time.perf_counter()
    arrived = stage.sandbox.deliver(SUPPORT, _letter(len(seen.new_mail_seconds)))
    mine = select(mails.c.id).where(mails.c.provider_id == arrived)
    ticket = select(func.count()).select_from(placements).where(placements.c.mail.in_(mine))
    while not await _number(stage, ticket):
        await scan_now(stage)
        await asyncio.sleep(LOOK_SECONDS)
    seen.new_mail_seconds.append(time.perf_counter() - begun)


def _letter(number: int) -> bytes:
    who = f"customer-{number}@firm.example"
    head = f"From: {who}\r\nTo: {SUPPORT}\r\nSubject: New {number}\r\nMessage-ID: <new-{number}@firm.example>"
    return f"{head}\r\n\r\nIt stopped again. What can we do?\r\n".encode()


async def _at_its_end(stage: Stage, wanted: int) -> bool:
    listed = await _number(stage, _LISTED)
    running = select(func.count()).select_from(imports).where(imports.c.due_at.is_not(None))
    done = select(func.count()).select_from(mails).where(mails.c.there_before, mails.c.state == "settled")
    return bool(listed) and not await _number(stage, running) and await _number(stage, done) == wanted


async def _account(stage: Stage, there: int, wanted: int, new: int) -> None:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        states = select(mails.c.state, mails.c.there_before, func.count()).group_by(
            mails.c.state, mails.c.there_before
        )
        found = Counter({(state, old): count for state, old, count in await db.execute(states)})
        places = select(func.count(), func.count(placements.c.ticket.distinct())).select_from(placements)
        placed, of_their_own = (await db.execute(places)).one()
    assert found[("ignored", True)] == there - wanted, found
    assert placed == of_their_own == wanted + new, (placed, of_their_own)


# Any: one number, or nothing
async def _number(stage: Stage, query: Select[Any]) -> int:
    async with in_tenant(stage.house.engine("desk"), TENANT) as db:
        return int((await db.execute(query)).scalar_one() or 0)


def _memory(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) // 1024 for line in lines if line.startswith("VmRSS:"))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--old", type=int, default=50_000)
    parser.add_argument("--wanted", type=int, default=12_000)
    parser.add_argument("--broker", required=True)
    asked = parser.parse_args()
    set_up_logging("error", "console")
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        settings = ProcessSettings(
            home=Path(folder) / "home", transport="rabbit", broker_url=asked.broker, log_level="error"
        )
        seen = asyncio.run(measure(settings, OldMail(asked.old, FIRST, LAST), asked.wanted))
    waits = sorted(seen.new_mail_seconds)
    tenth = max(1, len(seen.memory) // 10)
    console.print(f"{asked.old} old mails, {asked.wanted} wanted: every one accounted for")
    console.print(
        f"listed in {seen.listed_seconds:.0f} s, {asked.old / seen.listed_seconds:.0f} mails a second"
    )
    console.print(f"all done in {seen.seconds:.0f} s, {asked.wanted / seen.seconds:.1f} tickets a second")
    console.print(
        f"new mail: {len(waits)}, median {statistics.median(waits):.1f} s, slowest {waits[-1]:.1f} s"
    )
    first, last = statistics.mean(seen.memory[:tenth]), statistics.mean(seen.memory[-tenth:])
    console.print(f"memory of ingest: {first:.0f} MB at the beginning, {last:.0f} MB at the end")


if __name__ == "__main__":
    main()
