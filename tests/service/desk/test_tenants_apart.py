"""No operation of the API, and no page, tells or touches another tenant: each one, with the ids of both.

A new operation is tried by what its parameters say. One that this does not fit is named in `ASKED_OTHERWISE`.
"""

import json
import re
from collections.abc import AsyncIterator
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from services.desk.desk import Desk
from shared.blobs.filesystem import FilesystemBlobs
from shared.messaging.unit import Units
from shared.storage import config, ingest, messages
from shared.storage import desk as desks
from shared.storage import tickets as tables
from shared.storage import triggers as happened
from shared.storage.tables import TABLES
from tests.service.desk.applications import app_of
from tests.service.desk.asking import MARK, Known, Operation, addresses, body_of, operations, pages, queries
from tests.service.desk.conftest import NOW, PATIENCE, Browser, Clock, House
from tests.service.desk.holding import failing, held_loop

OURS, THEIRS = "acme", "zeta"

ASKED_OTHERWISE: dict[tuple[str, str], str] = {
    ("GET", "/api/v1/organizations/domains/{domain}"): "a domain is nobody's id; it counts our own tickets",
    ("POST", "/api/v1/organizations/domains/{domain}"): "as above; ticketing moves our own tickets",
    ("GET", "/api/v1/mailboxes/{mailbox}/folders"): "a mailbox that was never read has no folders either",
}
"""Operations whose answer to a strange id is not 404, and why. They too tell nothing and touch nothing."""

NUMBER_OF_BOTH, THEIR_NUMBER = 7, 4711
NO_IDS = {
    "number": [str(THEIR_NUMBER)],
    "day": [f"{NOW:%Y-%m-%d}"],
    "sha256": ["0" * 64],
    "content_id": ["x"],
}
"""What stands in addresses beside ids."""


async def settle_in(house: House, tenant: str, word: str) -> Known:
    """Fill a tenant: the same numbers and addresses in both, other words."""
    await house.tenant(tenant)
    known = Known(tenant)
    user = await house.user("eva@acme.test", tenant=tenant, role="admin", name=f"Eva {word}")
    known.token = await house.token(user, tenant)
    box = await house.mailbox(
        "help@acme.test", tenant=tenant, error_code="x", error_text=word, error_since=NOW
    )
    ticket = await house.ticket(
        NUMBER_OF_BOTH, f"Printer {word}", tenant=tenant, mailbox=box, assignee=user, tags=[word]
    )
    post = await house.mail_in(ticket, f"It smokes, {word}.", tenant=tenant, subject=word)
    outgoing = [
        await house.mail_out(ticket, state, tenant=tenant, subject=f"Re: {word}", send_at=NOW)
        for state in ("held", "planned", "failed")
    ]
    known.ids += await held_loop(house, ticket, word, tenant=tenant, address=f"gone@{word}.test")
    known.ids += [await failing(house, box, word, tenant=tenant)]
    known.ids += [user, box, ticket, post, *outgoing, await house.contact("anna@example.test", tenant)]
    for state in ("quarantined", "settled"):
        mail, told = uuid4(), {"provider_id": f"{word} {state}", "reason": word, "detail": word}
        await house.add(ingest.mails, id=mail, tenant=tenant, mailbox=box, state=state, listed_at=NOW, **told)
        known.ids.append(mail)
    run, facts = uuid4(), {"mailbox": box, "state": "done", "send": False, "findings": []}
    row: dict[str, Any] = {"id": run, "tenant": tenant, "asked_at": NOW, "ended_at": NOW}
    await house.add(ingest.examinations, asked_by=word, reason=word, **row, **facts)
    await house.add(ingest.folders, tenant=tenant, mailbox=box, id=word, path=word)
    department, organization, parked = uuid4(), uuid4(), uuid4()
    await house.add(config.departments, id=department, tenant=tenant, key=word.lower(), name=word)
    await house.add(tables.organizations, id=organization, tenant=tenant, name=word, created_at=NOW)
    message = {"queue": word, "body": word.encode(), "headers": {}, "error": word, "attempts": 1}
    await house.add(messages.parked, id=parked, tenant=tenant, parked_at=NOW, **message)
    known.ids += [run, department, organization, parked, *await tried(house, tenant, ticket, word)]
    known.ids += await listed(house, tenant, user, ticket, word)
    return known


