"""What every resource must do. A resource's tests inherit it and say what theirs knows."""

import asyncio
import inspect
from typing import Any

import pytest

from shared.plugins.resources import QUESTIONS, Answer, ResourceTools, checked

ODD = (
    "",
    "nobody@nowhere.invalid",
    "nowhere.invalid",
    "%",
    "' OR 1=1 --@x.invalid",
    "ünï@cödé.invalid",
    "a" * 320 + "@x.invalid",
    "../../etc/passwd@x.invalid",
    "a@b@c.invalid?x=1&y#z",
)


# Any: a resource has one of the methods, or both
async def answer_of(resource: Any, question: str, tools: ResourceTools, asked: str) -> Answer | None:
    """Ask as ticketing does, a coroutine or a plain function; refuse what it would refuse."""
    told = getattr(resource, question)(tools, asked)
    return checked(await told if inspect.isawaitable(told) else told, question)


class ResourceSuite:
    """Inherit it, and give the fixtures `resource`, `tools`, `known` (question to an argument that it knows)
    and `down`: the same resource while its system is away, or None when it has none."""

    def test_it_has_a_question_and_an_example_of_each(self, resource: Any, known: dict[str, str]) -> None:
        questions = {name for name in QUESTIONS if hasattr(resource, name)}
        assert questions
        assert set(known) == questions

    async def test_what_it_knows_is_answered_the_same_each_time(
        self, resource: Any, tools: ResourceTools, known: dict[str, str]
    ) -> None:
        for question, asked in known.items():
            answer = await answer_of(resource, question, tools, asked)
            assert answer is not None
            assert await answer_of(resource, question, tools, asked) == answer
            assert await answer_of(resource, question, tools, asked.upper()) == answer

    @pytest.mark.parametrize("asked", ODD)
    async def test_nobody_is_none_and_no_error(
        self, resource: Any, tools: ResourceTools, known: dict[str, str], asked: str
    ) -> None:
        for question in known:
            assert await answer_of(resource, question, tools, asked) is None

    async def test_questions_at_once_do_not_mix(
        self, resource: Any, tools: ResourceTools, known: dict[str, str]
    ) -> None:
        for question, asked in known.items():
            both = [asked, "nobody@nowhere.invalid"] * 10
            answers = await asyncio.gather(*(answer_of(resource, question, tools, one) for one in both))
            assert [answer is None for answer in answers] == [False, True] * 10

    async def test_a_system_that_is_away_is_an_error_and_not_nobody(
        self, down: Any, tools: ResourceTools, known: dict[str, str]
    ) -> None:
        if down is None:
            return
        for question, asked in known.items():
            with pytest.raises(Exception):  # noqa: B017, PT011 - whichever its client raises
                await answer_of(down, question, tools, asked)
