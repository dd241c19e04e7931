"""The private PostgreSQL of a home."""

import asyncio
import os
import pwd
import signal
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from shared.storage.accounts import MAJOR, PACKAGE, Account, copy_programs, folder_of
from shared.storage.embedded import EmbeddedPostgres, OtherMajorVersion, PlaceLost

START_AND_DIE = """
import asyncio, os, signal, sys
from pathlib import Path
from uuid import uuid4
from shared.storage.embedded import EmbeddedPostgres
asyncio.run(EmbeddedPostgres(Path(sys.argv[1])).start())
os.kill(os.getpid(), signal.SIGKILL)
"""

MAKE_A_USER = """
import sys
from shared.storage.accounts import system_user
sys.stdin.readline()
print(system_user(sys.argv[1]).pw_uid)
"""


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Closed to others, as a home is."""
    house = tmp_path / "home"
    house.mkdir(mode=0o700)
    return house


@pytest.fixture
async def server(house: Path) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(house)
    yield server
    await server.remove()


async def ask(url: str, query: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(query)
    finally:
        await connection.close()


def place_of(house: Path) -> Path:
    record = house / "postgres.place"
    return Path(record.read_text().strip()) if record.exists() else house / "postgres"


def pid_of(house: Path) -> int:
    return int((place_of(house) / "data" / "postmaster.pid").read_text().splitlines()[0])


def modes_above(path: Path) -> dict[Path, tuple[int, int]]:
    return {parent: (parent.stat().st_mode, parent.stat().st_uid) for parent in path.parents}


async def test_it_is_durable_private_and_speaks_utf8(server: EmbeddedPostgres, house: Path) -> None:
    url = await server.start()
    assert await ask(url, "SELECT current_database()") == "postroom"
    for setting, value in {
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "",
        "server_encoding": "UTF8",
        "TimeZone": "UTC",
    }.items():
        assert await ask(url, f"SHOW {setting}") == value, setting
    assert await ask(url, "SELECT lower('ÄÖÜ')") == "äöü"
    assert await ask(url, "SELECT datlocale FROM pg_database WHERE datname = 'postroom'") == "C.UTF-8"
    for folder in ("", "data", "run"):
        assert (place_of(house) / folder).stat().st_mode & 0o777 == 0o700


async def test_the_modes_of_no_folder_above_are_changed(server: EmbeddedPostgres, house: Path) -> None:
    watched = [house / "postgres", folder_of(PACKAGE) / "bin", Path("/var/lib/postroom-embedded")]
    before = {path: modes_above(path) for path in watched}
    await server.start()
    assert {path: modes_above(path) for path in watched} == before


async def test_the_last_to_leave_stops_it(server: EmbeddedPostgres, house: Path) -> None:
    other = EmbeddedPostgres(house)
    urls = await asyncio.gather(server.start(), other.start())
    assert urls[0] == urls[1]
    await server.stop()
    assert await ask(urls[1], "SELECT 1") == 1
    await other.stop()
    with pytest.raises(OSError, match=r"No such file|refused"):
        await ask(urls[1], "SELECT 1")
    assert await ask(await server.start(), "SELECT 1") == 1


async def test_a_server_of_a_killed_process_is_found_again(server: EmbeddedPostgres, house: Path) -> None:
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", START_AND_DIE, str(house))
    assert await process.wait() == -signal.SIGKILL
    left = pid_of(house)
    url = await server.start()
    assert await ask(url, "SELECT 1") == 1
    assert pid_of(house) == left
    await server.stop()
    with pytest.raises(OSError, match=r"No such file|refused"):
        await ask(url, "SELECT 1")


async def test_a_killed_server_is_started_again_with_its_data(server: EmbeddedPostgres, house: Path) -> None:
    url = await server.start()
    await ask(url, "CREATE TABLE kept AS SELECT 42 AS answer")
    killed = pid_of(house)
    os.kill(killed, signal.SIGKILL)
    again = EmbeddedPostgres(house)
    assert await ask(await again.start(), "SELECT answer FROM kept") == 42
    assert pid_of(house) != killed
    await again.stop()


async def test_half_a_data_folder_is_made_anew(server: EmbeddedPostgres, house: Path) -> None:
    await server.start()
    await server.stop()
    place = place_of(house)
    (place / "data").rename(place / "data.new")
    assert await ask(await server.start(), "SELECT 1") == 1


async def test_another_major_version_is_refused(server: EmbeddedPostgres, house: Path) -> None:
    data = house / "postgres" / "data"
    data.mkdir(parents=True)
    (data / "PG_VERSION").write_text("13\n")
    with pytest.raises(OtherMajorVersion, match=rf"made by PostgreSQL 13 and this is {MAJOR}"):
        await server.start()


async def test_a_database_that_is_gone_is_not_replaced_by_an_empty_one(house: Path, tmp_path: Path) -> None:
    record = house / "postgres.place"
    record.write_text(str(tmp_path / "gone"))
    with pytest.raises(PlaceLost, match="gone"):
        await EmbeddedPostgres(house).start()


@pytest.fixture
def long_house() -> Iterator[Path]:
    """A path too long for a socket, in folders that the system user may pass through."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o711)
        house = Path(name) / ("long-" * 20) / "home"
        house.mkdir(parents=True)
        yield house


async def test_a_long_path_gets_its_socket_elsewhere(long_house: Path) -> None:
    server = EmbeddedPostgres(long_house)
    url = await server.start()
    assert await ask(url, "SELECT 1") == 1
    assert str(long_house) not in url
    assert place_of(long_house) == long_house / "postgres"
    await server.remove()


def test_programs_run_from_a_copy(tmp_path: Path) -> None:
    copy_programs(folder_of(PACKAGE), tmp_path / "copy")
    initdb = tmp_path / "copy" / PACKAGE / f"pginstall{MAJOR}" / "bin" / "initdb"
    made = Account().run([str(initdb), "--version"])
    assert made.returncode == 0, made.stdout
    assert f"PostgreSQL) {MAJOR}." in made.stdout


@pytest.mark.skipif(os.geteuid() != 0, reason="only root makes users")
def test_processes_that_start_at_once_for_the_first_time_run_as_the_same_user() -> None:
    name = f"postroom-{uuid4().hex[:12]}"
    command = [sys.executable, "-c", MAKE_A_USER, name]
    starting = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # noqa: S603 - ourselves
        for _ in range(6)
    ]
    try:
        for process in starting:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        told = [process.communicate()[0].strip() for process in starting]
        assert set(told) == {str(pwd.getpwnam(name).pw_uid)}
    finally:
        subprocess.run(["userdel", name], check=True)  # noqa: S603, S607 - the system's own program
