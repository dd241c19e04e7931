"""The command `postroom` as a person or cron runs it."""

import asyncio
import os
import sys

LATER, REFUSED = 69, 78


class Shell:
    """Runs the command as a person or cron does."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.environment = environment

    async def run(self, *words: str, says: str = "") -> tuple[int, str]:
        """Return the exit code and all that it said; `says` is its standard input."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", "postroom.cli.app", *words),
            env=os.environ | self.environment,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        said, _ = await process.communicate(says.encode())
        return process.returncode or 0, " ".join(said.decode().split())
