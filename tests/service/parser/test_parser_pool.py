"""A mail that hangs, exhausts or breaks the parser is given up on; its neighbours never notice."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.parser import limits
from services.parser.worker import TRAPS_VARIABLE, ParserPool, Unreadable
from shared.contracts.mail import ParsingPolicy

pytestmark = pytest.mark.timeout(120)

POLICY = ParsingPolicy()


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[ParserPool]:
    monkeypatch.setenv(TRAPS_VARIABLE, "1")
    monkeypatch.setattr(limits, "BASE_SECONDS", 3.0)
    async with ParserPool(workers=2, memory_bytes=500_000_000) as started:
        yield started


def mail(folder: Path, name: str, *, trap: str = "") -> Path:
    path = folder / f"{name}.eml"
    header = f"X-Postroom-Trap: {trap}\n" if trap else ""
    path.write_text(f"Subject: {name}\n{header}\nhello from {name}\n")
    return path


async def outcome(pool: ParserPool, raw: Path) -> str:
    try:
        parsed = await pool.parse(raw, 100, POLICY)
    except Unreadable as unreadable:
        return unreadable.reason
    return parsed.document.body.reply_text


def children(parent: int) -> list[int]:
    """The processes below `parent`, at any depth."""
    found: list[int] = []
    for entry in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = entry.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == parent and fields[0] != "Z":
            found.append(int(entry.parent.name))
    return found + [pid for child in found for pid in children(child)]


def gone(pids: list[int]) -> None:
    """Wait until none of these processes is alive."""
    while any(_lives(pid) for pid in pids):
        time.sleep(0.05)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(("trap", "reason"), [("hang", "time"), ("memory", "memory"), ("crash", "crash")])
async def test_a_mail_that_traps_the_parser_is_given_up_on(
    pool: ParserPool, tmp_path: Path, trap: str, reason: str
) -> None:
    assert await outcome(pool, mail(tmp_path, "trap", trap=trap)) == reason
    assert await outcome(pool, mail(tmp_path, "next")) == "hello from next"


async def test_neighbours_of_a_hanging_mail_are_parsed_meanwhile(pool: ParserPool, tmp_path: Path) -> None:
    hanging = asyncio.create_task(outcome(pool, mail(tmp_path, "hang", trap="hang")))
    neighbours = [outcome(pool, mail(tmp_path, f"n{number}")) for number in range(20)]
    assert await asyncio.gather(*neighbours) == [f"hello from n{number}" for number in range(20)]
    assert not hanging.done()
    assert await hanging == "time"


async def test_many_traps_at_once_harm_nobody(pool: ParserPool, tmp_path: Path) -> None:
    traps = [outcome(pool, mail(tmp_path, f"t{number}", trap="crash")) for number in range(4)]
    others = [outcome(pool, mail(tmp_path, f"o{number}")) for number in range(8)]
    results = await asyncio.gather(*traps, *others)
    assert results == ["crash"] * 4 + [f"hello from o{number}" for number in range(8)]


async def test_children_that_are_killed_while_they_wait_cost_no_mail(
    pool: ParserPool, tmp_path: Path
) -> None:
    """As a system short of memory kills them."""
    before = set(children(os.getpid()))
    for number in range(6):
        assert await outcome(pool, mail(tmp_path, f"m{number}")) == f"hello from m{number}"
        for child in _workers(before):
            os.kill(child, signal.SIGKILL)


async def test_a_mail_that_kills_its_child_at_once_is_told_from_its_neighbours(
    pool: ParserPool, tmp_path: Path
) -> None:
    for number in range(20):
        trapped, other = mail(tmp_path, f"t{number}", trap="crash"), mail(tmp_path, f"o{number}")
        found = tuple(await asyncio.gather(outcome(pool, trapped), outcome(pool, other)))
        assert found == ("crash", f"hello from o{number}")


async def test_the_detail_holds_nothing_of_the_mail(pool: ParserPool, tmp_path: Path) -> None:
    with pytest.raises(Unreadable) as failure:
        await pool.parse(tmp_path / "secret-name.eml", 1, POLICY)
    assert failure.value.reason == "error"
    assert failure.value.detail.startswith("FileNotFoundError at ")
    assert "secret" not in failure.value.detail


async def test_traps_are_nothing_without_the_test_aid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TRAPS_VARIABLE, raising=False)
    async with ParserPool(workers=1) as pool:
        assert await outcome(pool, mail(tmp_path, "trap", trap="crash")) == "hello from trap"


async def test_a_file_comes_back_with_its_bytes(pool: ParserPool, tmp_path: Path) -> None:
    raw = tmp_path / "file.eml"
    raw.write_bytes(b"Content-Type: image/png; name=a.png\n\n\x89PNG\r\n\x1a\n")
    parsed = await pool.parse(raw, raw.stat().st_size, POLICY)
    (file,) = parsed.document.files
    assert parsed.files[file.sha256] == b"\x89PNG\r\n\x1a\n"


async def test_closing_leaves_no_child_at_work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(TRAPS_VARIABLE, "1")
    before = set(children(os.getpid()))
    pool = ParserPool(workers=2)
    assert await outcome(pool, mail(tmp_path, "one")) == "hello from one"
    hanging = asyncio.create_task(outcome(pool, mail(tmp_path, "hang", trap="hang")))
    await asyncio.sleep(0)
    started = _workers(before)
    assert started
    await asyncio.to_thread(pool.close)
    hanging.cancel()
    await asyncio.to_thread(gone, started)


def _workers(before: set[int]) -> list[int]:
    """The new processes; the tracker of multiprocessing is none of ours and ends with this process."""
    return [
        pid for pid in children(os.getpid()) if pid not in before and "resource_tracker" not in _command(pid)
    ]


def _command(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace")


PARENT = """
import asyncio, sys
from pathlib import Path
from services.parser.worker import ParserPool
from shared.contracts.mail import ParsingPolicy

async def main():
    pool = ParserPool(workers=2)
    good, hang = Path(sys.argv[1]), Path(sys.argv[2])
    await pool.parse(good, 1, ParsingPolicy())
    hanging = asyncio.create_task(pool.parse(hang, 1, ParsingPolicy()))
    await asyncio.sleep(0)
    print("ready", flush=True)
    await hanging

if __name__ == "__main__":
    asyncio.run(main())
"""


async def test_a_killed_parent_leaves_no_orphan(tmp_path: Path) -> None:
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    good, hang = mail(tmp_path, "good"), mail(tmp_path, "hang", trap="hang")
    parent = subprocess.Popen(  # noqa: ASYNC220, S603 - our own script; the test waits for its first line
        [sys.executable, str(script), str(good), str(hang)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[3],
        env={**os.environ, TRAPS_VARIABLE: "1", "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    try:
        assert parent.stdout
        assert await asyncio.to_thread(parent.stdout.readline) == b"ready\n"
        family = children(parent.pid)
        assert len(family) >= 2  # the children at work
    finally:
        parent.send_signal(signal.SIGKILL)
        await asyncio.to_thread(parent.communicate)
    await asyncio.to_thread(gone, family)
