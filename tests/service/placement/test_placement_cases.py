"""Every case of docs/placement.md, from raw mail to the decision."""

import pytest

from tests.service.placement.cases import CASES, Case
from tests.service.placement.office import Office
from tests.service.placement.page import PAGE, written


@pytest.mark.parametrize("case", CASES, ids=[case.what for case in CASES])
async def test_it_is_decided_as_the_page_says(office: Office, case: Case) -> None:
    ticket, placed = await case.story(office)
    assert (placed.outcome, placed.reason) == (case.outcome, case.reason)
    assert (placed.ticket == ticket) is case.same


@pytest.mark.parametrize("case", [case for case in CASES if case.hostile], ids=lambda case: case.what)
async def test_hostile_mail_is_on_no_ticket_but_its_own(office: Office, case: Case) -> None:
    ticket, placed = await case.story(office)
    assert ticket is None or placed.mail not in await office.mails_on(ticket)


def test_the_page_tells_these_cases() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "python -m tests.service.placement.page"
