"""The built-in resources and a stranger's do what every resource must do."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from plugins.resources.contact import ContactResource
from plugins.resources.employee import EmployeeResource
from plugins.resources.organization import OrganizationResource
from shared.plugins.resources import Firm, ResourceTools
from shared.storage.engine import in_tenant
from shared.storage.tickets import contacts
from tests.plugins.resource_suite import ResourceSuite
from tests.plugins.test_resources import ACME, NOW, add_organization, add_user, tools_of

EngineOf = Callable[[str], AsyncEngine]
ADA = "ada@acme.example"


class BuiltIn(ResourceSuite):
    @pytest.fixture
    def tools(self, engine_of: EngineOf) -> ResourceTools:
        return tools_of(engine_of, "default")

    @pytest.fixture
    def down(self) -> None:
        return None


class TestEmployee(BuiltIn):
    @pytest.fixture
    def resource(self) -> EmployeeResource:
        return EmployeeResource()

    @pytest.fixture
    async def known(self, engine_of: EngineOf) -> dict[str, str]:
        await add_user(engine_of, ADA)
        return {"find_by_address": ADA}


class TestContact(BuiltIn):
    @pytest.fixture
    def resource(self) -> ContactResource:
        return ContactResource()

    @pytest.fixture
    async def known(self, engine_of: EngineOf) -> dict[str, str]:
        async with in_tenant(engine_of("ticketing"), "default") as db:
            row = {"id": ACME, "tenant": "default", "address": ADA, "name": "Ada", "created_at": NOW}
            await db.execute(contacts.insert().values(row))
        return {"find_by_address": ADA}


class TestOrganization(BuiltIn):
    @pytest.fixture
    def resource(self) -> OrganizationResource:
        return OrganizationResource()

    @pytest.fixture
    async def known(self, engine_of: EngineOf) -> dict[str, str]:
        await add_organization(engine_of, ACME, "Acme", "acme.example")
        return {"find_by_domain": "acme.example"}


class Table:
    """One of others, in plain functions."""

    def __init__(self, rows: dict[str, Firm] | None) -> None:
        self.rows = rows

    def find_by_domain(self, _tools: Any, domain: str) -> Firm | None:  # Any: it needs none
        if self.rows is None:
            raise ConnectionError
        return self.rows.get(domain.lower())


class TestAStranger(BuiltIn):
    @pytest.fixture
    def resource(self) -> Table:
        return Table({"acme.example": Firm("Acme", reference="1")})

    @pytest.fixture
    def down(self) -> Table:
        return Table(None)

    @pytest.fixture
    def known(self) -> dict[str, str]:
        return {"find_by_domain": "acme.example"}
