"""How many mails of an import may be in flight."""

import pytest

from services.ingest.importing import IN_FLIGHT, share


@pytest.mark.parametrize("running", [1, 2, 3, IN_FLIGHT, IN_FLIGHT + 1, 500])
def test_imports_share_what_may_be_in_flight_and_each_has_one_at_least(running: int) -> None:
    assert share(running) >= 1
    assert share(running) * running <= max(IN_FLIGHT, running)


def test_an_import_that_is_alone_has_all() -> None:
    assert share(1) == share(0) == IN_FLIGHT
