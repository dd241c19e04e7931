"""Mail in any order makes the same tickets as in the order in which it was written."""

import random
from collections import defaultdict
from uuid import UUID

import pytest

from tests.service.placement.office import Office, Placed
from tests.service.placement.threads import thread
from tests.walk.letters import letter

THREADS = 12


@pytest.mark.parametrize("seed", range(4))
async def test_threads_fall_into_the_same_tickets_whatever_came_first(office: Office, seed: int) -> None:
    rng = random.Random(seed)  # noqa: S311 - no secret
    threads = [thread(rng, number, await our_answer(office, number)) for number in range(THREADS)]
    mails = [(one.key, name, raw) for one in threads for name, raw in one.mails.items()]
    mails += rng.sample(mails, len(mails) // 5)
    rng.shuffle(mails)
    office.later(hours=3)
    seen: dict[str, Placed] = {}
    for _, name, raw in mails:
        placed = await office.receives(raw)
        assert (placed.outcome == "duplicate") is (name in seen)
        seen.setdefault(name, placed)
    groups: dict[UUID | None, set[str]] = defaultdict(set)
    for name, placed in seen.items():
        groups[await office.ticket_of(placed.mail)].add(name)
    assert sorted(map(sorted, groups.values())) == sorted(sorted(one.mails) for one in threads)


async def our_answer(office: Office, number: int) -> str | None:
    """Every third thread begins with a mail of ours, on a ticket that is there."""
    if number % 3:
        return None
    ann = f"ann@firm{number}.example"
    placed = await office.receives(letter(f"Lift {number} is stuck", sender=ann))
    assert placed.ticket is not None
    return await office.answers(placed.ticket, to=ann)
