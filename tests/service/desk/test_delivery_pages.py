"""Webhooks on the desk: listed, filtered, read by their attempts, sent again, and linked from their cause."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.storage import config, ingest, messages
from shared.storage import tickets as tables
from shared.storage import triggers as happened
from tests.service.desk.conftest import NOW, Browser, House

ROOM = "/settings/triggers/deliveries"


async def trigger(house: House, name: str, action: str = "webhook") -> UUID:
    made = uuid4()
    facts = {"type": "NEW_TICKET_CREATED", "when": {"kinds": "both"}, "action": action, "created_at": NOW}
    address = {"url": "https://chat.test/hook", "secret": "sealed:quite"}
    await house.add(config.triggers, id=made, tenant="default", name=name, params=address, **facts)
    return made


async def delivery(house: House, of: UUID, state: str, **values: Any) -> UUID:  # Any: columns
    made = uuid4()
    facts = {"event": uuid4(), "action": "webhook", "target": "x", "at": NOW, "state": state} | values
    kept = {"url": "https://chat.test:8443/hook?key=1", "secret": "sealed:quite", "body": "words of a mail"}
    await house.add(happened.effects, id=made, tenant="default", trigger=of, payload=kept, **facts)
    return made


async def attempt(house: House, of: UUID, code: str, status: int | None = None) -> None:
    times = {"begun_at": NOW - timedelta(seconds=2), "at": NOW}
    await house.add(happened.attempts, tenant="default", effect=of, code=code, status=status, **times)


async def test_the_list_tells_state_trigger_ticket_host_attempts_and_how_the_last_one_ended(
    house: House, eva: Browser
) -> None:
    ticket = await house.ticket(7)
    of = await trigger(house, "Tell the chat")
    given_up = await delivery(house, of, "parked", ticket=ticket)
    await attempt(house, given_up, "http_503", 503)
    await attempt(house, given_up, "timeout")
    page = (await eva.get(ROOM)).text
    row = page[page.index("<tbody>") : page.index("</tbody>")]
    for told in (
        f'href="{ROOM}/{given_up}">chat.test:8443</a>',
        "Given up",
        f'href="/settings/triggers/{of}">Tell the chat',
        'href="/tickets/7"',
        '<td class="num right">2</td><td><code>timeout</code></td>',
    ):
        assert told in row
    assert "key=1" not in page


async def test_the_list_is_filtered_by_state_and_by_trigger(house: House, eva: Browser) -> None:
    chat, log = await trigger(house, "Chat"), await trigger(house, "Log")
    await trigger(house, "Answer", "send_email")
    ids = {
        (name, state): str(await delivery(house, of, state))
        for name, of in (("chat", chat), ("log", log))
        for state in ("waiting", "done", "parked", "gone")
    }

    async def shown(query: str) -> set[tuple[str, str]]:
        page = (await eva.get(f"{ROOM}?{query}")).text
        return {key for key, one in ids.items() if one in page}

    assert await shown("") == set(ids)
    assert await shown("state=parked") == {("chat", "parked"), ("log", "parked")}
    assert await shown(f"trigger={log}&state=gone") == {("log", "gone")}
    assert await shown("state=nonsense&trigger=nobody") == set(ids)
    page = (await eva.get(f"{ROOM}?trigger={log}")).text
    assert f'<option value="{log}" selected>Log' in page
    assert "Answer" not in page


async def test_the_list_goes_on_where_a_page_ended(house: House, eva: Browser) -> None:
    of = await trigger(house, "Chat")
    ids = [str(await delivery(house, of, "done", at=NOW - timedelta(minutes=n // 2))) for n in range(52)]
    first = (await eva.get(f"{ROOM}?state=done")).text
    path = first.partition('<a class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = (await eva.get(path)).text
    on_first, on_second = ({one for one in ids if one in page} for page in (first, second))
    assert (len(on_first), len(on_second)) == (50, 2)
    assert on_first | on_second == set(ids)
    assert "after=" not in second


async def test_a_delivery_shows_each_attempt_and_neither_its_secret_nor_its_body(
    house: House, eva: Browser
) -> None:
    due = {"due_at": NOW + timedelta(minutes=10)}
    one = await delivery(house, await trigger(house, "Chat"), "waiting", **due)
    await attempt(house, one, "http_500", 500)
    await attempt(house, one, "no_such_host")
    page = (await eva.get(f"{ROOM}/{one}")).text
    assert "POST https://chat.test:8443/hook?key=1" in page
    assert f"msg_{one.hex}" in page
    assert page.index("http_500") < page.index("no_such_host")
    assert "2.0 s" in page
    assert "Next attempt" in page
    assert "sealed:quite" not in page
    assert "words of a mail" not in page


async def test_a_replay_is_the_command_of_the_api_by_who_is_signed_in(house: House, eva: Browser) -> None:
    one, key = await delivery(house, await trigger(house, "Chat"), "parked"), uuid4()
    await house.answers("triggers.webhook.replay.v1", key, {"ok": True})
    answer = await eva.post(f"{ROOM}/{one}/replay", key=str(key))
    assert answer.headers["location"] == f"{ROOM}/{one}?said=resent"
    assert "Sent again" in (await eva.get(answer.headers["location"])).text
    await eva.post(f"{ROOM}/{one}/replay", key=str(uuid4()))
    (row,) = await house.rows(messages.outbox)
    command = json.loads(row["body"])
    assert (row["contract"], command["delivery"]) == ("webhook.replay.v1", str(one))
    assert command["actor"]["user"] == str(house.users["eva"])


async def test_a_replay_that_is_refused_says_why(house: House, eva: Browser) -> None:
    one, key = await delivery(house, await trigger(house, "Chat"), "waiting"), uuid4()
    await house.answers("triggers.webhook.replay.v1", key, {"refused": "it is being sent now"})
    answer = await eva.post(f"{ROOM}/{one}/replay", key=str(key))
    assert answer.status_code == 409
    assert "It is being sent now." in answer.text


async def test_a_webhook_that_an_action_of_ones_own_asked_for_is_one_too(house: House, eva: Browser) -> None:
    of = await trigger(house, "Page the duty", "page_duty")
    one, key = await delivery(house, of, "parked", action="page_duty"), uuid4()
    assert f"{ROOM}/{one}" in (await eva.get(f"{ROOM}?state=parked")).text
    assert "Page the duty" in (await eva.get(f"{ROOM}/{one}")).text
    await house.answers("triggers.webhook.replay.v1", key, {"ok": True})
    assert (await eva.post(f"{ROOM}/{one}/replay", key=str(key))).status_code == 303


async def test_what_is_no_webhook_of_ours_is_not_found(house: House, eva: Browser) -> None:
    other = await delivery(
        house, await trigger(house, "Answer", "send_email"), "handed_on", action="send_email"
    )
    for one in (other, uuid4()):
        assert (await eva.get(f"{ROOM}/{one}")).status_code == 404
        assert (await eva.post(f"{ROOM}/{one}/replay")).status_code == 404
    assert await house.rows(messages.outbox) == []


async def test_the_trigger_and_the_mail_s_passport_lead_to_it(house: House, eva: Browser) -> None:
    of, mailbox = await trigger(house, "Chat"), await house.mailbox("help@acme.test")
    ticket, event = await house.ticket(7), uuid4()
    post = await house.mail_in(ticket)
    (row,) = [row for row in await house.rows(tables.posts) if row["id"] == post]
    entry = {"id": row["mail"], "tenant": "default", "mailbox": mailbox, "state": "settled"}
    await house.add(ingest.mails, **entry, provider_id="1", listed_at=NOW)
    facts = {"tenant": "default", "at": NOW}
    happening = {"contract": "ticket.created.v1", "payload": {"mail": str(row["mail"])}}
    await house.add(happened.events, id=event, ticket=ticket, **happening, **facts)
    await house.add(happened.verdicts, event=event, trigger=of, outcome="fired", why={}, **facts)
    one = await delivery(house, of, "done", event=event)
    assert f'href="{ROOM}/{one}"' in (await eva.get(f"/mails/{row['mail']}")).text
    assert f'href="{ROOM}?trigger={of}"' in (await eva.get(f"/settings/triggers/{of}")).text
    assert f'href="{ROOM}"' in (await eva.get("/settings/triggers")).text
