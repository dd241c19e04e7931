"""Links: both sides tell, none is doubled, and nobody becomes their own ancestor."""

from itertools import pairwise

import pytest

from services.ticketing.linking import DEEPEST
from shared.contracts.tickets import LinkKind, LinkTickets, MergeTickets, TicketChanged, UnlinkTickets
from shared.storage import together
from tests.service.ticketing.conftest import EVA, Counter, Row


async def linked(counter: Counter, one: int, how: str, other: int) -> Row:
    ids = {"ticket": await counter.id_of(one), "to": await counter.id_of(other)}
    return await counter.hears(LinkTickets(tenant="default", how=LinkKind(how), actor=EVA, **ids))


async def unlinked(counter: Counter, one: int, other: int) -> Row:
    ids = {"ticket": await counter.id_of(one), "to": await counter.id_of(other)}
    return await counter.hears(UnlinkTickets(tenant="default", actor=EVA, **ids))


@pytest.mark.parametrize(
    ("how", "back"),
    [
        ("relates", "relates"),
        ("parent", "child"),
        ("child", "parent"),
        ("duplicate_of", "duplicated_by"),
    ],
)
async def test_a_link_and_its_end_stand_in_both_histories(counter: Counter, how: str, back: str) -> None:
    one, two = await counter.opens(), await counter.opens("Smoke")
    assert await linked(counter, one, how, two) == {"ok": True, "version": 2}
    assert await counter.history(one) == [("links", None, f"{how} #{two}")]
    assert await counter.history(two) == [("links", None, f"{back} #{one}")]
    assert await unlinked(counter, two, one) == {"ok": True, "version": 3}
    assert await counter.history(one) == [
        ("links", None, f"{how} #{two}"),
        ("links", f"{how} #{two}", None),
    ]
    assert (await counter.history(two))[-1] == ("links", f"{back} #{one}", None)
    assert await counter.rows(together.links) == []
    told = [(event.ticket.number, event.changes[0].field) for event in await counter.emitted(TicketChanged)]
    assert sorted(told) == [(one, "links"), (one, "links"), (two, "links"), (two, "links")]


async def test_links_that_cannot_be_meant_are_refused_and_change_nothing(counter: Counter) -> None:
    one, two, three = [await counter.opens(f"Case {n}") for n in range(3)]
    await linked(counter, one, "relates", two)
    away = await counter.opens("Double")
    into = {"source": await counter.id_of(away), "target": await counter.id_of(three)}
    await counter.hears(MergeTickets(tenant="default", actor=EVA, **into))
    refused = [
        (await linked(counter, one, "relates", one))["refused"],
        (await linked(counter, one, "parent", two))["refused"],
        (await linked(counter, two, "duplicate_of", one))["refused"],
        (await linked(counter, one, "relates", away))["refused"],
        (await linked(counter, away, "relates", one))["refused"],
        (await unlinked(counter, one, three))["refused"],
    ]
    assert refused == [
        "a ticket cannot be linked to itself",
        f"tickets {one} and {two} are linked already: remove that link first",
        f"tickets {two} and {one} are linked already: remove that link first",
        f"ticket {away} was merged into another: link to that one",
        "this ticket was merged into another: work on that one, or undo the merge",
        f"nobody linked tickets {one} and {three}",
    ]
    assert len(await counter.rows(together.links)) == 1
    assert (await counter.ticket(one))["version"] == 2


async def test_parents_make_trees_without_circles_and_of_a_certain_depth(counter: Counter) -> None:
    line = [await counter.opens(f"Case {n}") for n in range(DEEPEST + 1)]
    for child, parent in pairwise(line[:DEEPEST]):
        assert (await linked(counter, child, "parent", parent))["ok"]
    top, lowest, other = line[DEEPEST - 1], line[0], line[DEEPEST]
    circle = await linked(counter, top, "parent", lowest)
    assert circle["refused"] == f"ticket {top} is above that one already: it cannot be below it too"
    for one, how, two in ((top, "parent", other), (other, "parent", lowest)):
        too_deep = await linked(counter, one, how, two)
        assert too_deep["refused"] == f"parents and children go {DEEPEST} generations deep at most"
    second = await linked(counter, other, "child", lowest)
    assert second["refused"] == f"ticket {lowest} has a parent already: remove that link first"
    assert (await linked(counter, top, "child", other))["ok"]


async def test_a_link_of_a_merged_ticket_is_removed_where_it_is_shown(counter: Counter) -> None:
    one, two, three = [await counter.opens(f"Case {n}") for n in range(3)]
    await linked(counter, one, "relates", three)
    into = {"source": await counter.id_of(one), "target": await counter.id_of(two)}
    await counter.hears(MergeTickets(tenant="default", actor=EVA, **into))
    assert (await unlinked(counter, two, three))["ok"]
    assert await counter.rows(together.links) == []


async def test_a_ticket_of_another_tenant_is_not_there_to_be_linked(counter: Counter) -> None:
    one = await counter.id_of(await counter.opens())
    counter.tenant = "other"
    two = await counter.id_of(await counter.opens())
    for command in (
        LinkTickets(tenant="other", ticket=two, to=one, how=LinkKind.RELATES, actor=EVA),
        UnlinkTickets(tenant="other", ticket=two, to=one, actor=EVA),
    ):
        assert await counter.hears(command) == {"refused": "there is no such ticket"}
