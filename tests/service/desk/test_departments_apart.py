"""No operation of the API, and no page or form, tells or touches what is in a department of others.

Each one is asked with the ids of a hidden ticket, of all that hangs on it and of its mailbox. A new one fails
until it has a case here; and to a member each does tell, so that silence means something.
"""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from itertools import product
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from services.desk.desk import Desk
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.sending import Draft
from shared.messaging.unit import Units
from shared.storage import config, ingest, messages
from shared.storage import desk as desks
from shared.storage import tickets as tables
from shared.storage import triggers as asked
from shared.storage.tables import TABLES
from tests.service.desk.api_cases import OPERATIONS
from tests.service.desk.applications import app_of
from tests.service.desk.asking import MARK, Known, Operation, body_of, operations, pages, queries
from tests.service.desk.cases import HIDDEN, INCIDENT, PAGES, PLAIN, Case
from tests.service.desk.conftest import NOW, PATIENCE, Browser, Clock, House
from tests.service.desk.holding import failing, held_loop, held_mail
from tests.service.desk.said import BODIES, FORMS
from tests.service.desk.test_tenants_apart import rows_of

STRANGE = (
    *("parked", "examination", "erasure", "key", "trigger", "trial", "delivery"),
    *("view", "draft", "upload", "user", "token"),
)
"""Ids in paths that administrators alone read: any will do."""


@dataclass
class Scene:
    """A ticket of a department, what hangs on it, somebody who is no member, and somebody who is."""

    hidden: Known
    values: dict[str, list[str]] = field(default_factory=dict)
    """By the name of a parameter of a path."""
    stranger: str = ""
    member: str = ""

    def paths(self, path: str) -> list[str]:
        names = re.findall(r"{(\w+)", path)
        plain = re.sub(r":path}", "}", path)
        return [
            plain.format(**dict(zip(names, chosen, strict=True)))
            for chosen in product(*(self.values[name] for name in names))
        ]


@pytest.fixture
async def scene(house: House) -> Scene:
    bob, mia = await house.user("bob@acme.test"), await house.user("mia@acme.test")
    department = await house.department("people", mia)
    box = await mailbox_of(house, department)
    await house.ticket(PLAIN, "Plain", contact="anna@firm.test")
    facts = {"contact": "anna@firm.test", "mailbox": box, "department": department, "tags": [MARK]}
    ticket = await house.ticket(HIDDEN, MARK, **facts)
    image = await house.file("x.png", MARK.encode(), media_type="image/png", content_id="x", inline=True)
    file = await house.file(f"{MARK}.pdf", f"{MARK}!".encode())
    post = await house.mail_in(
        ticket, MARK, subject=MARK, files=(image, file), body={"reply_html": f"<p>{MARK}</p>"}
    )
    later, note = await house.mail_in(ticket, "More.", shown_at=NOW), await note_by(house, mia, ticket)
    out = {"subject": f"Re: {MARK}", "send_at": NOW}
    outgoing = [await house.mail_out(ticket, state, **out) for state in ("held", "planned", "failed")]
    outgoing += await held_loop(house, ticket, MARK, address="anna@firm.test", named=INCIDENT)
    held = await held_mail(house, ticket, reason=MARK)
    await changed(house, ticket)
    ids = [ticket, post, later, note, *outgoing, held, *await mails_of(house, box, ticket)]
    values = {
        "number": [str(HIDDEN)],
        "to": [str(PLAIN)],
        "mail": [str(each) for each in ids],
        "post": [str(post), str(note)],
        "before": [str(later)],
        "held": [str(held)],
        "sha256": [image.sha256, file.sha256],
        "content_id": ["x"],
        "decision": ["retry", "accept"],
        "mailbox": [str(box)],
        "day": [f"{NOW:%Y-%m-%d}"],
        "contact": [str(house.contacts["default", "anna@firm.test"])],
        "organization": [str(await organization_of(house, "anna@firm.test"))],
        "department": [str(department)],
        "reply": [str(await saved_reply_of(house, department))],
        "domain": ["firm.test"],
        "address": ["anna@firm.test"],
        "bulk": [str(await bulk_by(house, mia, ticket))],
    } | {name: [str(uuid4())] for name in STRANGE}
    return Scene(Known("default", ids=ids), values, await house.token(bob), await house.token(mia))


