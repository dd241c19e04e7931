"""An agent answers at the desk; the customer gets it, and what they write back joins."""

from datetime import timedelta

import pytest

from tests.walk.letters import answer, letter, message_id_of, read, text_of
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_reply_reaches_the_customer_in_their_thread(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    raw = letter("Keyboard sticks", to=mailbox.address, cc="Bea <bea@firm.example>")
    number = await walk.ticket_of(mailbox.receives(raw))
    done = await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Try compressed air."})
    (sent,) = await walk.left(mailbox)
    ours = read(sent.raw)
    assert (sent.recipients, text_of(sent.raw).strip()) == (
        ("ann@firm.example", "bea@firm.example"),
        "Try compressed air.",
    )
    assert (str(ours["To"]), str(ours["Cc"])) == ("Ann Archer <ann@firm.example>", "Bea <bea@firm.example>")
    assert ours["In-Reply-To"] == f"<{message_id_of(raw)}>"
    assert ours["Auto-Submitted"] is None
    assert (await walk.sending(done["outgoing"], number))["state"] == "sent"
    ticket = await walk.ticket(number)
    assert (ticket["status"], ticket["waiting_since"]) == ("open", None)


async def test_a_reply_asked_for_twice_leaves_once(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Mouse is dead")))
    key = {"Idempotency-Key": "6f1a3c52-3f0e-4d5e-9d55-0a4b7d0a1c11"}
    for _ in range(2):
        path = f"/api/v1/tickets/{number}/replies"
        assert (await walk.desk.post(path, json={"text": "Batteries?"}, headers=key)).status_code == 200
    await walk.left(mailbox, 1)


async def test_the_answer_to_a_reply_joins_and_makes_the_ticket_wait_for_us_again(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Screen flickers")))
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Which cable?"})
    (sent,) = await walk.left(mailbox)
    await walk.later(timedelta(minutes=2))
    back = answer(sent, "The white one.", at=walk.clock())
    joined = (await walk.passport(mailbox.receives(back)))["placement"]
    assert (joined["outcome"], joined["ticket"]) == ("append", number)
    ticket = await walk.ticket(number)
    assert (ticket["status"], ticket["waiting_since"] is None) == ("open", False)
    posts = [(post["kind"], post["author"]["name"]) for post in await walk.timeline(number)]
    assert posts == [("mail_in", "Ann Archer"), ("mail_out", "Eva Stein"), ("mail_in", "Ann Archer")]


async def test_mail_to_another_address_of_the_mailbox_is_never_answered_there(walk: Walk) -> None:
    mailbox = await walk.mailbox(aliases=["office@helpdesk.example"])
    to = f"Office <OFFICE@helpdesk.example>, {mailbox.address}"
    number = await walk.ticket_of(mailbox.receives(letter("Door is shut", to=to)))
    path = f"/tickets/{number}/replies"
    wanted = {"text": "Still.", "cc": [{"address": "office@helpdesk.example"}]}
    refused = await walk.desk.post(f"/api/v1{path}", json=wanted)
    assert (refused.status_code, "is one of our mailboxes" in refused.text) == (422, True)
    await walk.ask("POST", path, {"text": "It is Sunday."})
    (sent,) = await walk.left(mailbox)
    assert sent.recipients == ("ann@firm.example",)
    ours = letter("Cleaning", sender="office@helpdesk.example", to=mailbox.address)
    (post,) = await walk.timeline(await walk.ticket_of(mailbox.receives(ours)))
    assert post["automatic"] == "own"


async def test_answers_come_to_an_address_of_the_ticket_when_people_want_that(walk: Walk) -> None:
    await walk.options(signed_reply_address=True)
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Fan is loud")))
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Which floor?"})
    (sent,) = await walk.left(mailbox)
    await walk.options(signed_reply_address=False)
    leads_back = str(read(sent.raw)["Reply-To"])
    joined = (await walk.passport(mailbox.receives(letter("The second.", to=leads_back))))["placement"]
    assert (joined["outcome"], joined["ticket"]) == ("append", number)
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "We come."})
    (_, again) = await walk.left(mailbox, 2)
    assert again.recipients == ("ann@firm.example",)


async def test_an_answer_by_a_stranger_who_cannot_know_our_id_is_held(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    raw = letter("Salary list")
    number = await walk.ticket_of(mailbox.receives(raw))
    forged = letter(
        "Re: Salary list", sender="Mallory <m@evil.example>", in_reply_to=f"<{message_id_of(raw)}>"
    )
    passport = await walk.passport(mailbox.receives(forged))
    assert (passport["placement"]["outcome"], passport["held"]) == ("held", "open")
    assert len(await walk.timeline(number, "mail_in")) == 1
