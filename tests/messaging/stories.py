"""Contracts that only these tests know: heard by three services, by a stateless one, by nobody."""

from typing import ClassVar

from shared.contracts.base import Message


class Rang(Message):
    """Somebody rang; three services care."""

    name: ClassVar[str] = "test.rang.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("alpha", "beta", "gamma")

    text: str = ""


class Answered(Message):
    """What a handler tells."""

    name: ClassVar[str] = "test.answered.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("delta",)

    text: str = ""


class Unheard(Message):
    name: ClassVar[str] = "test.unheard.v1"
    heard_by: ClassVar[tuple[str, ...]] = ()

    text: str = ""


class Flooding(Message):
    """What tests of back-pressure send by the hundred."""

    name: ClassVar[str] = "test.flooding.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("omega",)

    text: str = ""
