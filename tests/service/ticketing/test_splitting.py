"""Split: what moves, where answers land since, what the clocks say, and that merging undoes it."""

from uuid import UUID, uuid4

from services.mailer import repository as mailer
from shared.contracts.mail import Address
from shared.contracts.sending import UNCONFIRMED, MailAccepted, MailFailed, MailSent
from shared.contracts.thread_tokens import message_id
from shared.contracts.tickets import (
    AddParticipant,
    MergeTickets,
    RemoveParticipant,
    SplitTicket,
    TicketChanged,
    TicketCreated,
)
from shared.storage import sending
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import ANNA, EVA, NOW, Counter, Row

BEA = Address(address="bea@other.test", name="Bea")
CARL = Address(address="carl@third.test", name="Carl")


async def split(counter: Counter, number: int, *posts: UUID, version: int | None = None) -> Row:
    ticket = await counter.id_of(number)
    command = SplitTicket(
        tenant="default", ticket=ticket, posts=posts, subject="Scanner", expected_version=version, actor=EVA
    )
    return await counter.hears(command)


async def merged(counter: Counter, source: int, target: int) -> Row:
    ids = {"source": await counter.id_of(source), "target": await counter.id_of(target)}
    return await counter.hears(MergeTickets(tenant="default", actor=EVA, **ids))


async def lets_answer(counter: Counter, number: int, *people: Address) -> None:
    for person in people:
        ticket = await counter.id_of(number)
        await counter.hears(AddParticipant(tenant="default", ticket=ticket, person=person, actor=EVA))


async def answered(counter: Counter, number: int, outgoing: UUID, *to: Address) -> str:
    """Let a mail of ours be on a ticket; return its Message-ID, signed."""
    ticket = await counter.id_of(number)
    (key_id, key), *_ = counter.thread_keys.keys.items()
    ours = message_id(outgoing, ticket, "acme.test", key_id, key)
    accepted = MailAccepted(
        tenant="default", outgoing=outgoing, ticket=ticket, message_id=ours, written_by="person", actor=EVA,
        to=to, subject="Re: Printer", body=await counter.draft("We come."),
    )  # fmt: skip
    await counter.hears(accepted)
    return ours


async def two_matters(counter: Counter) -> tuple[UUID, UUID]:
    """Anna writes about the printer, Bea about the scanner, on one ticket; return both posts."""
    printer = await counter.receives("Printer", message_id="a@firm.test")
    await lets_answer(counter, 1, BEA)
    counter.clock.later(hours=1)
    scanner = await counter.receives("Re: Printer", "a@firm.test", sender=BEA, message_id="b@other.test")
    counter.clock.later(hours=1)
    return printer["post"], scanner["post"]


async def landed(counter: Counter, *answers: str, sender: Address) -> int:
    """Let somebody answer; return the number of the ticket that shows it."""
    placed = await counter.receives("Re: Printer", *answers, sender=sender)
    assert placed["outcome"] == "append", placed["reason"]
    numbers = {row["id"]: row["number"] for row in await counter.rows(tables.tickets)}
    return int(numbers[placed["ticket"]])


