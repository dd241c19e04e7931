"""A mailbox that fails for a while is one incident, however often it is tried, and one recovery."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import Row, select
from structlog.testing import capture_logs

from sandbox.knobs import Knobs
from shared.storage.ingest import cursors, incidents
from tests.walk.letters import letter
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

MINUTE = timedelta(minutes=1)


async def incidents_of(walk: Walk, mailbox: UUID) -> list[Row[tuple[object, ...]]]:
    of_mailbox = select(incidents).where(incidents.c.mailbox == mailbox).order_by(incidents.c.began_at)
    return await walk.installation.rows(of_mailbox)


async def fails_often(walk: Walk, mailbox: Mailbox, times: int) -> None:
    """Let time pass until the mailbox was tried in vain so often."""

    async def so() -> bool:
        (cursor,) = await walk.installation.rows(select(cursors).where(cursors.c.id == mailbox.id))
        if cursor.attempts >= times and cursor.lease is None:
            return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(so, f"it failed {times} times")


async def test_one_alert_and_one_recovery_for_each_incident(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    for round_ in (1, 2):
        mailbox.becomes(Knobs(auth_denied=True))
        with capture_logs() as told:
            await fails_often(walk, mailbox, 4)
            found = await incidents_of(walk, mailbox.id)
            assert [(row.code, row.recovered_at is None) for row in found][round_ - 1 :] == [
                ("ErrorAccessDenied", True)
            ]
            mailbox.becomes(Knobs())
            await walk.stands(mailbox, "idle", passing=MINUTE)
        mine = [line["event"] for line in told if line.get("mailbox") == str(mailbox.id)]
        assert mine.count("mailbox.incident") == 1
        assert mine.count("mailbox.recovered") == 1
        assert mine.count("mailbox.failed") >= 4
    assert all(row.recovered_at is not None for row in await incidents_of(walk, mailbox.id))
    await walk.ticket_of(mailbox.receives(letter("All is well")))
    await walk.rest()


@pytest.mark.parametrize("knobs", [Knobs(throttle=1), Knobs(fail_before=1)], ids=["throttled", "short"])
async def test_patience_and_a_short_failure_call_nobody(walk: Walk, knobs: Knobs) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    mailbox.becomes(knobs)
    state = "behind" if knobs.throttle else "failing"

    async def so() -> bool:
        if (await walk.standing(mailbox))["state"] == state:
            return True
        await walk.later(MINUTE)
        return False

    await walk.installation.until(so, f"it is {state}")
    if knobs.throttle:
        await fails_often(walk, mailbox, 4)
    mailbox.becomes(Knobs())
    await walk.stands(mailbox, "idle", passing=MINUTE)
    assert await incidents_of(walk, mailbox.id) == []
    await walk.rest()
