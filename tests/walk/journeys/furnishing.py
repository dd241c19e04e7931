"""A helpdesk with something on every page: sample mail, and one of each thing that can happen to it."""

from datetime import timedelta
from pathlib import Path
from uuid import uuid4

from sqlalchemy import insert, update

from sandbox.knobs import Fault, Knobs
from sandbox.loading import load
from shared.messaging.unit import now
from shared.storage.config import users
from shared.storage.engine import in_tenant
from shared.storage.messages import parked
from tests.installation import SUPPORT, TENANT
from tests.walk.journeys.seats import EVA
from tests.walk.letters import letter
from tests.walk.receiver import SECRET
from tests.walk.walking import Json, Mailbox, Walk

SAMPLES = Path(__file__).parents[3] / "sandbox" / "samples"
BOB, BOBS = "bob@helpdesk.example", "Bob Kay"
ANSWER = {
    "name": "Tell customers that we got their mail",
    "when": {"type": "NEW_TICKET_CREATED", "kinds": "external"},
    "action": "send_email",
    "params": {
        "subject": "We have your mail: {{ ticket.subject }}",
        "body": "Hello {{ contact.name }}, thank you.",
    },
}
HOOK = {
    "name": "Tell the shop",
    "when": {"type": "TICKET_FIELD_CHANGE", "field": "priority", "new": "urgent"},
    "action": "webhook",
    "params": {"url": "http://127.0.0.1:9/hook", "secret": SECRET},
}


async def furnish(walk: Walk) -> list[str]:
    """Fill it, and wait until nothing is on its way; return pages that a form leads to, and no link."""
    mailbox = await walk.mailbox_at(SUPPORT)
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await db.execute(update(users).where(users.c.address == EVA).values(role="operator"))
    await walk.options(mail_send_threshold=1, mail_forwarding_domains=["partner.example"])
    trial = await set_up(walk)
    for mail in load(mailbox.sandbox, SAMPLES, SUPPORT):
        await walk.passport(mail)
    await work_on(walk, mailbox)
    await break_some(walk)
    await walk.rest(seconds=60)
    await give_up(walk)
    return [f"/settings/triggers/trials/{trial}"]


async def set_up(walk: Walk) -> str:
    await walk.ask("POST", "/departments", {"key": "sales", "name": "Sales"})
    await walk.ask("POST", "/organizations", {"name": "Firm", "domains": ["firm.example"]})
    await walk.ask(
        "POST", "/statuses", {"key": "on_the_shelf", "name": "On the shelf", "category": "pending"}
    )
    await walk.ask("POST", "/custom-fields", {"key": "room", "name": "Room", "type": "text"})
    await walk.ask("POST", "/saved-replies", {"name": "Thanks", "text": "Thank you, {{ contact.name }}."})
    trigger = await walk.ask("POST", "/triggers", ANSWER)
    await walk.ask("POST", "/triggers", HOOK)
    await walk.ask("POST", "/triggers", {**ANSWER, "name": "Only looked at", "shadow": True})
    tried = await walk.desk.post("/api/v1/triggers/trials", json={"trigger": trigger["id"]})
    assert tried.status_code == 202, tried.text
    trial: str = tried.json()["id"]
    return trial


async def work_on(walk: Walk, mailbox: Mailbox) -> None:
    """Answer, plan, note, merge, split, link and close, as people do."""
    first = await walk.ticket_of(
        mailbox.receives(letter("Lift is stuck", sender="Ann Archer <ann@firm.example>"))
    )
    second = await walk.ticket_of(
        mailbox.receives(letter("Lift is stuck again", sender="Bea <bea@firm.example>"))
    )
    third = await walk.ticket_of(mailbox.receives(letter("Keys", sender="Cy <cy@firm.example>")))
    for _ in range(4):  # the second answer to one address within the window is held
        await walk.passport(mailbox.receives(letter("Door", sender="Dee <dee@firm.example>")))
    await walk.ask("POST", f"/tickets/{first}/notes", {"text": "@bob the fitter comes at nine."})
    later = (now() + timedelta(days=1)).isoformat()
    await walk.ask(
        "POST", f"/tickets/{first}/replies", {"text": "The fitter comes tomorrow.", "send_at": later}
    )
    await walk.ask("POST", f"/tickets/{first}/links", {"to": third, "how": "relates"})
    await walk.ask("POST", f"/tickets/{second}/merge", {"into": first})
    ticket = await walk.ticket(first)
    changes = {"version": ticket["version"], "priority": "urgent", "tags": ["lift", "vip"]}
    await walk.ask("PATCH", f"/tickets/{first}", changes)
    ticket = await walk.ticket(third)
    await walk.ask("PATCH", f"/tickets/{third}", {"version": ticket["version"], "status": "closed"})


async def break_some(walk: Walk) -> None:
    """Let a mail be refused by Graph for good, and a mailbox be examined."""
    broken = await walk.mailbox()
    await walk.stands(broken, "idle")
    broken.breaks(Fault(match="value", status=403, times=100))
    mail = broken.receives(letter("Labelled as secret"))

    async def aside() -> bool:
        found: list[Json] = await walk.listed("/quarantine")
        if not found:
            await walk.later(timedelta(minutes=1))
        return bool(found)

    await walk.installation.until(aside, f"{mail} is in quarantine", 60, scanning=True)
    broken.becomes(Knobs())
    examined = await walk.desk.post(f"/api/v1/mailboxes/{broken.id}/examinations", json={})
    assert examined.status_code == 202, examined.text


async def give_up(walk: Walk) -> None:
    """Park a message that no service could handle."""
    row = {"queue": "triggers.ticket.created.v1", "body": b"{}", "headers": {}, "error": "ValueError: none"}
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        given_up = {"id": uuid4(), "tenant": TENANT, "parked_at": walk.clock(), "attempts": 5}
        await db.execute(insert(parked).values(**given_up, **row))
