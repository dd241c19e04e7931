"""What triggers do to tickets: tags beside others, members in turn, notes that are nobody's activity."""

import asyncio
from collections import Counter as Counted
from collections.abc import Sequence
from uuid import UUID, uuid4

import pytest

from services.ticketing.acting import after, tagged
from shared.contracts.acting import AssignInTurn, TagTicket, WriteNote, WriteNoteInWords
from shared.contracts.sending import Draft
from shared.contracts.tickets import Actor, SplitTicket, TicketChanged
from shared.messaging.failures import AlreadyHandled
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.ticketing.conftest import ANNA, EVA, NOW, Counter

TRIGGER = Actor(trigger=UUID(int=5), name="Sort")
SUPPORT = UUID(int=3)


async def team(counter: Counter, *members: int) -> None:
    for number in members:
        person = {"name": f"User {number}", "role": "agent", "created_at": NOW}
        address = f"user{number}@acme.test"
        await counter.add(config.users, id=UUID(int=number), tenant="default", address=address, **person)
        await counter.add(config.memberships, user=UUID(int=number), department=SUPPORT, tenant="default")


async def assigned(counter: Counter, number: int, **how: bool) -> UUID | None:
    ticket = await counter.id_of(number)
    command = AssignInTurn(tenant="default", ticket=ticket, department=SUPPORT, actor=TRIGGER, **how)
    await counter.hears(command)
    assignee: UUID | None = (await counter.ticket(number))["assignee"]
    return assignee


async def test_two_triggers_that_add_tags_at_once_both_end_on_the_ticket(counter: Counter) -> None:
    number = await counter.opens()
    ticket = await counter.id_of(number)
    words = [f"tag {each}" for each in range(6)]
    await asyncio.gather(
        *(
            counter.hears(TagTicket(tenant="default", ticket=ticket, add=(word,), actor=TRIGGER))
            for word in words
        )
    )
    assert sorted((await counter.ticket(number))["tags"]) == words
    changed = await counter.emitted(TicketChanged)
    assert len(changed) == len(words)
    assert {told.actor.trigger for told in changed} == {TRIGGER.trigger}


async def test_tags_are_taken_away_and_a_tag_that_is_there_is_no_change(counter: Counter) -> None:
    number = await counter.opens()
    ticket = await counter.id_of(number)
    await counter.changes(number, tags=["a", "b"])
    changed = len(await counter.emitted(TicketChanged))
    await counter.hears(TagTicket(tenant="default", ticket=ticket, add=("c",), remove=("a",), actor=TRIGGER))
    assert (await counter.ticket(number))["tags"] == ["b", "c"]
    await counter.hears(TagTicket(tenant="default", ticket=ticket, add=("c",), remove=("a",), actor=TRIGGER))
    assert len(await counter.emitted(TicketChanged)) == changed + 1


def test_what_is_both_taken_away_and_added_stays() -> None:
    assert tagged(["b", "a"], ["c", "b"], ["a"]) == ["b", "c"]
    assert tagged(["b", "a"], ["a"], ["a"]) == ["b", "a"]


async def test_members_have_their_turns_one_after_the_other_however_many_ask_at_once(
    counter: Counter,
) -> None:
    await team(counter, 21, 22, 23)
    numbers = [await counter.opens(f"Ticket {each}") for each in range(9)]
    found = await asyncio.gather(*(assigned(counter, number) for number in numbers))
    assert Counted(found) == {UUID(int=21): 3, UUID(int=22): 3, UUID(int=23): 3}


async def test_a_command_that_comes_twice_takes_one_turn_and_an_assigned_ticket_takes_none(
    counter: Counter,
) -> None:
    await team(counter, 21, 22)
    first, second, third = [await counter.opens(f"Ticket {each}") for each in range(3)]
    command = AssignInTurn(
        tenant="default", ticket=await counter.id_of(first), department=SUPPORT, actor=TRIGGER
    )
    await counter.hears(command)
    with pytest.raises(AlreadyHandled):
        await counter.hears(command)
    assert await assigned(counter, first) == UUID(int=21)
    assert await assigned(counter, second) == UUID(int=22)
    assert await assigned(counter, third) == UUID(int=21)
    assert await assigned(counter, third, only_unassigned=False) == UUID(int=22)


async def test_a_department_without_members_is_said(counter: Counter) -> None:
    number = await counter.opens()
    ticket = await counter.id_of(number)
    command = AssignInTurn(tenant="default", ticket=ticket, department=SUPPORT, actor=TRIGGER)
    assert await counter.hears(command) == {"refused": "the department has no members who are given tickets"}


def test_whoever_follows_is_found_also_when_the_last_one_left() -> None:
    a, b, c = sorted(uuid4() for _ in range(3))
    members: Sequence[UUID] = [a, c]
    assert [after(last, members) for last in (None, a, b, c)] == [a, c, c, a]
    assert after(a, []) is None


@pytest.mark.parametrize("contract", [WriteNote, WriteNoteInWords])
async def test_a_note_of_a_trigger_is_found_and_moves_no_clock(
    counter: Counter, contract: type[WriteNote] | type[WriteNoteInWords]
) -> None:
    """Also when the message is one of before, with the words in it."""
    words = "Watch  this\none."
    number = await counter.opens()
    ticket = await counter.ticket(number)
    counter.clock.later(days=1)
    told = {"text": words} if contract is WriteNoteInWords else {"body": await counter.draft(words)}
    facts = {"tenant": "default", "ticket": ticket["id"], "actor": TRIGGER}
    command = contract.model_validate(facts | told)
    await counter.hears(command)
    with pytest.raises(AlreadyHandled):
        await counter.hears(command)
    assert await counter.ticket(number) == ticket
    (note,) = [row for row in await counter.rows(tables.posts) if row["details"].get("trigger")]
    assert (note["kind"], note["author_name"], note["user"]) == ("note", "Sort", None)
    assert note["preview"] == "Watch this one."
    kept = Draft.model_validate_json(await counter.blobs.get("default", note["body"]))
    assert kept.text == words
    assert note["id"] in {row["id"] for row in await counter.rows(tables.words)}


async def test_a_note_of_a_trigger_is_nobodys_word_after_a_split_either(counter: Counter) -> None:
    placed = await counter.receives("Scanner")
    second = await counter.receives("Re: Scanner", sender=ANNA)
    ticket = placed["ticket"]
    number = next(row["number"] for row in await counter.rows(tables.tickets) if row["id"] == ticket)
    assert second["ticket"] != ticket
    counter.clock.later(days=2)
    body = await counter.draft("Two days.")
    await counter.hears(WriteNote(tenant="default", ticket=ticket, body=body, actor=TRIGGER))
    counter.clock.later(days=1)
    await counter.notes(number, "Mine.")
    posts = await counter.posts(number)
    note = posts[-1]
    split = SplitTicket(tenant="default", ticket=ticket, posts=(note,), subject="Mine", actor=EVA)
    assert (await counter.hears(split)).get("ok")
    assert (await counter.ticket(number))["last_person_post_at"] == NOW