async def listed(house: House, tenant: str, user: UUID, ticket: UUID, word: str) -> list[UUID]:
    """Add a shared view, and a change of many tickets."""
    view, bulk = uuid4(), uuid4()
    row = {"id": view, "tenant": tenant, "owner": user, "name": word, "shared": True}
    await house.add(desks.views, **row, asked={"view": "all"}, changed_at=NOW)
    facts = {"tenant": tenant, "changes": {"values": {"subject": word}}, "at": NOW}
    await house.add(desks.bulks, id=bulk, user=user, state="done", **facts)
    item = {"bulk": bulk, "ticket": ticket, "tenant": tenant, "number": NUMBER_OF_BOTH}
    await house.add(desks.bulk_items, state="done", old={}, new={}, detail=word, **item)
    await house.add(desks.seen, user=user, ticket=ticket, tenant=tenant, at=NOW)
    return [view, bulk]


async def tried(house: House, tenant: str, ticket: UUID, word: str) -> tuple[UUID, UUID, UUID]:
    """Add a trigger, a trial of it, and a webhook that it sent."""
    trigger, trial, effect = uuid4(), uuid4(), uuid4()
    does = {"when": {"kinds": "both"}, "action": "send_email", "params": {"subject": word, "body": word}}
    facts = {"tenant": tenant, "type": "NEW_TICKET_CREATED", **does}
    await house.add(config.triggers, id=trigger, name=word, created_at=NOW, **facts)
    times = {"since": NOW, "until": NOW, "asked_at": NOW, "ended_at": NOW}
    run = {"id": trial, "tenant": tenant, "state": "done", "settings": {"name": word}, "reason": word}
    await house.add(happened.trials, trigger=trigger, counted={}, **run, **times)
    result = {"trial": trial, "event": uuid4(), "tenant": tenant, "ticket": ticket, "at": NOW}
    await house.add(happened.trial_results, outcome="fired", why={"to": [word]}, chain=1, **result)
    call = {"id": effect, "tenant": tenant, "event": uuid4(), "trigger": trigger, "ticket": ticket, "at": NOW}
    address = {"payload": {"url": f"https://{word}.test/hook"}, "target": word}
    await house.add(happened.effects, action="webhook", state="parked", **call, **address)
    ended = {"tenant": tenant, "effect": effect, "code": word, "begun_at": NOW, "at": NOW}
    await house.add(happened.attempts, **ended)
    return trigger, trial, effect


@pytest.fixture
async def theirs(house: House) -> Known:
    known = await settle_in(house, THEIRS, MARK)
    await house.ticket(THEIR_NUMBER, f"Printer {MARK}", tenant=THEIRS)
    return known


@pytest.fixture
async def ours(house: House) -> Known:
    return await settle_in(house, OURS, "Plainly")


@pytest.fixture(params=["both locks", "without policies"])
def engine(request: pytest.FixtureRequest, house: House, desk: Desk) -> AsyncEngine:
    """As the desk, and as the owner of the tables, whom no policy keeps from anything: each query's own
    filter is a lock by itself."""
    return desk.engine if request.param == "both locks" else house.owner


@pytest.fixture
def app(engine: AsyncEngine, blobs: FilesystemBlobs, clock: Clock) -> FastAPI:
    units = Units(engine, "desk", clock)
    made = Desk(engine=engine, units=units, blobs=blobs, clock=clock, patience=PATIENCE / 10)
    made.live.close()  # a stream ends after its greeting
    return app_of(made)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


async def rows_of(house: House, tenant: str) -> dict[str, list[str]]:
    """Return every row of a tenant, of every table."""
    found = {}
    async with house.owner.begin() as db:
        for table in TABLES:
            mine = select(func.to_jsonb(table.table_valued())).where(tenant_column(table) == tenant)
            found[table.fullname] = sorted(json.dumps(row, sort_keys=True) for row in await db.scalars(mine))
    return found


