"""The built-in resources on Postroom's own tables."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from plugins.resources.contact import ContactResource
from plugins.resources.employee import EmployeeResource
from plugins.resources.organization import OrganizationResource
from shared.domains import FREE_MAIL, domains_of, why_not
from shared.plugins.loading import plugin
from shared.plugins.resources import Employee, Firm, Person, ResourceTools
from shared.storage.config import users
from shared.storage.engine import in_tenant
from shared.storage.tickets import contacts, organization_domains, organizations

NOW = datetime(2026, 3, 1, tzinfo=UTC)
ACME, LABS = UUID(int=1), UUID(int=2)
EngineOf = Callable[[str], AsyncEngine]


@pytest.fixture
def tools(engine_of: EngineOf) -> ResourceTools:
    return tools_of(engine_of, "default")


def tools_of(engine_of: EngineOf, tenant: str) -> ResourceTools:
    @asynccontextmanager
    async def reading() -> AsyncIterator[AsyncConnection]:
        async with in_tenant(engine_of("ticketing"), tenant) as connection:
            yield connection

    return ResourceTools(tenant, reading)


async def add_user(
    engine_of: EngineOf, address: str, tenant: str = "default", archived_at: datetime | None = None
) -> UUID:
    added = uuid4()
    async with in_tenant(engine_of("desk"), tenant) as connection:
        row = {"id": added, "tenant": tenant, "address": address, "name": "Ann", "archived_at": archived_at}
        await connection.execute(insert(users).values(**row, created_at=NOW))
    return added


async def add_organization(
    engine_of: EngineOf, organization: UUID, name: str, *domains: str, tenant: str = "default"
) -> None:
    async with in_tenant(engine_of("ticketing"), tenant) as connection:
        row = {"id": organization, "tenant": tenant, "name": name, "created_at": NOW}
        await connection.execute(insert(organizations).values(**row))
        for domain in domains:
            named = {"tenant": tenant, "domain": domain, "organization": organization}
            await connection.execute(insert(organization_domains).values(**named))


@pytest.mark.parametrize("name", ["employee", "contact", "organization"])
def test_built_in_resources_are_found_by_their_entry_points(name: str) -> None:
    assert plugin("postroom.resources", name).key == name


async def test_user_is_an_employee_in_any_case(tools: ResourceTools, engine_of: EngineOf) -> None:
    added = await add_user(engine_of, "Ann@Acme.example")
    found = await EmployeeResource().find_by_address(tools, " ANN@acme.example")
    assert found == Employee("ann@acme.example", "Ann", id=added)


async def test_nobody_else_is_an_employee(tools: ResourceTools, engine_of: EngineOf) -> None:
    await add_user(engine_of, "gone@acme.example", archived_at=NOW)
    await add_user(engine_of, "other@acme.example", tenant="other")
    for address in ("gone@acme.example", "other@acme.example", "stranger@acme.example", "", "%"):
        assert await EmployeeResource().find_by_address(tools, address) is None


async def test_contact_is_found_in_any_case(tools: ResourceTools, engine_of: EngineOf) -> None:
    await add_organization(engine_of, ACME, "Acme")
    async with in_tenant(engine_of("ticketing"), "default") as connection:
        for address, organization in (("ada@acme.example", ACME), ("eve@x.example", None)):
            row = {"id": uuid4(), "tenant": "default", "address": address, "name": "Ada"}
            await connection.execute(
                insert(contacts).values(**row, organization=organization, created_at=NOW)
            )
    resource = ContactResource()
    for address in ("ada@acme.example", "eve@x.example"):
        assert await resource.find_by_address(tools, address.title()) == Person(address, "Ada")
    assert await resource.find_by_address(tools, "nobody@x.example") is None
    assert await resource.find_by_address(tools_of(engine_of, "other"), "ada@acme.example") is None


async def test_organization_is_found_by_its_nearest_domain(tools: ResourceTools, engine_of: EngineOf) -> None:
    await add_organization(engine_of, ACME, "Acme", "acme.example", "acme.co.uk")
    await add_organization(engine_of, LABS, "Labs", "labs.acme.example")
    acme, labs = Firm("Acme", id=ACME), Firm("Labs", id=LABS)
    find = OrganizationResource().find_by_domain
    assert await find(tools, "acme.example") == acme
    assert await find(tools, "MAIL.Acme.example.") == acme
    assert await find(tools, "a.b.labs.acme.example") == labs
    assert await find(tools, "mail.acme.co.uk") == acme
    assert await find(tools, "notacme.example") is None
    assert await find(tools, "example") is None


async def test_domain_that_everybody_shares_is_no_organization(
    tools: ResourceTools, engine_of: EngineOf
) -> None:
    await add_organization(engine_of, ACME, "Acme", "gmail.com", "co.uk", "com")
    find = OrganizationResource().find_by_domain
    for domain in ("gmail.com", "mail.gmail.com", "other.co.uk", "other.com"):
        assert await find(tools, domain) is None


async def test_organization_of_another_tenant_is_not_found(engine_of: EngineOf) -> None:
    await add_organization(engine_of, ACME, "Acme", "acme.example")
    assert await OrganizationResource().find_by_domain(tools_of(engine_of, "other"), "acme.example") is None


@pytest.mark.parametrize(
    ("domain", "looked_for"),
    [
        ("a.acme.example", ("a.acme.example", "acme.example")),
        ("acme.co.uk", ("acme.co.uk",)),
        ("a.b.acme.co.uk", ("a.b.acme.co.uk", "b.acme.co.uk", "acme.co.uk")),
        ("mail.acme.github.io", ("mail.acme.github.io", "acme.github.io")),
        ("Mail.BÜCHER.example.", ("mail.xn--bcher-kva.example", "xn--bcher-kva.example")),
        ("co.uk", ()),
        ("github.io", ()),
        ("a..example", ()),
        ("", ()),
        ("localhost", ()),
        ("x.gmail.com", ()),
    ],
)
def test_domains_that_are_looked_for(domain: str, looked_for: tuple[str, ...]) -> None:
    assert domains_of(domain) == looked_for


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        ("gmail.com", "anybody can have an address at gmail.com"),
        ("Mail.GMX.de", "anybody can have an address at mail.gmx.de"),
        ("co.uk", "co.uk is a public suffix"),
        ("acme", "'acme' is no domain"),
        ("*.acme.example", "is no domain"),
        ("https://acme.example", "is no domain"),
        ("", "'' is no domain"),
    ],
)
def test_domain_that_speaks_for_nobody_is_refused_with_the_reason(typed: str, told: str) -> None:
    assert told in str(why_not(typed))


def test_domain_of_an_organization_may_be_typed_as_people_do() -> None:
    assert [why_not(typed) for typed in (" @Acme.example", "ada@acme.co.uk", "bücher.example.")] == [None] * 3


@given(st.lists(st.text("abcdk.", max_size=8), max_size=400).map(".".join))
def test_any_domain_has_few_candidates(domain: str) -> None:
    found = domains_of(domain)
    assert not found or why_not(domain) is None
    assert all("." in name and name not in FREE_MAIL for name in found)
