"""Names as nobody expected them: whatever a name is, the mail of who bears it becomes a ticket."""

from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plugins.resources.contact import ContactResource
from plugins.resources.employee import EmployeeResource
from plugins.resources.organization import OrganizationResource
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.mail import Address
from shared.plugins.resources import LONGEST, Employee, Firm, Person
from shared.storage.config import users
from shared.storage.engine import in_tenant
from shared.storage.tickets import contacts, organization_domains, organizations
from tests.service.ticketing.people_mail import ADA, NOW, Crm, Taking

LONG = "Ada " * 200
ODD = [LONG, "\u200b", "Ada\nCountess", "\U0001f600" * 400]


@pytest.fixture
async def taking(engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs) -> AsyncIterator[Taking]:
    resources = (ContactResource(), EmployeeResource(), OrganizationResource())
    made = Taking(engine_of, blobs, {one.key: one for one in resources})
    yield made
    made.people.close()


@pytest.mark.parametrize("name", ODD)
async def test_mail_of_a_contact_with_an_odd_name_is_a_ticket(taking: Taking, name: str) -> None:
    first = await taking.mail()
    async with in_tenant(taking.engine_of("ticketing"), "default") as db:
        await db.execute(contacts.update().values(name=name))
    assert (await taking.mail()).contact == first.contact
    assert (await taking.opened_for(ADA)).contact == first.contact


@pytest.mark.parametrize("name", ODD)
async def test_mail_of_an_organization_or_a_user_with_an_odd_name_is_a_ticket(
    taking: Taking, name: str
) -> None:
    await taking.user("bob@customer.example")
    async with in_tenant(taking.engine_of("ticketing"), "default") as db:
        row = {"id": UUID(int=5), "tenant": "default", "name": name, "created_at": NOW}
        await db.execute(insert(organizations).values(row))
        named = {"tenant": "default", "domain": "customer.example", "organization": UUID(int=5)}
        await db.execute(insert(organization_domains).values(named))
    async with in_tenant(taking.engine_of("desk"), "default") as db:
        await db.execute(users.update().values(name=name))
    assert (await taking.mail(Address(address="bob@customer.example", name="Bob"))).kind == "internal"


async def test_mail_of_the_longest_address_is_a_ticket_each_time(taking: Taking) -> None:
    address = Address(address="a" * (320 - len("@customer.example")) + "@customer.example")
    assert (await taking.mail(address)).contact == (await taking.mail(address)).contact


async def test_long_names_of_an_outside_resource_are_cut(taking: Taking) -> None:
    firm = Firm(LONG, reference="acc-1")
    taking.resources["crm"] = Crm({ADA.address: Person(ADA.address, LONG, reference="p-1", firm=firm)})
    ticket = await taking.mail()
    assert "resources_down" not in ticket.details
    contact, organization = await taking.contact_of(ticket), await taking.firm_of(ticket)
    assert (contact.name, organization.name) == (LONG[:LONGEST].strip(),) * 2
    assert (contact.reference, organization.reference) == ("p-1", "acc-1")
    taking.resources["hr"] = Crm({"bob@works.example": Employee("bob@works.example", LONG)})
    assert (await taking.mail(Address(address="bob@works.example"))).kind == "internal"
    assert len([row for row in await taking.rows(select(contacts)) if len(row.name) > LONGEST]) == 0
