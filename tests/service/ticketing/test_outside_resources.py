"""Resources of others: whatever they do, a mail is a ticket; when they are down their last answer counts."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any
from uuid import UUID

import pytest
from prometheus_client import REGISTRY
from sqlalchemy import func, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from plugins.resources.contact import ContactResource
from plugins.resources.employee import EmployeeResource
from plugins.resources.organization import OrganizationResource
from services.ticketing import resting
from services.ticketing.people import Who
from services.ticketing.remembering import KEPT, forget
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.mail import Address
from shared.plugins.resources import Employee, Firm, Person
from shared.storage.engine import in_tenant
from shared.storage.people import known_answers
from shared.storage.tickets import contacts, organization_domains, organizations
from tests.service.ticketing.people_mail import (
    ADA,
    NOW,
    SHORT,
    BlockingCrm,
    Crm,
    Taking,
    forwarded_by,
    hangs,
    raises,
    the_loop_lives,
)

ACME = Firm("Acme Ltd", reference="acc-1")
EVA = Address(address="eva@helpdesk.example", name="Eva")
BUILT_IN = {
    "contact": ContactResource(),
    "employee": EmployeeResource(),
    "organization": OrganizationResource(),
}


@pytest.fixture
async def taking(engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs) -> AsyncIterator[Taking]:
    made = Taking(engine_of, blobs, dict(BUILT_IN))
    yield made
    made.people.close()


def knowing(kind: type[Crm] = Crm) -> Crm:
    person = Person(ADA.address, "Ada Lovelace", reference="p-1")
    return kind({ADA.address: person, "customer.example": ACME})


@pytest.mark.parametrize("kind", [Crm, BlockingCrm])
async def test_contact_and_organization_come_from_an_outside_resource(
    taking: Taking, kind: type[Crm]
) -> None:
    taking.resources["crm"] = knowing(kind)
    first, second = await taking.mail(), await taking.mail()
    firm, contact = await taking.firm_of(first), await taking.contact_of(first)
    assert (firm.name, firm.resource, firm.reference) == ("Acme Ltd", "crm", "acc-1")
    assert (contact.name, contact.resource, contact.reference) == ("Ada Lovelace", "crm", "p-1")
    assert second.organization == first.organization == contact.organization
    assert "resources_down" not in first.details


async def test_organization_of_an_outside_resource_is_one_row_whose_name_is_kept_up_to_date(
    taking: Taking,
) -> None:
    crm = knowing()
    taking.resources["crm"] = crm
    before = await taking.mail()
    crm.known["customer.example"] = Firm("Acme Holding", reference="acc-1")
    after = await taking.mail()
    assert after.organization == before.organization
    assert [row.name for row in await taking.rows(select(organizations))] == ["Acme Holding"]


async def test_outside_resources_go_before_the_built_in_ones_which_fill_in(taking: Taking) -> None:
    async with in_tenant(taking.engine_of("ticketing"), "default") as db:
        row = {"id": UUID(int=5), "tenant": "default", "name": "Built in", "created_at": NOW}
        await db.execute(insert(organizations).values(row))
        for domain in ("customer.example", "other.example"):
            named = {"tenant": "default", "domain": domain, "organization": UUID(int=5)}
            await db.execute(insert(organization_domains).values(named))
    taking.resources |= {"crm": knowing(), "aaa": Crm({"customer.example": Firm("Later")}, order=1)}
    assert (await taking.firm_of(await taking.mail())).name == "Acme Ltd"
    assert (await taking.firm_of(await taking.mail(Address(address="bo@other.example")))).name == "Built in"


async def test_firm_of_a_person_goes_before_the_one_of_their_domain(taking: Taking) -> None:
    crm = knowing()
    crm.known[ADA.address] = Person(ADA.address, "Ada", firm=Firm("Her own", reference="acc-2"))
    taking.resources["crm"] = crm
    assert (await taking.firm_of(await taking.mail())).reference == "acc-2"


async def test_what_a_person_chose_of_a_contact_is_changed_by_no_resource(taking: Taking) -> None:
    taking.resources["crm"] = knowing()
    first = await taking.mail()
    async with in_tenant(taking.engine_of("ticketing"), "default") as db:
        chosen = {"name": "Countess", "organization": None, "chosen": ["name", "organization"]}
        await db.execute(contacts.update().values(chosen))
    second = await taking.mail()
    assert second.contact == first.contact
    assert second.organization is None
    assert (await taking.contact_of(second)).name == "Countess"


async def test_resource_that_is_down_is_answered_for_by_its_last_answer_and_the_ticket_says_so(
    taking: Taking,
) -> None:
    crm = knowing()
    taking.resources["crm"] = crm
    before = await taking.mail()
    crm.fails = raises(ConnectionError("crm.example said no to ada@customer.example"))
    for people in (taking.people, taking.others()):
        taking.people = people
        after = await taking.mail()
        people.close()
        assert after.organization == before.organization
        (mark,) = after.details["resources_down"]
        assert mark["resource"] == "crm"
        assert mark["as_of"]
    stranger = await taking.mail(Address(address="new@unknown.example"))
    assert stranger.organization is None
    assert stranger.details["resources_down"] == [{"resource": "crm", "as_of": None}]


async def test_nobody_is_an_answer_too_that_is_remembered(taking: Taking) -> None:
    crm = Crm({ADA.address: Employee(ADA.address)})
    taking.resources["crm"] = crm
    assert (await taking.mail()).kind == "internal"
    crm.known.clear()
    assert (await taking.mail()).kind == "external"
    crm.fails = raises(ConnectionError())
    assert (await taking.mail()).kind == "external"


@pytest.mark.parametrize("kind", [Crm, BlockingCrm])
async def test_resource_that_blocks_its_thread_stops_neither_the_loop_nor_the_mail(
    taking: Taking, kind: type[Crm]
) -> None:
    crm = knowing(kind)
    crm.fails = hangs
    taking.resources["crm"] = crm
    taking.patience = SHORT
    taking.people = taking.others()
    ticket, rounds = await asyncio.gather(taking.mail(), the_loop_lives())
    assert ticket.organization is None
    assert rounds > 1, "the loop stood still until the resource was given up"


@pytest.mark.parametrize(
    "told",
    [
        "Acme",
        {"name": "Acme"},
        7,
        object(),
        Employee(ADA.address),
        raises(SystemExit(3)),
        raises(StopIteration()),
    ],
    ids=["text", "table", "number", "thing", "employee", "exit", "stop"],
)
async def test_whatever_else_a_resource_answers_the_mail_becomes_a_ticket(taking: Taking, told: Any) -> None:
    taking.resources["crm"] = Crm(fails=told if callable(told) else lambda: told)
    for kind in (Crm, BlockingCrm):
        taking.resources["crm"] = kind(fails=told if callable(told) else lambda: told)
        ticket = await taking.mail()
        assert ticket.organization is None
        assert ticket.details["resources_down"]


async def test_names_that_no_table_takes_are_cleaned_or_refused(taking: Taking) -> None:
    person = Person(ADA.address, "A\x00da\ud800\r\nLovelace")
    taking.resources["crm"] = Crm({ADA.address: person, "customer.example": ACME})
    assert (await taking.contact_of(await taking.mail())).name == "A da Lovelace"
    taking.resources["crm"] = Crm(fails=lambda: Firm("\x00"))
    assert (await taking.mail(Address(address="bo@other.example"))).organization is None


async def test_resource_that_keeps_failing_rests_and_is_asked_again(taking: Taking) -> None:
    crm = knowing()
    crm.fails = raises(ConnectionError())
    taking.resources["crm"] = crm
    for _ in range(4):
        await taking.mail()
    asked = len(crm.asked)
    assert asked <= 2 * resting.FAILURES
    assert REGISTRY.get_sample_value(
        "postroom_resource_answers_total", {"resource": "crm", "outcome": "resting"}
    )
    crm.fails = None
    taking.clock += resting.FIRST_REST_SECONDS * 2
    await taking.mail()
    assert len(crm.asked) > asked
    assert (await taking.firm_of(await taking.mail())).name == "Acme Ltd"


async def test_answers_are_of_one_tenant(taking: Taking) -> None:
    crm = knowing()
    taking.resources["crm"] = crm
    await taking.mail()
    crm.fails = raises(ConnectionError())
    assert (await taking.mail(tenant="other")).organization is None


async def test_answers_that_nobody_asks_for_are_forgotten(taking: Taking) -> None:
    taking.resources["crm"] = knowing()
    await taking.mail()
    count = select(func.count()).select_from(known_answers)
    assert (await taking.rows(count))[0][0] == 2
    async with in_tenant(taking.engine_of("ticketing"), "default") as db:
        (at,) = (await db.execute(select(known_answers.c.at).limit(1))).one()
        assert await forget(db, "default", at + KEPT / 2) == 0
        assert await forget(db, "default", at + KEPT * 1.1) == 2


async def test_ticket_is_internal_when_whoever_owns_it_is_an_employee(taking: Taking) -> None:
    await taking.user(EVA.address)
    taking.resources["hr"] = Crm({"bob@works.example": Employee("bob@works.example", reference="hr-7")})
    bob = Address(address="bob@works.example", name="Bob")
    assert [(await taking.mail(person)).kind for person in (EVA, bob, ADA)] == [
        "internal",
        "internal",
        "external",
    ]


async def test_mail_of_a_customer_that_an_employee_forwards_is_external(taking: Taking) -> None:
    await taking.user(EVA.address)
    taking.resources["hr"] = Crm({"bob@works.example": Employee("bob@works.example")})
    for employee in (EVA, Address(address="bob@works.example")):
        ticket = await taking.mail(ADA, **forwarded_by(employee))
        assert ticket.kind == "external"
        assert (await taking.contact_of(ticket)).address == ADA.address
    assert (await taking.mail(EVA, **forwarded_by(ADA))).kind == "internal"


def test_who_tells_nothing_of_resources_when_all_answered() -> None:
    assert Who(ADA).told() == {}


async def test_ticket_opened_at_the_desk_is_of_whom_the_resources_tell(taking: Taking) -> None:
    taking.resources |= {"crm": knowing(), "hr": Crm({"bob@works.example": Employee("bob@works.example")})}
    bob = await taking.opened_for(Address(address="bob@works.example"))
    ada = await taking.opened_for(ADA)
    assert (bob.kind, ada.kind) == ("internal", "external")
    assert (await taking.firm_of(ada)).reference == "acc-1"


async def test_imported_mail_of_one_person_asks_once_and_new_mail_asks_anew(taking: Taking) -> None:
    crm = knowing()
    taking.resources["crm"] = crm
    for _ in range(3):
        ticket = await taking.mail(imported=True)
    assert sorted(crm.asked) == [ADA.address, "customer.example"]
    assert (await taking.firm_of(ticket)).name == "Acme Ltd"
    assert "resources_down" not in ticket.details
    crm.known["customer.example"] = Firm("Acme Holding", reference="acc-1")
    await taking.mail()
    assert len(crm.asked) == 4