async def bulk_by(house: House, user: UUID, ticket: UUID) -> UUID:
    """Let somebody have changed the ticket with others, which can be taken back."""
    bulk, facts = uuid4(), {"tenant": "default", "changes": {"values": {"subject": MARK}}, "at": NOW}
    await house.add(desks.bulks, id=bulk, user=user, state="done", **facts)
    item = {"bulk": bulk, "ticket": ticket, "tenant": "default", "number": HIDDEN, "detail": MARK}
    await house.add(desks.bulk_items, state="refused", **item)
    done = {"bulk": bulk, "ticket": uuid4(), "tenant": "default", "number": 1, "old": {}, "new": {}}
    await house.add(desks.bulk_items, state="done", **done)
    return bulk


async def changed(house: House, ticket: UUID) -> None:
    """Let somebody have changed the ticket, and a trigger have been asked about it."""
    change = {"field": "subject", "old": MARK, "new": MARK, "actor": {}, "version": 2, "at": NOW}
    await house.add(tables.history, tenant="default", ticket=ticket, **change)
    event, facts = uuid4(), {"tenant": "default", "at": NOW}
    payload = {"ticket": {"id": str(ticket)}, "actor": {}}
    await house.add(
        asked.events, id=event, ticket=ticket, contract="ticket.changed.v1", payload=payload, **facts
    )
    verdict = {"event": event, "trigger": uuid4(), "outcome": "not", "why": {"why": MARK}}
    await house.add(asked.verdicts, **verdict, **facts)


async def note_by(house: House, user: UUID, ticket: UUID) -> UUID:
    """Let somebody have written a note just now, which they may still change."""
    note, words = uuid4(), Draft(text=MARK).model_dump_json().encode()
    facts = {"body": await house.blobs.put("default", words), "preview": MARK, "details": {}}
    row = {"id": note, "tenant": "default", "ticket": ticket, "kind": "note", "user": user, **facts}
    await house.add(tables.posts, **row, shown_at=NOW, created_at=NOW)
    return note


async def mailbox_of(house: House, department: UUID) -> UUID:
    box = await house.mailbox("people@acme.test", error_code="x", error_text=MARK, error_since=NOW)
    await house.change(
        config.mailboxes.update().where(config.mailboxes.c.id == box).values(department=department)
    )
    await failing(house, box, MARK)
    return box


async def mails_of(house: House, box: UUID, ticket: UUID) -> list[UUID]:
    """Put a mail on the ticket, one that is held there, and one in quarantine into the ledger."""
    mails = [await ledger_mail(house, box, state) for state in ("settled", "settled", "quarantined")]
    for mail, outcome in zip(mails[:2], ("new", "held"), strict=True):
        why = {"outcome": outcome, "reason": MARK, "document": "0" * 64, "at": NOW}
        await house.add(tables.placements, mail=mail, tenant="default", ticket=ticket, **why)
    return mails


async def ledger_mail(house: House, box: UUID, state: str) -> UUID:
    mail, told = uuid4(), {"provider_id": str(uuid4()), "reason": MARK, "detail": MARK, "listed_at": NOW}
    blob = await house.blobs.put("default", f"{MARK} {state}".encode())
    row = {"id": mail, "tenant": "default", "mailbox": box, "state": state, "blob": blob, "stored_at": NOW}
    await house.add(ingest.mails, **row, **told)
    return mail


async def saved_reply_of(house: House, department: UUID) -> UUID:
    """Save a reply for the tickets of a department."""
    reply, words = uuid4(), {"name": MARK, "text": MARK, "html": "", "files": []}
    row = {"id": reply, "tenant": "default", "department": department, "changed_at": NOW}
    await house.add(desks.saved_replies, **row, **words)
    return reply


async def organization_of(house: House, address: str) -> UUID:
    """Enter an organization whose domain would move the tickets of an address."""
    organization, domain = uuid4(), address.partition("@")[2]
    await house.add(tables.organizations, id=organization, tenant="default", name="Firm", created_at=NOW)
    await house.add(tables.organization_domains, tenant="default", domain=domain, organization=organization)
    return organization


@pytest.fixture
def app(desk: Desk, blobs: FilesystemBlobs, clock: Clock) -> FastAPI:
    units = Units(desk.engine, "desk", clock)
    made = Desk(engine=desk.engine, units=units, blobs=blobs, clock=clock, patience=PATIENCE / 30)
    made.live.close()  # a stream ends after its greeting
    return app_of(made)


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


