"""Merge and undo: what moves, what follows, what is refused, and that undoing is exact."""

from datetime import timedelta
from itertools import pairwise
from uuid import uuid4

from services.ticketing.sweeping import prune_tenant
from shared.contracts.mail import Address
from shared.contracts.sending import MailAccepted, MailSent
from shared.contracts.tickets import MergeTickets, TicketChanged, UndoMerge
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import EVA, NOW, Counter, Row

BEA = Address(address="bea@other.test", name="Bea")


async def merged(counter: Counter, source: int, target: int, version: int | None = None) -> Row:
    ids = {"source": await counter.id_of(source), "target": await counter.id_of(target)}
    return await counter.hears(MergeTickets(tenant="default", expected_version=version, actor=EVA, **ids))


async def undone(counter: Counter, source: int) -> Row:
    return await counter.hears(UndoMerge(tenant="default", source=await counter.id_of(source), actor=EVA))


async def test_the_target_shows_the_posts_and_both_histories_tell(counter: Counter) -> None:
    one, two = await counter.opens("Printer on fire"), await counter.opens("Smoke", BEA)
    own, others = await counter.posts(one), await counter.posts(two)
    answer = await merged(counter, one, two)
    assert answer == {"ok": True, "number": two, "version": 2}
    assert await counter.posts(one) == []
    assert set(await counter.posts(two)) == {*own, *others}
    assert (await counter.ticket(one))["status"] == "merged"
    assert await counter.history(one) == [("status", "new", "merged"), ("merged_into", None, two)]
    assert await counter.history(two) == [("merged", None, one)]
    told = {event.ticket.number: event for event in await counter.emitted(TicketChanged)}
    assert set(told) == {one, two}
    assert [(c.field, c.new) for c in told[two].changes] == [("merged", one)]
    assert told[one].actor == EVA


async def test_undo_gives_back_what_was_moved_and_what_came_since_stays(counter: Counter) -> None:
    first = await counter.receives("Printer", message_id="a@firm.test")
    other = await counter.receives("Smoke", sender=BEA, message_id="b@other.test")
    one, two = 1, 2
    before = {number: await counter.ticket(number) for number in (one, two)}
    own, others = await counter.posts(one), await counter.posts(two)
    counter.clock.later(hours=1)
    await merged(counter, one, two)
    together = await counter.ticket(two)
    assert together["waiting_since"] == min(b["waiting_since"] for b in before.values())
    await undone(counter, one)
    assert (await counter.posts(one), await counter.posts(two)) == (own, others)
    for number, was in before.items():
        now = await counter.ticket(number)
        assert now["version"] == was["version"] + 2
        changed = {name for name in was if was[name] != now[name]}
        assert changed == {"version", "changed_at"}
    await merged(counter, one, two)
    late = await counter.receives("Re: Printer", "a@firm.test")
    assert (late["outcome"], late["ticket"]) == ("append", other["ticket"])
    await undone(counter, one)
    assert await counter.posts(one) == own
    assert set(await counter.posts(two)) == {*others, late["post"]}
    again = await counter.receives("Re: Printer", "a@firm.test")
    assert again["ticket"] == first["ticket"]


async def test_what_comes_to_a_merged_ticket_lands_at_the_end_of_any_chain(counter: Counter) -> None:
    await counter.receives("Printer", message_id="a@firm.test")
    numbers = [1, *[await counter.opens(f"Smoke {n}", BEA) for n in range(3)]]
    for source, target in pairwise(numbers):
        assert (await merged(counter, source, target))["ok"]
    end = await counter.id_of(numbers[-1])
    by_id = await counter.receives("Re: Printer", "a@firm.test")
    by_number = await counter.receives("Re: [#1] Printer")
    assert [by_id["ticket"], by_number["ticket"]] == [end, end]
    outgoing, first = uuid4(), await counter.id_of(1)
    accepted = MailAccepted(
        tenant="default", outgoing=outgoing, ticket=first, message_id="out@acme.test", written_by="person",
        actor=EVA, to=(BEA,), subject="Re: Printer", body=await counter.draft("Yes."),
    )  # fmt: skip
    await counter.hears(accepted)
    assert {row["ticket"] for row in await counter.rows(tables.posts) if row["outgoing"]} == {end}
    sent = MailSent(
        tenant="default",
        outgoing=outgoing,
        ticket=first,
        message_id="as-sent@acme.test",
        sent_from=BEA,
        sent_at=NOW,
    )
    await counter.hears(sent)
    answer = await counter.receives("Re: Printer", "as-sent@acme.test", sender=BEA)
    assert answer["ticket"] == end


