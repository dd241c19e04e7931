"""One installation that runs for all tests of a module; each test has mailboxes of its own."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from shared.settings import ProcessSettings
from tests.walk.stack import told
from tests.walk.walking import Walk, walking


@pytest.fixture(scope="module")
def settings(
    request: pytest.FixtureRequest,
    postgres_url: str,
    template_url: str,
    redis_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[ProcessSettings]:
    """In a module that says `TOLD = True`, Graph reaches the desk and tells of new mail."""
    reached = getattr(request.module, "TOLD", False)
    home = tmp_path_factory.mktemp("home")
    with told(postgres_url, template_url, redis_url, home, reached=reached) as settings:
        yield settings


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def walk(settings: ProcessSettings) -> AsyncIterator[Walk]:
    with pytest.MonkeyPatch.context() as patch:
        async with walking(settings, patch.setenv) as made:
            yield made
