"""The inbox remembers what was handled for thirty days, and no longer."""

from services.ticketing.sweeping import forget_handled
from shared.messaging.keeping import HANDLED_KEPT
from shared.storage import messages
from tests.service.ticketing.conftest import Counter


async def test_what_was_handled_is_remembered_for_thirty_days(counter: Counter) -> None:
    await counter.opens("First")
    counter.clock.later(days=HANDLED_KEPT.days, minutes=-1)
    await counter.opens("Second")
    second = counter.clock()
    assert await forget_handled(counter.units) == 0
    counter.clock.later(minutes=2)
    assert await forget_handled(counter.units) == 1
    (left,) = await counter.rows(messages.inbox)
    assert left["handled_at"] == second
    assert await forget_handled(counter.units) == 0
