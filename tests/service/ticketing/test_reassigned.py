"""People say otherwise whom a ticket belongs to, where it belongs and of which kind it is."""

from uuid import UUID, uuid4

from shared.contracts.tickets import TicketChanged
from shared.storage.tickets import contacts, organizations
from tests.service.ticketing.conftest import NOW, Counter


async def person(counter: Counter, address: str, tenant: str = "default") -> UUID:
    row = {"id": uuid4(), "tenant": tenant, "address": address, "created_at": NOW}
    await counter.add(contacts, **row)
    return UUID(str(row["id"]))


async def test_contact_organization_and_kind_are_changed_in_one_go_with_history_and_event(
    counter: Counter,
) -> None:
    number = await counter.opens()
    bea, acme = await person(counter, "bea@acme.test"), uuid4()
    await counter.add(organizations, id=acme, tenant="default", name="Acme", created_at=NOW)
    before = await counter.ticket(number)
    answer = await counter.changes(number, contact=str(bea), organization=str(acme), kind="internal")
    assert answer["ok"]
    ticket = await counter.ticket(number)
    assert (ticket["contact"], ticket["organization"], ticket["kind"]) == (bea, acme, "internal")
    assert ticket["version"] == before["version"] + 1
    assert sorted(await counter.history(number)) == [
        ("contact", str(before["contact"]), str(bea)),
        ("kind", "external", "internal"),
        ("organization", None, str(acme)),
    ]
    (told,) = await counter.emitted(TicketChanged)
    assert told.ticket.contact_address.address == "bea@acme.test"
    assert told.ticket.organization_name == "Acme"


async def test_who_is_not_there_or_of_another_tenant_is_refused_and_nothing_is_changed(
    counter: Counter,
) -> None:
    number = await counter.opens()
    stranger = await person(counter, "bea@acme.test", tenant="other")
    refused = await counter.changes(number, contact=str(stranger), organization=str(uuid4()), priority="high")
    assert refused["refused"] == "there is no such contact; there is no such organization"
    assert (await counter.changes(number, kind="secret"))["refused"] == "kind is one of: internal, external"
    ticket = await counter.ticket(number)
    assert (ticket["priority"], await counter.history(number)) == ("normal", [])