async def called(http: httpx.AsyncClient, operation: Operation, scene: Scene) -> list[httpx.Response]:
    """Call an operation with everything that is hidden."""
    method, path, _ = operation
    body = BODIES.get((method, path), body_of(operation))
    return [
        await http.request(method, address, params=query, json=body)
        for address in scene.paths(path)
        for query in queries(operation, scene.hidden)
    ]


async def shown(browser: Browser, method: str, path: str, scene: Scene) -> list[httpx.Response]:
    """Open a page, or send its form, with everything that is hidden."""
    before = f"?before={scene.values['before'][0]}" if path.endswith("/timeline") else ""
    forms = FORMS.get(path.rpartition("/")[2], {"decision": "belongs"})
    return [
        await browser.get(address + before) if method == "GET" else await browser.post(address, **forms)
        for address in scene.paths(path)
    ]


def wrong_with(name: str, case: Case, answers: list[httpx.Response]) -> list[str]:
    wrong = [f"{name} tells of it" for answer in answers if MARK in answer.text]
    wrong += [f"{name} broke" for answer in answers if answer.status_code >= 500]
    wanted = {"not here": 404, "administrators": 403}.get(case)
    return wrong + [f"{name}: {a.status_code}" for a in answers if wanted and a.status_code != wanted]


async def untouched(house: House, scene: Scene, before: dict[str, list[str]]) -> None:
    """Whoever asked, nothing of the tickets and mails is changed, and no command names what is hidden."""
    after = await rows_of(house, "default")
    for table in TABLES:
        if table.schema in {"ticketing", "sending", "ingest"}:
            assert after[table.fullname] == before[table.fullname]
    bodies = [json.dumps(json.loads(row["body"])) for row in await house.rows(messages.outbox)]
    assert [body for body in bodies for each in scene.hidden.ids if str(each) in body] == []


async def test_every_operation_and_page_has_a_case(app: FastAPI) -> None:
    assert {(method, path) for method, path, _ in operations(app)} == set(OPERATIONS)
    assert set(pages()) == set(PAGES)


async def test_no_operation_tells_or_touches_what_is_hidden(
    house: House, app: FastAPI, http: httpx.AsyncClient, scene: Scene
) -> None:
    before = await rows_of(house, "default")
    http.headers["Authorization"] = f"Bearer {scene.stranger}"
    wrong = []
    for operation in operations(app):
        name = operation[:2]
        wrong += wrong_with(" ".join(name), OPERATIONS[name], await called(http, operation, scene))
    assert sorted(set(wrong)) == []
    await untouched(house, scene, before)


async def test_no_page_or_form_tells_or_touches_what_is_hidden(
    house: House, http: httpx.AsyncClient, scene: Scene
) -> None:
    before = await rows_of(house, "default")
    browser = Browser(http)
    assert (await browser.sign_in("bob@acme.test")).status_code == 303
    wrong = []
    for (method, path), case in PAGES.items():
        wrong += wrong_with(f"{method} {path}", case, await shown(browser, method, path, scene))
    assert sorted(set(wrong)) == []
    await untouched(house, scene, before)


async def test_a_member_is_told_and_may_act_wherever_others_may_not(
    app: FastAPI, http: httpx.AsyncClient, scene: Scene
) -> None:
    http.headers["Authorization"] = f"Bearer {scene.member}"
    silent = []
    for operation in operations(app):
        name = operation[:2]
        if OPERATIONS[name] in {"not here", "left out"}:
            answers = await called(http, operation, scene)
            silent += [] if opened(name[0], answers) else [" ".join(name)]
    browser = Browser(http)
    assert (await browser.sign_in("mia@acme.test")).status_code == 303
    for (method, path), case in PAGES.items():
        if case in {"not here", "left out"}:
            answers = await shown(browser, method, path, scene)
            silent += [] if opened(method, answers) else [f"{method} {path}"]
    assert silent == []


def opened(method: str, answers: list[httpx.Response]) -> bool:
    """Whether one of the answers tells, or shows that the form came to what it is about."""
    if method == "GET":
        return any(MARK in answer.text for answer in answers)
    return any(answer.status_code < 400 or answer.status_code in {409, 422} for answer in answers)