def tenant_column(table: Table) -> Any:  # Any: a column of text
    return table.c.tenant if "tenant" in table.c else table.c.id


async def told(
    http: httpx.AsyncClient, operation: Operation, asking: Known, about: Known, number: int
) -> list[httpx.Response]:
    http.headers["Authorization"] = f"Bearer {asking.token}"
    method, body = operation[0], body_of(operation)
    return [
        await http.request(method, path, params=query, json=body)
        for path in addresses(operation, about, number)
        for query in queries(operation, about)
    ]


async def test_no_operation_tells_or_touches_another_tenant(
    house: House, app: FastAPI, http: httpx.AsyncClient, ours: Known, theirs: Known
) -> None:
    before = await rows_of(house, THEIRS)
    wrong = []
    for operation in operations(app):
        method, path, _ = operation
        answers = await told(http, operation, ours, theirs, THEIR_NUMBER)
        strange = "{" in path and (method, path) not in ASKED_OTHERWISE
        wrong += [f"{method} {path}: {a.status_code}" for a in answers if strange and a.status_code != 404]
        wrong += [f"{method} {path} tells of the other" for answer in answers if MARK in answer.text]
        wrong += [f"{method} {path} broke" for answer in answers if answer.status_code >= 500]
    assert sorted(set(wrong)) == []
    assert await rows_of(house, THEIRS) == before


async def test_what_is_asked_otherwise_is_an_operation(app: FastAPI) -> None:
    assert set(ASKED_OTHERWISE) <= {(method, path) for method, path, _ in operations(app)}


async def test_the_same_number_is_another_ticket_in_each_tenant(
    app: FastAPI, http: httpx.AsyncClient, ours: Known, theirs: Known
) -> None:
    """And their own token does get the word, so that its absence elsewhere means something."""
    tells = set()
    for operation in operations(app):
        if operation[0] != "GET":
            continue
        mine = await told(http, operation, ours, ours, NUMBER_OF_BOTH)
        assert not any(MARK in answer.text for answer in mine), operation[1]
        yours = await told(http, operation, theirs, theirs, NUMBER_OF_BOTH)
        if any(MARK in answer.text for answer in yours):
            tells.add(operation[1].removeprefix("/api/v1/"))
    assert tells >= {
        "tickets",
        "tickets/{number}",
        "tickets/{number}/timeline",
        "outgoing",
        "outgoing/{mail}",
        "sending-incidents",
        "mailbox-incidents",
        "blocked-addresses",
        "mails/{mail}",
        "quarantine",
        "mailboxes",
        "mailboxes/{mailbox}/folders",
        "mailboxes/{mailbox}/examinations",
        "webhook-deliveries",
        "webhook-deliveries/{delivery}",
    }


async def test_without_a_token_every_operation_is_closed(
    app: FastAPI, http: httpx.AsyncClient, theirs: Known
) -> None:
    for operation in operations(app):
        path = addresses(operation, Known(THEIRS, ids=theirs.ids[:1]), NUMBER_OF_BOTH)[0]
        answer = await http.request(operation[0], path, json=body_of(operation))
        assert answer.status_code == 401, f"{operation[0]} {operation[1]}"


@pytest.mark.usefixtures("ours")
async def test_no_page_tells_of_another_tenant(house: House, http: httpx.AsyncClient, theirs: Known) -> None:
    before = await rows_of(house, THEIRS)
    assert (await Browser(http).sign_in("eva@acme.test", OURS)).status_code == 303
    wrong = []
    for method, path in pages():
        names = re.findall(r"{(\w+)(?::path)?}", path)
        values = [NO_IDS[name] if name in NO_IDS else [str(each) for each in theirs.ids] for name in names]
        for chosen in product(*values) if method == "GET" else ():
            asked = path.replace(":path", "").format(**dict(zip(names, chosen, strict=True)))
            answer = await http.get(asked)
            wrong += [f"{path} tells of the other"] if MARK in answer.text else []
            wrong += [f"{path}: {answer.status_code}"] if chosen and answer.status_code < 300 else []
    assert sorted(set(wrong)) == []
    assert await rows_of(house, THEIRS) == before
