"""Own statuses count by their category, and custom fields by their type."""

from datetime import timedelta

from services.ticketing.sweeping import prune_tenant
from shared.contracts.tickets import TicketChanged
from shared.storage import config
from tests.service.ticketing.conftest import NOW, Counter


async def status(counter: Counter, key: str, category: str, **values: object) -> None:
    row = {"tenant": "default", "key": key, "name": key.title(), "category": category}
    await counter.add(config.statuses, **row | values)


async def field(
    counter: Counter, key: str, kind: str, choices: tuple[str, ...] = (), **values: object
) -> None:
    row = {"tenant": "default", "key": key, "name": key.title(), "type": kind, "choices": list(choices)}
    await counter.add(config.custom_fields, **row | values)


async def test_own_statuses_are_set_and_their_category_goes_along(counter: Counter) -> None:
    await status(counter, "with_vendor", "pending")
    await status(counter, "binned", "closed", archived_at=NOW)
    number = await counter.opens()
    assert (await counter.changes(number, status="with_vendor"))["ok"]
    ticket = await counter.ticket(number)
    assert (ticket["status"], ticket["category"]) == ("with_vendor", "pending")
    (told,) = await counter.emitted(TicketChanged)
    assert (told.ticket.status, told.ticket.category) == ("with_vendor", "pending")
    refused = await counter.changes(number, status="binned")
    assert refused["refused"] == "status is one of: new, open, pending, resolved, closed, with_vendor"


async def test_a_mail_reopens_what_waits_or_has_ended_by_its_category(counter: Counter) -> None:
    await status(counter, "with_vendor", "pending")
    await status(counter, "done_for_good", "closed")
    await counter.receives("Printer", message_id="a@firm.test")
    for own, outcome in (("with_vendor", "append"), ("done_for_good", "reopen")):
        await counter.changes(1, status=own)
        counter.clock.later(hours=1)
        placed = await counter.receives("Re: Printer", "a@firm.test")
        assert placed["outcome"] == outcome
        ticket = await counter.ticket(1)
        assert (ticket["status"], ticket["category"]) == ("open", "open")


async def test_inactivity_closes_what_has_an_open_category_and_nothing_that_has_ended(
    counter: Counter,
) -> None:
    await status(counter, "with_vendor", "pending")
    await status(counter, "done_for_good", "closed")
    option = {"name": "close_inactive_tickets", "value": True, "changed_at": NOW, "changed_by": "test"}
    await counter.add(config.options, tenant="default", **option)
    waits, ended = await counter.opens(), await counter.opens()
    await counter.changes(waits, status="with_vendor")
    await counter.changes(ended, status="done_for_good")
    counter.clock.now += timedelta(days=30)
    assert (await prune_tenant(counter.units, "default")).closed == 1
    assert (await counter.ticket(waits))["category"] == "closed"
    assert (await counter.ticket(ended))["status"] == "done_for_good"


async def test_custom_fields_are_changed_like_any_other(counter: Counter) -> None:
    await field(counter, "serial", "text")
    await field(counter, "floor", "number")
    await field(counter, "colours", "multi", ("red", "blue"))
    number = await counter.opens()
    done = await counter.changes(number, version=1, custom={"serial": "X1", "colours": ["blue"]})
    assert done == {"ok": True, "version": 2}
    assert (await counter.changes(number, version=2, custom={"floor": 3, "serial": None}))["ok"]
    assert (await counter.ticket(number))["fields"] == {"colours": ["blue"], "floor": 3}
    assert await counter.history(number) == [
        ("fields.serial", None, "X1"),
        ("fields.colours", None, ["blue"]),
        ("fields.floor", None, 3),
        ("fields.serial", "X1", None),
    ]
    told = await counter.emitted(TicketChanged)
    assert told[-1].ticket.fields == {"colours": ["blue"], "floor": 3}


async def test_a_value_that_does_not_fit_or_a_field_that_is_not_there_changes_nothing(
    counter: Counter,
) -> None:
    await field(counter, "floor", "number")
    await field(counter, "old", "text", archived_at=NOW)
    number = await counter.opens()
    answer = await counter.changes(number, priority="high", custom={"floor": "third", "old": "x"})
    assert answer["refused"] == (
        "Floor (fields.floor) is a number, such as 12.5; there is no custom field 'old'; there are: floor"
    )
    assert (await counter.ticket(number))["version"] == 1