async def test_the_chosen_posts_are_a_ticket_of_their_own_and_both_tell(counter: Counter) -> None:
    printer, scanner = await two_matters(counter)
    await counter.changes(1, priority="high", tags=["hall"])
    answer = await split(counter, 1, scanner, version=3)
    assert answer == {"ok": True, "number": 2, "version": 4}
    old, new = await counter.ticket(1), await counter.ticket(2)
    kinds = {row["id"]: row["kind"] for row in await counter.rows(tables.posts)}
    assert [kinds[post] for post in await counter.posts(1)] == ["mail_in", "system"]
    assert [kinds[post] for post in await counter.posts(2)] == ["mail_in", "system"]
    assert (printer in await counter.posts(1), scanner in await counter.posts(2)) == (True, True)
    assert (new["subject"], new["priority"], new["tags"], new["status"]) == (
        "Scanner",
        "high",
        ["hall"],
        "new",
    )
    assert (new["split_from"], new["mailbox"]) == (old["id"], old["mailbox"])
    (bea,) = [row["id"] for row in await counter.rows(tables.contacts) if row["address"] == BEA.address]
    assert new["contact"] == bea != old["contact"]
    people = {(row["ticket"], row["address"]) for row in await counter.rows(tables.participants)}
    assert {address for ticket, address in people if ticket == new["id"]} == {BEA.address}
    assert (await counter.history(1))[-1] == ("split", None, 2)
    assert await counter.history(2) == [("split_from", None, 1)]
    created = (await counter.emitted(TicketCreated))[-1]
    assert (created.split_from, created.ticket.number, created.ticket.thread) == (
        old["id"],
        2,
        ("b@other.test",),
    )
    told = [event for event in await counter.emitted(TicketChanged) if event.changes[0].field == "split"]
    assert [(event.ticket.number, event.ticket.thread) for event in told] == [(1, ("a@firm.test",))]


async def test_the_clocks_of_both_are_those_of_their_posts(counter: Counter) -> None:
    _, scanner = await two_matters(counter)
    await answered(counter, 1, uuid4(), ANNA)
    assert (await counter.ticket(1))["waiting_since"] is None
    ours = (await counter.posts(1))[-1]
    await split(counter, 1, scanner)
    old, new = await counter.ticket(1), await counter.ticket(2)
    moments = {row["id"]: row["created_at"] for row in await counter.rows(tables.posts)}
    assert (old["waiting_since"], old["last_person_post_at"]) == (None, moments[ours])
    assert new["waiting_since"] == new["last_person_post_at"] == moments[scanner]
    await split(counter, 1, ours)
    left, third = await counter.ticket(1), await counter.ticket(3)
    assert left["waiting_since"] == left["last_person_post_at"] == NOW
    assert (third["status"], third["waiting_since"]) == ("open", None)


async def test_answers_land_where_the_mail_is_that_they_answer(counter: Counter) -> None:
    _, scanner = await two_matters(counter)
    ours = await answered(counter, 1, uuid4(), ANNA, BEA)
    late = await counter.receives(
        "Re: Printer", "b@other.test", "a@firm.test", ours, message_id="c@firm.test"
    )
    await split(counter, 1, scanner, late["post"])
    assert await landed(counter, "b@other.test", "a@firm.test", sender=BEA) == 2
    assert await landed(counter, "a@firm.test", sender=ANNA) == 1
    assert await landed(counter, ours, sender=ANNA) == 1
    # the nearest is on the new ticket, an older one is ours, signed for the old one
    assert await landed(counter, "c@firm.test", "a@firm.test", ours, sender=ANNA) == 2
    assert await landed(counter, ours, "b@other.test", sender=ANNA) == 1


async def test_a_mail_of_ours_that_was_split_off_leads_to_the_new_ticket(counter: Counter) -> None:
    """By its token, by the id that the provider gave it, and when it fails."""
    await two_matters(counter)
    outgoing = uuid4()
    ours = await answered(counter, 1, outgoing, BEA)
    await split(counter, 1, (await counter.posts(1))[-1])
    assert await landed(counter, ours, sender=BEA) == 2
    facts = {"tenant": "default", "outgoing": outgoing, "ticket": await counter.id_of(1)}
    await counter.hears(MailSent(message_id="as-sent@acme.test", sent_from=BEA, sent_at=NOW, **facts))
    assert await landed(counter, "as-sent@acme.test", sender=BEA) == 2
    failed = MailFailed(recipients=(BEA,), state="failed", code=UNCONFIRMED, reason="x", **facts)
    await counter.hears(failed)
    notes = [row for row in await counter.rows(tables.posts) if row["details"].get("event") == "mail_failed"]
    assert [note["ticket"] for note in notes] == [await counter.id_of(2)]


