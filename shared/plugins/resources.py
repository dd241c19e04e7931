"""Resources: where employees, contacts and organizations are looked up (product.md section 8)."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import ClassVar, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection


@dataclass(frozen=True)
class ResourceTools:
    tenant: str
    reading: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    """Postroom's own tables, read-only, for the built-in resources."""


@dataclass(frozen=True)
class Employee:
    id: UUID
    address: str
    name: str


@dataclass(frozen=True)
class Person:
    """A contact as a resource knows it; ticketing keeps its own row for it."""

    address: str
    name: str
    organization: str | None = None


@dataclass(frozen=True)
class Firm:
    id: UUID
    name: str


class EmployeeLookup(Protocol):
    key: ClassVar[str]

    async def find_by_address(self, tools: ResourceTools, address: str) -> Employee | None: ...


class ContactLookup(Protocol):
    key: ClassVar[str]

    async def find_by_address(self, tools: ResourceTools, address: str) -> Person | None: ...


class OrganizationLookup(Protocol):
    key: ClassVar[str]

    async def find_by_domain(self, tools: ResourceTools, domain: str) -> Firm | None: ...
