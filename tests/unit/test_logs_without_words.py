"""What a process writes of an exception: its kind and its place, whoever writes it, and none of its words."""

import json
import subprocess
import sys
from textwrap import dedent

import pytest

WORDS = "the words of a mail"
BEGIN = f"""
import asyncio, gc, logging
import structlog
from shared.observability.logging import set_up_logging

def fails():
    raise ValueError("{WORDS}")

async def failing():
    fails()

set_up_logging("info", "json")
"""
A_LIBRARY = """
try:
    try:
        fails()
    except ValueError as error:
        raise KeyError("{WORDS}") from error
except KeyError:
    logging.getLogger("uvicorn.error").exception("Exception in ASGI application\\n")
"""
ASYNCIO = """
async def main():
    task = asyncio.create_task(failing())
    await asyncio.wait([task])
    del task
    gc.collect()
asyncio.run(main())
"""
A_GROUP = """
async def main():
    async with asyncio.TaskGroup() as group:
        group.create_task(failing())
try:
    asyncio.run(main())
except ExceptionGroup as error:
    structlog.get_logger().error("went.wrong", exc_info=error)
"""
OURS = """
try:
    fails()
except ValueError:
    structlog.get_logger().exception("went.wrong")
"""


@pytest.mark.parametrize("said", [A_LIBRARY, ASYNCIO, A_GROUP, OURS])
def test_an_exception_is_told_without_its_words(said: str) -> None:
    lines = written(said)
    assert WORDS not in "".join(lines)
    [line] = lines
    told = json.loads(line)
    assert "ValueError" in told["exception"]
    assert " in fails" in told["exception"]
    assert (told["level"], told["event"].partition(" ")[0]) in {
        ("error", "Exception"),
        ("error", "Task"),
        ("error", "went.wrong"),
    }


def written(script: str) -> list[str]:
    """Run it in a process of its own: logging is set up once for each."""
    code = BEGIN + dedent(script).replace("{WORDS}", WORDS)
    command = [sys.executable, "-c", code]
    ran = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own words
    return ran.stderr.splitlines()