async def test_planned_mail_waits_for_the_customer_where_it_is_shown(counter: Counter) -> None:
    await two_matters(counter)
    outgoing = uuid4()
    ours = await answered(counter, 1, outgoing, BEA)
    draft = {"body": "b", "written_by": "person", "subject": "Re", "snapshot": {}, "actor": {}, "files": []}
    await counter.add(
        sending.mails, id=outgoing, tenant="default", ticket=await counter.id_of(1), effect=uuid4(),
        recipients={}, message_id=ours, state="planned", unless_customer_writes=True, created_at=NOW, **draft,
    )  # fmt: skip
    await split(counter, 1, (await counter.posts(1))[-1])
    async with counter.owner.begin() as db:
        found = {
            number: [
                row.id
                for row in await mailer.waiting_for_customer(db, "default", await counter.id_of(number))
            ]
            for number in (1, 2)
        }
    assert found == {1: [], 2: [outgoing]}


async def test_merging_the_new_ticket_back_undoes_a_split(counter: Counter) -> None:
    printer, scanner = await two_matters(counter)
    before = await counter.ticket(1)
    await split(counter, 1, scanner)
    await merged(counter, 2, 1)
    assert {printer, scanner} <= set(await counter.posts(1))
    assert await landed(counter, "b@other.test", sender=BEA) == 1
    after = await counter.ticket(1)
    assert after["waiting_since"] == before["waiting_since"]


async def test_what_was_split_off_stays_when_an_earlier_merge_is_undone(counter: Counter) -> None:
    await counter.receives("Printer", message_id="a@firm.test")
    two = await counter.opens("Smoke")
    (own,) = await counter.posts(two)
    await merged(counter, two, 1)
    await split(counter, 1, own)
    (row,) = [row for row in await counter.rows(tables.posts) if row["id"] == own]
    assert (row["ticket"], row["origin"]) == (await counter.id_of(3), None)


async def test_who_was_removed_is_not_brought_along(counter: Counter) -> None:
    _, scanner = await two_matters(counter)
    await lets_answer(counter, 1, CARL)
    late = await counter.receives("Re: Printer", "b@other.test", sender=CARL, message_id="c@third.test")
    ticket = await counter.id_of(1)
    await counter.hears(RemoveParticipant(tenant="default", ticket=ticket, person=CARL, actor=EVA))
    await split(counter, 1, scanner, late["post"])
    placed = await counter.receives("Re: Printer", "c@third.test", sender=CARL)
    assert (placed["outcome"], placed["ticket"]) == ("held", await counter.id_of(2))
    reason = "it answers a mail of this ticket, which was split, but its sender was removed from it"
    assert placed["reason"] == reason


async def test_a_split_that_cannot_be_meant_is_refused_and_changes_nothing(counter: Counter) -> None:
    printer, scanner = await two_matters(counter)
    two = await counter.opens("Smoke")
    (other,) = await counter.posts(two)
    stale = await split(counter, 1, scanner, version=9)
    assert (stale["conflict"], stale["version"]) == (True, 2)
    refused = [
        (await split(counter, 1))["refused"],
        (await split(counter, 1, printer, scanner))["refused"],
        (await split(counter, 1, scanner, other))["refused"],
        (await split(counter, 1, uuid4()))["refused"],
    ]
    gone = "a chosen post is not on this ticket any more: read it again"
    assert refused == [
        "no post is chosen: choose those that are another matter",
        "at least one mail or note stays: to rename a ticket, change its subject",
        gone,
        gone,
    ]
    assert ((await counter.ticket(1))["version"], len(await counter.rows(tables.tickets))) == (2, 2)
    await split(counter, 1, scanner)
    entry = (await counter.posts(1))[-1]
    assert "entry of the system" in (await split(counter, 1, entry))["refused"]
    await merged(counter, 1, two)
    assert (await split(counter, 1, printer))["refused"].startswith("this ticket was merged")


async def test_a_ticket_of_another_tenant_is_not_there_to_be_split(counter: Counter) -> None:
    _, scanner = await two_matters(counter)
    strange = SplitTicket(
        tenant="other", ticket=await counter.id_of(1), posts=(scanner,), subject="x", actor=EVA
    )
    assert await counter.hears(strange) == {"refused": "there is no such ticket"}
