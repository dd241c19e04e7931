"""Contact, employee and organization of an address, asked of the registered resources."""

import asyncio
from dataclasses import dataclass

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.contracts.mail import Address
from shared.plugins.loading import plugins
from shared.plugins.resources import Employee, Firm, Person, ResourceTools
from shared.storage.engine import in_tenant

log = structlog.get_logger()

PATIENCE_SECONDS = 5
"""How long a resource may take to answer; then the ticket is made without it."""


@dataclass(frozen=True)
class Who:
    """What the resources know of an address."""

    address: Address
    employee: Employee | None = None
    person: Person | None = None
    firm: Firm | None = None


class People:
    """Asks resources by their kind: each answers the questions whose methods it has."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    async def who_is(self, tenant: str, address: Address) -> Who:
        """Ask every resource; the first that knows wins. Never inside a unit: a resource may be remote."""
        if not address.address:
            return Who(address)
        tools = ResourceTools(tenant, lambda: in_tenant(self._engine, tenant))
        found: dict[type, object] = {}
        for name, resource in plugins("postroom.resources").items():
            for answer in await self._ask(name, resource, tools, address):
                found.setdefault(type(answer), answer)
        employee, person, firm = found.get(Employee), found.get(Person), found.get(Firm)
        return Who(
            address,
            employee if isinstance(employee, Employee) else None,
            person if isinstance(person, Person) else None,
            firm if isinstance(firm, Firm) else None,
        )

    async def _ask(self, name: str, resource: object, tools: ResourceTools, address: Address) -> list[object]:
        questions = [("find_by_address", address.address), ("find_by_domain", address.domain)]
        answers: list[object] = []
        for method, argument in questions:
            ask = getattr(resource, method, None)
            if ask is None or not argument:
                continue
            try:
                async with asyncio.timeout(PATIENCE_SECONDS):
                    answers.append(await ask(tools, argument))
            except TimeoutError:
                log.warning("resource.timed_out", resource=name)
        return [answer for answer in answers if answer is not None]
