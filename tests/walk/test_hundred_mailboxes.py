"""A hundred mailboxes, a third broken in eleven ways: each tells its own, no other waits, all recover."""

from datetime import timedelta
from uuid import UUID

import pytest

from sandbox.knobs import Knobs
from tests.walk.letters import letter
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(1200)]

HEALTHY, OF_EACH = 67, 3
MINUTE = timedelta(minutes=1)
PATIENCE_SECONDS = 150
LIMITS = "ApplicationThrottled limit"
"""Graph's word, or our own while it rests."""
BROKEN: dict[str, tuple[Knobs, str, str]] = {
    "policy": (Knobs(auth_denied=True), "failing", "ErrorAccessDenied"),
    "hanging": (Knobs(latency_ms=(3_600_000, 3_600_000)), "failing", "network"),
    "disabled": (Knobs(disabled=True), "failing", "MailboxNotEnabledForRESTAPI"),
    "down": (Knobs(fail_before=1), "failing", "ServiceUnavailable"),
    "throttled": (Knobs(throttle=1, retry_after=600), "behind", LIMITS),
    "throttled without end": (Knobs(throttle=1, retry_after=None), "behind", LIMITS),
}
SET_UP_WRONGLY: dict[str, tuple[dict[str, object], str]] = {
    "secret": ({"secret": "wrong"}, "AADSTS7000215"),
    "app": ({"client": "99999999-0000-0000-0000-000000000000"}, "AADSTS700016"),
    "unknown": ({"known": False}, "ErrorInvalidUser"),
    "folder": ({"folder": "Nowhere"}, "folder_not_found"),
    "provider": ({"provider": "nonsense"}, "unknown_plugin"),
}


async def test_broken_mailboxes_hold_up_no_other(walk: Walk) -> None:
    broken = [
        (await walk.mailbox(), knobs, state, code)
        for knobs, state, code in BROKEN.values()
        for _ in range(OF_EACH)
    ]
    for mailbox, knobs, _, _ in broken:
        mailbox.becomes(knobs)
    wrong = [
        (await walk.mailbox(**how), code) for how, code in SET_UP_WRONGLY.values() for _ in range(OF_EACH)
    ]
    healthy = [await walk.mailbox() for _ in range(HEALTHY)]
    arrived = [box.receives(letter(f"To {box.address}", to=box.address)) for box in healthy]
    waiting = [box.receives(letter(f"To {box.address}", to=box.address)) for box, *_ in broken]

    numbers = {await walk.ticket_of(mail) for mail in arrived}
    assert len(numbers) == HEALTHY
    expected = {box.id: (state, code) for box, _, state, code in broken}
    expected |= {box.id: ("failing", code) for box, code in wrong}
    await tells(walk, expected)

    for mailbox, *_ in broken:
        mailbox.becomes(Knobs())
    await all_are_idle(walk, [box for box, *_ in broken])
    assert len({await walk.ticket_of(mail) for mail in waiting} | numbers) == HEALTHY + len(broken)


async def tells(walk: Walk, expected: dict[UUID, tuple[str, str]]) -> None:
    """Wait until the desk tells of each mailbox what is wrong with it; of all others that all is well."""

    async def so() -> bool:
        return all(is_told(row, expected.get(UUID(row["id"]))) for row in await walk.listed("/mailboxes"))

    await walk.installation.until(so, "each tells its own", PATIENCE_SECONDS)


def is_told(row: Json, expected: tuple[str, str] | None) -> bool:
    if expected is None:
        return row["state"] in {"idle", "fetching"} and row["error_code"] is None
    return row["state"] == expected[0] and row["error_code"] in expected[1].split()


async def all_are_idle(walk: Walk, mailboxes: list[Mailbox]) -> None:
    ids = {str(mailbox.id) for mailbox in mailboxes}

    async def so() -> bool:
        rows = await walk.listed("/mailboxes")
        if all(row["state"] in {"idle", "fetching"} for row in rows if row["id"] in ids):
            return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(so, "all have recovered", PATIENCE_SECONDS)
