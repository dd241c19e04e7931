"""Resources: where employees, contacts and organizations are looked up (docs/resources.md)."""

import dataclasses
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from typing import Annotated, ClassVar, Protocol
from uuid import UUID

from pydantic import BeforeValidator, ConfigDict, StringConstraints, TypeAdapter
from pydantic.dataclasses import dataclass
from sqlalchemy.ext.asyncio import AsyncConnection

LONGEST, LONGEST_ADDRESS = 300, 320
GROUP = "postroom.resources"


def _cleaned(value: object) -> object:
    """A text in one line, without what no text may hold: line breaks, control characters, half characters."""
    if not isinstance(value, str):
        return value
    return " ".join("".join(char if char.isprintable() else " " for char in value).split())


def _cut(value: object) -> object:
    """The same of a name. Nobody's mail stops because it is long."""
    cleaned = _cleaned(value)
    return cleaned[:LONGEST].rstrip() if isinstance(cleaned, str) else cleaned


Text = Annotated[str, BeforeValidator(_cleaned), StringConstraints(max_length=LONGEST)]
Name = Annotated[str, BeforeValidator(_cut)]
FullName = Annotated[str, BeforeValidator(_cut), StringConstraints(min_length=1)]
MailAddress = Annotated[
    str, BeforeValidator(_cleaned), StringConstraints(min_length=1, max_length=LONGEST_ADDRESS)
]

_STRICT = ConfigDict(extra="forbid")


@dataclasses.dataclass(frozen=True)
class ResourceTools:
    tenant: str
    reading: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    """Postroom's own tables, read-only, for the built-in resources. One of others runs in a thread of its
    own, where this does not work."""


@dataclass(frozen=True, config=_STRICT)
class Firm:
    """An organization. One of an outside system has a `reference`, its key there; ticketing keeps a row of
    its own for it, under the name that was told last."""

    name: FullName
    reference: Text = ""
    id: UUID | None = None
    """Of Postroom's own row; the built-in resource alone knows it."""


@dataclass(frozen=True, config=_STRICT)
class Person:
    """A contact as a resource knows it; ticketing keeps its own row for it."""

    address: MailAddress
    name: Name = ""
    reference: Text = ""
    firm: Firm | None = None
    """Where they belong, whatever the domain of their address says."""


@dataclass(frozen=True, config=_STRICT)
class Employee:
    address: MailAddress
    name: Name = ""
    reference: Text = ""
    id: UUID | None = None
    """Of the desk's user, when they are one."""


class EmployeeLookup(Protocol):
    key: ClassVar[str]

    async def find_by_address(self, tools: ResourceTools, address: str) -> Employee | None: ...


class ContactLookup(Protocol):
    key: ClassVar[str]

    async def find_by_address(self, tools: ResourceTools, address: str) -> Person | None: ...


class OrganizationLookup(Protocol):
    key: ClassVar[str]

    async def find_by_domain(self, tools: ResourceTools, domain: str) -> Firm | None: ...


Answer = Employee | Person | Firm

QUESTIONS: Mapping[str, tuple[type[Answer], ...]] = {
    "find_by_address": (Employee, Person),
    "find_by_domain": (Firm,),
}
"""The methods that a resource may have, and what it may answer to each, beside None: it knows of nobody."""

BUILT_IN_ORDER = 100


def order_of(name: str, resource: object) -> tuple[int, str]:
    """Where a resource stands among others: by its `order`, 0 when it has none, then by name."""
    order = getattr(resource, "order", 0)
    return (order if isinstance(order, int) else 0, name)


def checked(told: object, question: str) -> Answer | None:
    """Take an answer as it is to be, whatever the plug-in made of it.

    Raises:
        TypeError: it is no answer to this question.
        ValidationError: what it holds is none.
    """
    if told is None:
        return None
    for kind in QUESTIONS[question]:
        if isinstance(told, kind):
            answer: Answer = TypeAdapter(kind).validate_python(dataclasses.asdict(told))
            return answer
    raise TypeError(f"no answer to {question}")
