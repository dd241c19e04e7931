"""Nothing on the way of a mail waits for a poll: with every pause an hour long it still arrives."""

from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
import pytest_asyncio

from services.ingest.handlers import ingest
from services.mailer.handlers import mailer
from services.ticketing.handlers import ticketing
from services.triggers.handlers import triggers
from shared import runtime
from shared.messaging import lanes
from shared.settings import ProcessSettings
from tests.walk.letters import letter
from tests.walk.walking import Walk, walking

pytestmark = pytest.mark.asyncio(loop_scope="module")

HOUR = timedelta(hours=1)
BY_TIME_ALONE = {"enlist"}
"""A mailbox that is added tells nobody: it is found at the next look."""


@pytest.fixture(scope="module")
def patient() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(runtime, "SAFETY_NET_SECONDS", HOUR.total_seconds())
        patch.setattr(lanes, "LOOK_SECONDS", HOUR.total_seconds())
        for service in (ingest, mailer, ticketing, triggers):
            slow = [
                each if each.name in BY_TIME_ALONE else replace(each, every=HOUR) for each in service.sweeps
            ]
            patch.setattr(service, "sweeps", slow)
            patch.setattr(service, "due", [replace(each, every=HOUR) for each in service.due])
        yield patch


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def slow_walk(settings: ProcessSettings, patient: pytest.MonkeyPatch) -> AsyncIterator[Walk]:
    async with walking(settings, patient.setenv) as made:
        yield made


async def test_a_mail_goes_all_the_way_by_being_called(slow_walk: Walk) -> None:
    await slow_walk.installation.answer_new_tickets()
    mailbox = await slow_walk.mailbox()
    for number, subject in enumerate(("First", "Second", "Third"), start=1):
        await slow_walk.ticket_of(mailbox.receives(letter(subject)))
        await slow_walk.left(mailbox, number)
