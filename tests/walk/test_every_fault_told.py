"""The same walk where Graph tells of new mail, or should: in every weather of that, nothing depends on it."""

import pytest
import pytest_asyncio

from tests.walk.telling import is_told
from tests.walk.test_every_fault import walks_through
from tests.walk.walking import Walk
from tests.walk.weather import CASES, Case

TOLD = True
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module", autouse=True)
async def trigger(walk: Walk) -> None:
    await walk.installation.answer_new_tickets()


@pytest.mark.parametrize("case", [case for case in CASES if case.told], ids=lambda case: case.name)
async def test_mail_walks_through(walk: Walk, case: Case) -> None:
    async with walk.mailbox_of_its_own() as mailbox:
        if not case.faults:
            await is_told(walk, mailbox)
        await walks_through(walk, mailbox, case)