async def test_a_chain_is_undone_from_its_end_and_each_gets_its_own_back(counter: Counter) -> None:
    numbers = [await counter.opens(f"Case {n}") for n in range(3)]
    posts = {number: await counter.posts(number) for number in numbers}
    one, two, three = numbers
    await merged(counter, one, two)
    await merged(counter, two, three)
    refused = await undone(counter, one)
    assert refused["refused"] == f"ticket {two} was itself merged into another: undo that one first"
    await undone(counter, two)
    assert set(await counter.posts(two)) == {*posts[one], *posts[two]}
    await undone(counter, one)
    assert {number: await counter.posts(number) for number in numbers} == posts


async def test_held_mail_goes_along_and_back_while_nobody_has_decided(counter: Counter) -> None:
    await counter.receives("Printer", message_id="a@firm.test")
    two = await counter.opens("Smoke")
    held = await counter.receives("Re: Printer", "a@firm.test", sender=BEA)
    assert held["outcome"] == "held"
    await merged(counter, 1, two)
    assert [row["ticket"] for row in await counter.rows(tables.held)] == [await counter.id_of(two)]
    await undone(counter, 1)
    assert [row["ticket"] for row in await counter.rows(tables.held)] == [await counter.id_of(1)]


async def test_merges_that_cannot_be_meant_are_refused_and_change_nothing(counter: Counter) -> None:
    one, two, three = [await counter.opens(f"Case {n}") for n in range(3)]
    await merged(counter, one, two)
    stale = await merged(counter, three, two, version=9)
    assert (stale["conflict"], stale["version"]) == (True, 1)
    reasons = [
        (await merged(counter, three, three))["refused"],
        (await merged(counter, one, three))["refused"],
        (await merged(counter, two, one))["refused"],
        (await merged(counter, three, one))["refused"],
        (await undone(counter, three))["refused"],
        (await counter.changes(one, status="open"))["refused"],
        (await counter.notes(one))["refused"],
    ]
    assert reasons == [
        "a ticket cannot be merged into itself",
        f"ticket {one} was merged already: undo that first",
        f"ticket {one} was itself merged into another: merge into that one",
        f"ticket {one} was itself merged into another: merge into that one",
        "this ticket is not merged into another",
        *["this ticket was merged into another: work on that one, or undo the merge"] * 2,
    ]
    assert (await counter.ticket(three))["version"] == 1


async def test_a_ticket_of_another_tenant_is_not_there_to_be_merged(counter: Counter) -> None:
    one = await counter.id_of(await counter.opens())
    await counter.add(config.tenants, id="other", name="Other", created_at=NOW)
    other = Counter(
        counter.owner, counter.units, counter.people, counter.blobs, counter.clock, tenant="other"
    )
    theirs = await other.id_of(await other.opens())
    for source, target in ((one, theirs), (theirs, one)):
        answer = await counter.hears(MergeTickets(tenant="default", source=source, target=target, actor=EVA))
        assert answer["refused"] == "there is no such ticket"


async def test_a_merged_ticket_is_left_alone_by_inactivity(counter: Counter) -> None:
    one, two = await counter.opens(), await counter.opens()
    await merged(counter, one, two)
    await counter.add(
        config.options,
        tenant="default",
        name="close_inactive_tickets",
        value=True,
        changed_at=NOW,
        changed_by="t",
    )
    counter.clock.now += timedelta(days=30)
    assert (await prune_tenant(counter.units, "default")).closed == 1
    assert (await counter.ticket(one))["status"] == "merged"
