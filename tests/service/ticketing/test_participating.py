"""Participants as people decide them: who may answer, who may not any more, and how somebody comes back."""

from shared.contracts.mail import Address
from shared.contracts.tickets import (
    AddParticipant,
    DecideHeldMail,
    MergeTickets,
    RemoveParticipant,
    TicketChanged,
)
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import ANNA, EVA, NOW, Counter, Row

BEA = Address(address="bea@other.test", name="Bea")
CARL = Address(address="carl@firm.test", name="Carl")


async def added(counter: Counter, number: int, person: Address) -> Row:
    ticket = await counter.id_of(number)
    return await counter.hears(AddParticipant(tenant="default", ticket=ticket, person=person, actor=EVA))


async def removed(counter: Counter, number: int, person: Address) -> Row:
    ticket = await counter.id_of(number)
    return await counter.hears(RemoveParticipant(tenant="default", ticket=ticket, person=person, actor=EVA))


async def answers(counter: Counter, person: Address) -> tuple[str, str]:
    """Let somebody answer Anna's mail; return the outcome and the reason."""
    placed = await counter.receives("Re: Printer", "a@firm.test", sender=person)
    return placed["outcome"], placed["reason"]


JOINS = ("append", "it answers a mail of this ticket")
STRANGE = ("held", "it answers a mail of this ticket, but its sender is new to it")
REMOVED = ("held", "it answers a mail of this ticket, but its sender was removed from it")


async def test_who_is_added_may_answer_and_who_is_removed_may_not(counter: Counter) -> None:
    await counter.receives("Printer", message_id="a@firm.test")
    assert await answers(counter, BEA) == STRANGE
    assert await added(counter, 1, BEA) == {"ok": True, "version": 2}
    assert await added(counter, 1, BEA) == {"ok": True, "version": 2}
    assert await answers(counter, BEA) == JOINS
    assert await removed(counter, 1, BEA) == {"ok": True, "version": 3}
    assert await answers(counter, BEA) == REMOVED
    assert await added(counter, 1, BEA) == {"ok": True, "version": 4}
    assert await answers(counter, BEA) == JOINS
    told = [event.changes[0] for event in await counter.emitted(TicketChanged)]
    assert {change.field for change in told} == {"participants"}
    changes = [("participants", None, BEA.address), ("participants", BEA.address, None)]
    assert await counter.history(1) == [*changes, changes[0]]


async def test_a_copy_of_somebody_elses_mail_brings_no_removed_person_back(counter: Counter) -> None:
    """Nor does their domain, which they share with somebody who takes part."""
    await counter.receives("Printer", message_id="a@firm.test")
    assert await answers(counter, CARL) == JOINS
    await removed(counter, 1, CARL)
    assert await answers(counter, CARL) == REMOVED
    by_number = await counter.receives("[#1] Printer", sender=CARL)
    assert (by_number["outcome"], by_number["ticket"] == await counter.id_of(1)) == ("new", False)


async def test_a_held_mail_that_belongs_takes_who_was_removed_back_in(counter: Counter) -> None:
    await counter.receives("Printer", message_id="a@firm.test")
    await added(counter, 1, BEA)
    await removed(counter, 1, BEA)
    await answers(counter, BEA)
    (held,) = await counter.rows(tables.held)
    decision = DecideHeldMail(tenant="default", held=held["id"], belongs=True, actor=EVA)
    assert await counter.hears(decision) == {"ok": True}
    assert await answers(counter, BEA) == JOINS
    assert (await counter.history(1))[-1] == ("participants", None, BEA.address)


async def test_who_was_removed_from_a_ticket_stays_so_where_it_is_merged_into(counter: Counter) -> None:
    """Until the ticket that shows it says otherwise; and an undo gives back what was."""
    await counter.receives("Printer", message_id="a@firm.test")
    two = await counter.opens("Smoke", BEA)
    await added(counter, 1, CARL)
    merge = {"source": await counter.id_of(1), "target": await counter.id_of(two)}
    await counter.hears(MergeTickets(tenant="default", actor=EVA, **merge))
    assert await answers(counter, CARL) == JOINS
    await removed(counter, two, CARL)
    assert await answers(counter, CARL) == REMOVED
    refused = await removed(counter, 1, ANNA)
    assert refused["refused"].startswith("this ticket was merged into another")


async def test_what_cannot_be_meant_is_refused_and_changes_nothing(counter: Counter) -> None:
    await counter.add(
        config.mailboxes, tenant="default", address="help@acme.test", provider="graph",
        settings={}, created_at=NOW, id=EVA.user,
    )  # fmt: skip
    one = await counter.opens()
    ours = await added(counter, one, Address(address="help+1.k.aaaaaaaaaaaaaaaaaaaaaaaaaa@acme.test"))
    assert ours["refused"].startswith("help+1.k.aaaaaaaaaaaaaaaaaaaaaaaaaa@acme.test is one of our mailboxes")
    theirs = await removed(counter, one, ANNA)
    assert theirs["refused"] == "the ticket belongs to this contact: choose another contact first"
    nobody = await removed(counter, one, BEA)
    assert nobody["refused"] == "bea@other.test takes no part in this ticket"
    assert ((await counter.ticket(one))["version"], await counter.history(one)) == (1, [])


async def test_a_new_contact_takes_part_even_if_they_were_removed(counter: Counter) -> None:
    await counter.receives("Printer", message_id="a@firm.test")
    await counter.opens("Smoke", BEA)
    await added(counter, 1, BEA)
    await removed(counter, 1, BEA)
    (contact,) = [row["id"] for row in await counter.rows(tables.contacts) if row["address"] == BEA.address]
    await counter.changes(1, contact=str(contact))
    assert await answers(counter, BEA) == JOINS


async def test_a_ticket_of_another_tenant_is_not_there_to_be_joined(counter: Counter) -> None:
    one = await counter.id_of(await counter.opens())
    for command in (AddParticipant, RemoveParticipant):
        strange = command(tenant="other", ticket=one, person=BEA, actor=EVA)
        assert await counter.hears(strange) == {"refused": "there is no such ticket"}
