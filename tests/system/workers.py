"""Processes of the product that are started, killed as by a power cut, and started again."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

STOP_SECONDS = 40
LAST_WORDS = 4_000


@dataclass
class Worker:
    """One process, again and again; everything it says is in one file."""

    module: str
    environment: Mapping[str, str] = field(repr=False)
    said: Path
    arguments: Sequence[str] = ()
    kills: int = 0
    process: asyncio.subprocess.Process | None = None
    said_before: int = 0
    """Bytes that earlier processes said."""

    async def start(self, crash_at: str = "") -> None:
        """Start it; with a crash point it kills itself there."""
        environment = os.environ | self.environment | {"POSTROOM_CRASH_AT": crash_at}
        with self.said.open("ab") as output:
            self.said_before = output.tell()
            command = (sys.executable, "-m", self.module, *self.arguments)
            self.process = await asyncio.create_subprocess_exec(
                *command, env=environment, stdout=output, stderr=output
            )

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def works(self) -> bool:
        """Say whether it has said that it started."""
        with self.said.open("rb") as words:
            words.seek(self.said_before)
            return b"service.started" in words.read()

    def died(self) -> bool:
        """Say whether a kill ended it.

        Raises:
            AssertionError: it ended in another way.
        """
        assert self.process is not None
        code = self.process.returncode
        if code not in (None, -signal.SIGKILL):
            last = self.said.read_text(errors="replace")[-LAST_WORDS:]
            raise AssertionError(f"{self.module} ended by itself with {code}:\n{last}")
        return code is not None

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> None:
        """Let it end in good order, if it still runs."""
        if self.process is None or self.process.returncode is not None:
            return
        with suppress(ProcessLookupError):
            self.process.terminate()
        await asyncio.wait_for(self.process.wait(), STOP_SECONDS)
