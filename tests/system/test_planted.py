"""Mail planted to hang, exhaust or break the parser: put aside with a reason; nobody else notices."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from services.desk.pages.quarantine import REASONS
from shared.settings import ProcessSettings
from tests.installation import SUPPORT
from tests.system.nasty import nasty, ordinary
from tests.system.product import Product, peak_memory, running, watched

MEMORY = 600_000_000
"""What one child of the parser may have here."""

WORKERS = 2
NEIGHBOURS = 40
TRAPS = {"hang": "time", "memory": "memory", "crash": "crash"}
PATIENCE_SECONDS = 240

pytestmark = pytest.mark.timeout(420)


@pytest.fixture(params=["embedded", "rabbit"])
def settings(
    request: pytest.FixtureRequest, database_url: str, redis_url: str, home: Path
) -> ProcessSettings:
    """Of an installation in one process, and of one with a process for each service."""
    broker = request.getfixturevalue("vhost_url") if request.param == "rabbit" else None
    return ProcessSettings(
        home=home,
        database_url=database_url,
        redis_url=redis_url,
        broker_url=broker,
        parser_workers=WORKERS,
        parser_memory=MEMORY,
    )


def environment(settings: ProcessSettings) -> dict[str, str]:
    return {
        "POSTROOM_PARSER_TRAPS": "1",
        "POSTROOM_PARSER_WORKERS": str(settings.parser_workers),
        "POSTROOM_PARSER_MEMORY": str(settings.parser_memory),
    }


async def test_planted_mail_is_quarantined_and_nobody_else_notices(settings: ProcessSettings) -> None:
    half = NEIGHBOURS // 2
    neighbours = [(f"Question {number}", ordinary(number)) for number in range(NEIGHBOURS)]
    planted = {trap: ordinary(NEIGHBOURS, trap) for trap in TRAPS}
    post = dict(
        [
            ("hang", planted["hang"]),
            *neighbours[:half],
            ("memory", planted["memory"]),
            *neighbours[half:],
            ("crash", planted["crash"]),
        ]
    )
    async with running(settings, **environment(settings)) as product:
        before = product.parser.pid
        await product.installation.answer_new_tickets()
        delivered = await go_through(product, post, answers=NEIGHBOURS)
        for trap, reason in TRAPS.items():
            passport = await product.passport(delivered[trap])
            assert (passport["state"], passport["reason"]) == ("quarantined", reason)
            assert REASONS[reason] in await product.page("/quarantine")
        assert set(await product.subjects()) == {name for name, _ in neighbours}
        assert product.parser.pid == before


async def test_no_mail_however_nasty_stops_its_neighbours(settings: ProcessSettings) -> None:
    post: dict[str, bytes] = {}
    for number, (name, raw) in enumerate(nasty().items()):
        post |= {name: raw, f"Question {number}": ordinary(number)}
    async with running(settings, **environment(settings)) as product:
        delivered = await go_through(product, post)
        states = {name: await outcome(product, delivered[name]) for name in post}
        assert states == dict.fromkeys(post, "new")
        for number in (await product.subjects()).values():
            await product.read(f"/tickets/{number}/timeline")
            await product.page(f"/tickets/{number}")


async def go_through(product: Product, post: Mapping[str, bytes], answers: int = 0) -> dict[str, str]:
    """Let mail arrive, and wait until all of it came to rest; meanwhile the desk answers every request
    and the parser stays within its limits. Return the provider's ids by name."""
    sandbox = product.installation.sandbox
    sandbox.add_mailbox(SUPPORT)
    delivered = {name: sandbox.deliver(SUPPORT, raw) for name, raw in post.items()}
    async with watched(product) as watch:
        await product.installation.add_mailbox(known=False)

        async def done() -> bool:
            return await product.at_rest(delivered) and len(sandbox.sent(SUPPORT)) == answers

        await product.installation.until(done, "all is at rest", PATIENCE_SECONDS)
    assert watch.answers > len(TRAPS)
    assert peak_memory(product.parser.pid) < MEMORY
    assert watch.most_memory < MEMORY * (1 + WORKERS)
    return delivered


async def outcome(product: Product, provider_id: str) -> str:
    """Say where a mail went, or why it was put aside."""
    passport = await product.passport(provider_id)
    placed = passport["placement"]
    return str(placed["outcome"] if placed else f"{passport['state']}: {passport['reason']}")
