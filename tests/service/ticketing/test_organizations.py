"""Organizations and their domains, contacts as people change them, a domain applied to what is there."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from plugins.resources.organization import OrganizationResource
from services.ticketing import organizing
from services.ticketing.handlers import ticketing
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.base import Message
from shared.contracts.mail import Address
from shared.contracts.people import ApplyDomain, ChangeContact, ChangeOrganization, CreateOrganization
from shared.contracts.tickets import Actor, ChangeTicket
from shared.messaging.topology import queues_of
from shared.plugins.resources import Firm
from shared.storage import due
from shared.storage.engine import in_tenant
from shared.storage.messages import inbox, outbox
from shared.storage.people import regroupings
from shared.storage.tickets import contacts, history, organization_domains, organizations, tickets
from tests.service.ticketing.people_mail import NOW, Crm, Taking

EVA = Actor(user=UUID(int=9), name="Eva")
LEASE = timedelta(minutes=5)


@pytest.fixture
async def taking(engine_of: Callable[[str], AsyncEngine], blobs: FilesystemBlobs) -> AsyncIterator[Taking]:
    made = Taking(engine_of, blobs, {"organization": OrganizationResource()})
    yield made
    made.people.close()


async def answer_to(taking: Taking, command: Message) -> dict[str, Any]:
    handlers = ticketing.handlers
    await handlers[type(command)](command, taking.units)
    (row,) = await taking.rows(
        select(inbox.c.result).where(
            inbox.c.message_id == command.id, inbox.c.queue.in_(queues_of(type(command)))
        )
    )
    answer: dict[str, Any] = row.result
    return answer


async def create(taking: Taking, called: str, *domains: str) -> UUID:
    command = CreateOrganization(tenant="default", called=called, domains=domains, actor=EVA)
    return UUID((await answer_to(taking, command))["organization"])


async def change(taking: Taking, organization: UUID, **how: Any) -> dict[str, Any]:
    command = ChangeOrganization(tenant="default", organization=organization, actor=EVA, **how)
    return await answer_to(taking, command)


async def apply(taking: Taking, domain: str) -> dict[str, Any]:
    return await answer_to(taking, ApplyDomain(tenant="default", domain=domain, actor=EVA))


async def work(taking: Taking, *, most: int = 1000) -> int:
    """Work on due regroupings as the service does; return how many batches there were."""
    for batch in range(most):
        claimed = await due.claim(taking.units.engine, regroupings, now=NOW, limit=1, lease_for=LEASE)
        if not claimed:
            return batch
        await organizing.regroup(claimed[0], taking.units)
    return most


async def domains(taking: Taking) -> dict[str, UUID]:
    return {row.domain: row.organization for row in await taking.rows(select(organization_domains))}


async def test_organization_has_several_domains_and_loses_and_gains_some(taking: Taking) -> None:
    acme = await create(taking, "  Acme  Ltd ", "Acme.example", "acme.co.uk")
    assert await domains(taking) == {"acme.example": acme, "acme.co.uk": acme}
    told = await change(taking, acme, called="Acme", add=("bücher.example",), remove=("acme.co.uk",))
    assert told == {"ok": True}
    assert await domains(taking) == {"acme.example": acme, "xn--bcher-kva.example": acme}
    assert [row.name for row in await taking.rows(select(organizations))] == ["Acme"]


@pytest.mark.parametrize(
    ("domain", "why"),
    [
        ("gmail.com", "anybody can have an address at gmail.com"),
        ("co.uk", "co.uk is a public suffix"),
        ("acme", "'acme' is no domain"),
        ("taken.example", "taken.example belongs to Other"),
    ],
)
async def test_domain_that_cannot_be_theirs_is_refused_with_the_reason_and_nothing_is_changed(
    taking: Taking, domain: str, why: str
) -> None:
    await create(taking, "Other", "taken.example")
    acme = await create(taking, "Acme", "acme.example")
    told = await change(taking, acme, called="Renamed", add=("fine.example", domain))
    assert why in told["refused"]
    assert set(await domains(taking)) == {"taken.example", "acme.example"}
    command = CreateOrganization(tenant="default", called="New", domains=(domain,), actor=EVA)
    assert why in (await answer_to(taking, command))["refused"]
    assert {row.name for row in await taking.rows(select(organizations))} == {"Other", "Acme"}


async def test_of_two_who_enter_one_domain_at_once_the_second_is_told(taking: Taking) -> None:
    one, other = await create(taking, "One"), await create(taking, "Other")
    answers = await asyncio.gather(
        *(change(taking, organization, add=("acme.example",)) for organization in (one, other))
    )
    assert sorted(next(iter(answer)) for answer in answers) == ["ok", "refused"]


async def test_what_is_not_there_or_has_no_name_is_refused(taking: Taking) -> None:
    acme = await create(taking, "Acme")
    assert "no such organization" in (await change(taking, uuid4(), called="X"))["refused"]
    assert "1 to 300" in (await change(taking, acme, called="  "))["refused"]
    assert "no domain" in (await apply(taking, "acme"))["refused"]
    command = ChangeContact(tenant="default", contact=uuid4(), called="X", actor=EVA)
    assert "no such contact" in (await answer_to(taking, command))["refused"]


async def test_outside_organization_is_not_renamed_here(taking: Taking) -> None:
    taking.resources["crm"] = Crm({"acme.example": Firm("Acme", reference="1")})
    ticket = await taking.mail(Address(address="ada@acme.example"))
    told = await change(taking, ticket.organization, called="Ours")
    assert "comes from the resource crm" in told["refused"]


async def test_contact_that_a_person_placed_stays_until_their_domain_says_again(taking: Taking) -> None:
    ada = Address(address="ada@acme.example", name="Ada")
    acme, other = await create(taking, "Acme", "acme.example"), await create(taking, "Other")
    contact = (await taking.mail(ada)).contact
    placed = {"called": "Countess", "organization": other}
    assert await answer_to(taking, ChangeContact(tenant="default", contact=contact, actor=EVA, **placed)) == {
        "ok": True
    }
    ticket = await taking.mail(ada)
    assert (ticket.organization, (await taking.contact_of(ticket)).name) == (other, "Countess")
    await answer_to(taking, ChangeContact(tenant="default", contact=contact, by_domain=True, actor=EVA))
    ticket = await taking.mail(ada)
    assert (ticket.organization, (await taking.contact_of(ticket)).name) == (acme, "Countess")


async def test_new_mail_follows_a_changed_domain_at_once(taking: Taking) -> None:
    ada = Address(address="ada@acme.example")
    one, other = await create(taking, "One", "acme.example"), await create(taking, "Other")
    assert (await taking.mail(ada)).organization == one
    await change(taking, one, remove=("acme.example",))
    await change(taking, other, add=("acme.example",))
    assert (await taking.mail(ada)).organization == other


async def test_changed_domain_is_applied_to_old_tickets_with_history_and_event_and_twice_without_harm(
    taking: Taking,
) -> None:
    people = ("ada@acme.example", "bo@mail.acme.example", "eve@notacme.example", "jo@labs.acme.example")
    old = {who: await taking.mail(Address(address=who)) for who in people}
    acme = await create(taking, "Acme", "acme.example")
    labs = await create(taking, "Labs", "labs.acme.example")
    await apply(taking, "ACME.example")
    assert await work(taking) == 1
    rows = {row.id: row for row in await taking.rows(select(tickets))}
    found = [rows[old[who].id].organization for who in people]
    assert found == [acme, acme, None, labs]
    placed = {row.address: row.organization for row in await taking.rows(select(contacts))}
    assert [placed[who] for who in people] == found
    entries = await taking.rows(select(history).where(history.c.field == "organization"))
    assert {(entry.old, entry.new) for entry in entries} == {(None, str(acme)), (None, str(labs))}
    assert {entry.actor["name"] for entry in entries} == {"Eva"}
    assert rows[old[people[0]].id].version == 2
    assert await emitted(taking, "ticket.changed.v1") == 3
    await apply(taking, "acme.example")
    await work(taking)
    assert await emitted(taking, "ticket.changed.v1") == 3
    (row,) = await taking.rows(select(regroupings))
    assert (row.tickets, row.contacts, row.due_at) == (0, 0, None)
    assert row.finished_at


async def test_domain_that_was_taken_away_leaves_its_people_without_an_organization(taking: Taking) -> None:
    ada = Address(address="ada@acme.example")
    acme = await create(taking, "Acme", "acme.example")
    ticket = await taking.mail(ada)
    await change(taking, acme, remove=("acme.example",))
    await apply(taking, "acme.example")
    await work(taking)
    assert await organizations_of(taking, ticket.id) == [None]


async def test_what_a_person_chose_and_what_an_outside_resource_told_is_not_moved(taking: Taking) -> None:
    taking.resources["crm"] = Crm({"crm.acme.example": Firm("Of the CRM", reference="1")})
    told = await taking.mail(Address(address="ada@crm.acme.example"))
    other = await create(taking, "Other")
    chosen = await taking.mail(Address(address="bo@acme.example"))
    await answer_to(
        taking, ChangeContact(tenant="default", contact=chosen.contact, organization=other, actor=EVA)
    )
    await create(taking, "Acme", "acme.example")
    await apply(taking, "acme.example")
    await work(taking)
    assert await organizations_of(taking, told.id, chosen.id) == [told.organization, None]


async def test_where_a_person_put_one_ticket_stays_too(taking: Taking) -> None:
    put, other = await taking.mail(Address(address="bo@acme.example")), await create(taking, "Other")
    wanted = {"organization": str(other)}
    await answer_to(taking, ChangeTicket(tenant="default", ticket=put.id, changes=wanted, actor=EVA))
    await create(taking, "Acme", "acme.example")
    await apply(taking, "acme.example")
    await work(taking)
    assert await organizations_of(taking, put.id) == [other]


async def test_many_tickets_move_in_batches_and_go_on_after_a_crash(taking: Taking) -> None:
    ticket = await taking.mail(Address(address="ada@acme.example"))
    await multiply(taking, ticket.id, 250)
    acme = await create(taking, "Acme", "acme.example")
    await apply(taking, "acme.example")
    await work(taking, most=1)
    count = select(func.count()).select_from(tickets).where(tickets.c.organization == acme)
    assert (await taking.rows(count))[0][0] == organizing.BATCH
    (claimed,) = await due.claim(taking.units.engine, regroupings, now=NOW, limit=1, lease_for=LEASE)
    async with in_tenant(
        taking.engine_of("ticketing"), "default"
    ) as db:  # its worker died; the lease ran out
        await db.execute(update(regroupings).values(lease=uuid4(), lease_until=NOW - LEASE))
    with pytest.raises(due.LeaseLost):
        await organizing.regroup(claimed, taking.units)
    await work(taking)
    assert (await taking.rows(count))[0][0] == 251
    (row,) = await taking.rows(select(regroupings))
    assert (row.tickets, row.contacts) == (251, 1)
    assert await emitted(taking, "ticket.changed.v1") == 251


async def test_other_tenants_are_not_touched(taking: Taking) -> None:
    ada = Address(address="ada@acme.example")
    await taking.mail(ada, tenant="other")
    await create(taking, "Acme", "acme.example")
    await apply(taking, "acme.example")
    await work(taking)
    rows = await taking.rows(select(tickets.c.organization), "other")
    assert [row.organization for row in rows] == [None]
    command = CreateOrganization(tenant="other", called="Theirs", domains=("acme.example",), actor=EVA)
    await organizing.create_organization(command, taking.units)
    assert len(await taking.rows(select(organization_domains), "other")) == 1


async def emitted(taking: Taking, name: str) -> int:
    rows = await taking.rows(select(func.count()).select_from(outbox).where(outbox.c.contract == name))
    count: int = rows[0][0]
    return count


async def organizations_of(taking: Taking, *ids: UUID) -> list[UUID | None]:
    rows = {row.id: row.organization for row in await taking.rows(select(tickets))}
    return [rows[ticket] for ticket in ids]


async def multiply(taking: Taking, ticket: UUID, many: int) -> None:
    """Add tickets like one that is there."""
    async with in_tenant(taking.engine_of("ticketing"), "default") as db:
        (row,) = (await db.execute(select(tickets).where(tickets.c.id == ticket))).mappings()
        copies = [dict(row) | {"id": uuid4(), "number": 1000 + number} for number in range(many)]
        await db.execute(insert(tickets), copies)


async def test_names_and_domains_that_cannot_be_are_told_from_domains_of_others(taking: Taking) -> None:
    async def told(called: str, *domains: str) -> dict[str, Any]:
        command = CreateOrganization(tenant="default", called=called, domains=domains, actor=EVA)
        return await answer_to(taking, command)

    assert (await told("Acme", "gmail.com"))["invalid"] is True
    assert (await told(" "))["invalid"] is True
    acme = await create(taking, "Acme", "acme.example")
    assert "invalid" not in await told("Other", "acme.example")
    assert (await change(taking, acme, add=("gmail.com",)))["invalid"] is True
    assert (await apply(taking, "gmail.com"))["invalid"] is True
