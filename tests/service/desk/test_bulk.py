"""Many tickets are changed by one call, each by a command of its own; and every change is told."""

from uuid import UUID, uuid4, uuid5

from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent
from tests.service.desk.test_defined import calling


async def test_each_ticket_has_its_own_command_and_answer(house: House, eva: Browser) -> None:
    call, key = await calling(house, eva), uuid4()
    ids = {number: await house.ticket(number) for number in (7, 8, 9)}
    queue = "ticketing.ticket.change.v1"
    await house.answers(queue, uuid5(key, str(ids[7])), {"ok": True, "version": 2})
    await house.answers(queue, uuid5(key, str(ids[8])), {"refused": "this is not to be"})
    body = {"numbers": [7, 8, 9, 99, 7], "changes": {"priority": "high", "fields": {"floor": 3}}}
    answer = await eva.http.post(
        "/api/v1/tickets/bulk", json=body, headers=await bearer(house, eva) | {"Idempotency-Key": str(key)}
    )
    assert [(one["number"], one["state"], one["detail"]) for one in answer.json()] == [
        (7, "done", ""),
        (8, "refused", "This is not to be."),
        (9, "still working", ""),
        (99, "refused", "There is no ticket 99."),
    ]
    (command,) = await sent(house, "ticket.change.v1")
    assert (UUID(command["id"]), command["ticket"]) == (uuid5(key, str(ids[9])), str(ids[9]))
    assert command["changes"] == {"priority": "high", "fields.floor": 3}
    for wrong in ({}, {"priority": "high", "version": 3}):
        assert (await call("POST", "/tickets/bulk", {"numbers": [7], "changes": wrong})).status_code == 422


async def test_the_history_is_read_from_the_newest_change(house: House, eva: Browser) -> None:
    call, ticket = await calling(house, eva), await house.ticket(7)
    for version, value in enumerate(("open", "pending", "closed"), start=2):
        row = {"tenant": "default", "ticket": ticket, "field": "status", "old": "x", "new": value}
        await house.add(tables.history, **row, version=version, actor={"name": "Eva"}, at=NOW)
    first = (await call("GET", "/tickets/7/history?limit=2")).json()
    assert [(one["new"], one["version"], one["actor"]["name"]) for one in first] == [
        ("closed", 4, "Eva"),
        ("pending", 3, "Eva"),
    ]
    rest = (await call("GET", f"/tickets/7/history?before={first[-1]['id']}")).json()
    assert [one["new"] for one in rest] == ["open"]


async def bearer(house: House, eva: Browser) -> dict[str, str]:
    assert eva.csrf
    return {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}
