"""An office for each test."""

from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.blobs.filesystem import FilesystemBlobs
from shared.storage.secrets import Keys, ThreadKeys
from tests.service.placement.office import Office


@pytest.fixture
async def office(engine_of: Callable[[str], AsyncEngine], home: Path, blobs: FilesystemBlobs) -> Office:
    keys = Keys.load(home, {}).thread()
    older = ThreadKeys({**keys.keys, "0ld": b"a key that signed until last year"})
    made = Office(engine_of("desk"), engine_of("ticketing"), blobs, older)
    await made.open()
    return made
