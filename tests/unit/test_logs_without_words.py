"""What a process writes of an exception: its kind and its place, whoever writes it, and none of its words."""

import json
import subprocess
import sys

import pytest

from postroom.cli.app import FAULT

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


UNCAUGHT = "fails()"
A_COMMAND = """
import sys
from types import ModuleType
import typer
from postroom.cli import app

def add_to(commands):
    commands.command("broken")(fails)

sys.modules["postroom.cli.broken"] = module = ModuleType("postroom.cli.broken")
module.add_to = add_to
app.COMMANDS["broken"] = ("broken",)
sys.argv = ["postroom", "broken"]
app.main()
"""


@pytest.mark.parametrize("script", [A_LIBRARY, ASYNCIO, A_GROUP, OURS, UNCAUGHT])
def test_an_exception_is_told_without_its_words(script: str) -> None:
    _, said = ran(script)
    [line] = said.splitlines()
    told = json.loads(line)
    assert WORDS not in said
    assert "ValueError" in told["exception"]
    assert " in fails" in told["exception"]
    assert told["event"] in {
        "Exception in ASGI application",
        "Task exception was never retrieved",
        "went.wrong",
        "process.failed",
    }


def test_a_command_with_a_fault_says_that_it_is_one() -> None:
    code, said = ran(A_COMMAND)
    assert code == FAULT
    assert said.startswith("postroom: a fault of Postroom; what was begun may not have been done.")
    assert " in fails" in said
    assert WORDS not in said


def ran(script: str) -> tuple[int, str]:
    """Run it in a process of its own, since logging is set up once for each: its end, and what it said."""
    command = [sys.executable, "-c", BEGIN + script.replace("{WORDS}", WORDS)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - our own words
    return done.returncode, done.stderr
