"""Many tickets are changed by one call, each by a command of its own; and every change is told."""

from uuid import UUID, uuid4, uuid5

from services.desk.once import id_of
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_commands_sent import sent
from tests.service.desk.test_defined import calling


async def test_each_ticket_has_its_own_command_and_answer(house: House, eva: Browser) -> None:
    call, headers = await calling(house, eva), await keyed(house, eva)
    key = id_of(UUID(headers["Idempotency-Key"]), headers["Authorization"])
    ids = {number: await house.ticket(number) for number in (7, 8, 9)}
    queue = "ticketing.ticket.change.v1"
    await house.answers(queue, uuid5(key, str(ids[7])), {"ok": True, "version": 2})
    await house.answers(queue, uuid5(key, str(ids[8])), {"refused": "this is not to be"})
    body = {"numbers": [7, 8, 9, 99, 7], "changes": {"priority": "high", "fields": {"floor": 3}}}
    answer = await eva.http.post("/api/v1/tickets/bulk", json=body, headers=headers)
    assert [(one["number"], one["state"], one["detail"]) for one in answer.json()] == [
        (7, "done", ""),
        (8, "refused", "This is not to be."),
        (9, "still working", ""),
        (99, "refused", "There is no ticket 99."),
    ]
    again = await eva.http.post("/api/v1/tickets/bulk", json=body, headers=headers)
    assert again.json() == answer.json()
    other = await eva.http.post("/api/v1/tickets/bulk", json=body | {"numbers": [7]}, headers=headers)
    assert (other.status_code, other.json()["remedy"]) == (409, "Send it with a new one.")
    commands = {UUID(one["id"]): one for one in await sent(house, "ticket.change.v1")}
    assert set(commands) == {uuid5(key, str(one)) for one in ids.values()}
    command = commands[uuid5(key, str(ids[9]))]
    assert (command["ticket"], command["expected_version"]) == (str(ids[9]), 1)
    assert command["changes"] == {"priority": "high", "fields.floor": 3}
    for wrong in ({}, {"priority": "high", "version": 3}):
        assert (await call("POST", "/tickets/bulk", {"numbers": [7], "changes": wrong})).status_code == 422


async def test_a_program_asks_what_would_happen_and_takes_it_back(house: House, eva: Browser) -> None:
    call, headers = await calling(house, eva), await keyed(house, eva)
    key = id_of(UUID(headers["Idempotency-Key"]), headers["Authorization"])
    ids = {number: await house.ticket(number, tags=["old"]) for number in (7, 8)}
    await house.ticket(9, priority="high", tags=["vip"])
    body = {
        "numbers": [7, 8, 9],
        "changes": {"priority": "high"},
        "add_tags": ["vip"],
        "remove_tags": ["old"],
    }
    told = (await call("POST", "/tickets/bulk/preview", body)).json()
    assert told == {
        "tickets": 2,
        "lines": ["priority Normal → High", "tags old → vip"],
        "notes": ["1 is so already"],
    }
    queue = "ticketing.ticket.change.v1"
    for ticket in ids.values():
        await house.answers(queue, uuid5(key, str(ticket)), {"ok": True, "version": 2})
    done = await eva.http.post("/api/v1/tickets/bulk", json=body, headers=headers)
    assert [one["state"] for one in done.json()] == ["done", "done", "done"]
    assert done.headers["location"] == f"/api/v1/tickets/bulk/{key}"
    values = {"priority": "high", "tags": ["vip"], "version": 2}
    await house.change(tables.tickets.update().where(tables.tickets.c.id == ids[7]).values(**values))
    await house.answers(queue, uuid5(uuid5(key, "undo"), str(ids[7])), {"ok": True, "version": 3})
    undone = (await call("POST", f"/tickets/bulk/{key}/undo")).json()
    assert [(one["number"], one["state"], one["detail"]) for one in undone] == [
        (7, "done", ""),
        (8, "refused", "Somebody changed its tags since."),
    ]
    last = (await sent(house, "ticket.change.v1"))[-1]
    assert (last["changes"], last["expected_version"]) == ({"priority": "normal", "tags": ["old"]}, 2)
    assert (await call("POST", f"/tickets/bulk/{uuid4()}/undo")).status_code == 404


async def test_the_history_is_read_from_the_newest_change(house: House, eva: Browser) -> None:
    call, ticket = await calling(house, eva), await house.ticket(7)
    for version, value in enumerate(("open", "pending", "closed"), start=2):
        row = {"tenant": "default", "ticket": ticket, "field": "status", "old": "x", "new": value}
        await house.add(tables.history, **row, version=version, actor={"name": "Eva"}, at=NOW)
    first = (await call("GET", "/tickets/7/history?limit=2")).json()
    assert [(one["new"], one["version"], one["actor"]["name"]) for one in first["items"]] == [
        ("closed", 4, "Eva"),
        ("pending", 3, "Eva"),
    ]
    rest = (await call("GET", f"/tickets/7/history?after={first['next']}")).json()
    assert [one["new"] for one in rest["items"]] == ["open"]


async def bearer(house: House, eva: Browser) -> dict[str, str]:
    assert eva.csrf
    return {"Authorization": f"Bearer {await house.token(house.users['eva'])}"}


async def keyed(house: House, eva: Browser) -> dict[str, str]:
    return await bearer(house, eva) | {"Idempotency-Key": str(uuid4())}
