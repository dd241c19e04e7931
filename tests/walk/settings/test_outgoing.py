"""Options of mail that leaves: changed while everything runs, and the next mail goes by them."""

from datetime import timedelta
from email.utils import parseaddr
from uuid import uuid4

import pytest
from sqlalchemy import update

from sandbox.knobs import Knobs
from shared.storage.config import users
from shared.storage.engine import in_tenant
from tests.installation import TENANT
from tests.walk.letters import letter, read
from tests.walk.walking import Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

EVA = "eva@helpdesk.example"
OURS, HERS = "receiving_email", "logged_in_user"


async def let_write(walk: Walk, *, as_herself: bool) -> None:
    async with in_tenant(walk.installation.house.engine("desk"), TENANT) as db:
        await db.execute(update(users).values(may_send_as=as_herself))


async def speaker(walk: Walk, mailbox: Mailbox, number: int) -> tuple[str, str]:
    """Let Eva answer a ticket; return the name and the address that her mail is from."""
    before = len(mailbox.sent())
    await walk.ask("POST", f"/tickets/{number}/replies", {"text": "We look into it."})
    sent = await walk.left(mailbox, before + 1)
    return parseaddr(str(read(sent[-1].raw)["From"]))


@pytest.mark.option("outgoing_mails_per_department")
async def test_each_department_speaks_as_it_is_set_and_the_others_by_the_default(walk: Walk) -> None:
    await let_write(walk, as_herself=True)
    departments = {
        key: (await walk.ask("POST", "/departments", {"key": key, "name": key}))["id"]
        for key in ("cellar", "attic")
    }
    mailbox = await walk.mailbox()
    mailbox.becomes(Knobs(send_as=(EVA,)))
    numbers = {}
    for key in ("", "cellar", "attic"):
        numbers[key] = await walk.ticket_of(mailbox.receives(letter(f"Damp {key}")))
        if key:
            await walk.ask("PATCH", f"/tickets/{numbers[key]}", {"department": departments[key]})
    us, her = ("Support", mailbox.address), ("Eva Stein", EVA)
    for choices, said in (
        ({"default": OURS}, {"": us, "cellar": us, "attic": us}),
        ({"default": HERS}, {"": her, "cellar": her, "attic": her}),
        ({"default": OURS, "cellar": HERS}, {"": us, "cellar": her, "attic": us}),
        ({"default": HERS, "cellar": OURS}, {"": her, "cellar": us, "attic": her}),
    ):
        await walk.options(outgoing_mails_per_department=choices)
        assert {key: await speaker(walk, mailbox, numbers[key]) for key in numbers} == said


@pytest.mark.option("outgoing_mails_per_department")
async def test_who_may_not_write_as_themselves_speaks_from_the_receiving_address_and_it_is_said(
    walk: Walk,
) -> None:
    await let_write(walk, as_herself=False)
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Damp again")))
    await walk.options(outgoing_mails_per_department={"default": HERS})
    assert await speaker(walk, mailbox, number) == ("Eva Stein", mailbox.address)
    await walk.options(outgoing_mails_per_department={"default": OURS})
    assert await speaker(walk, mailbox, number) == ("Support", mailbox.address)


@pytest.mark.option("signed_reply_address")
async def test_answers_are_asked_to_an_address_of_the_ticket_while_it_is_wanted(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Fan is loud")))
    for count, wanted in enumerate((False, True, False), 1):
        await walk.options(signed_reply_address=wanted)
        await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Which floor?"})
        sent = await walk.left(mailbox, count)
        reply_to = str(read(sent[-1].raw)["Reply-To"] or "")
        assert (f"+{number}." in reply_to) == wanted, reply_to


@pytest.mark.option("mail_send_threshold")
async def test_so_many_automatic_mails_to_one_address_leave_as_the_threshold_says_by_then(
    walk: Walk,
) -> None:
    mailbox, customer = await walk.mailbox(), f"{uuid4().hex}@firm.example"
    async with walk.installation.answering_new_tickets():
        await threshold_holds(walk, mailbox, customer)


async def threshold_holds(walk: Walk, mailbox: Mailbox, customer: str) -> None:
    left = 0
    # the mails that were counted while there was no limit count against the next one
    for threshold, letters, leave in ((0, 3, 3), (4, 2, 1), (2, 1, 0), (0, 1, 1)):
        await walk.options(mail_send_threshold=threshold)
        for number in range(letters):
            await walk.passport(mailbox.receives(letter(f"{threshold} {number}", sender=customer)))
            await walk.rest()
        left += leave
        assert len(mailbox.sent()) == left, threshold
    held = [row for row in await walk.listed("/outgoing?state=held") if row["mail"]["to"] == [customer]]
    reasons = {row["mail"]["reason"].split(" mails")[0] for row in held}
    assert (len(held), reasons) == (2, {"mail_send_threshold: 4", "mail_send_threshold: 2"})
    await walk.options(mail_send_threshold=1)
    await walk.later(timedelta(minutes=6))
    await walk.passport(mailbox.receives(letter("The window is over", sender=customer)))
    await walk.left(mailbox, left + 1)


@pytest.mark.option("ticket_number_format")
async def test_numbers_are_written_as_wanted_and_found_by_what_stood_before(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Door squeaks")))
    subjects = []
    for count, how in enumerate(("HD-{number:06}", "{year}-{number}", "#{number}"), 1):
        await walk.options(ticket_number_format=how)
        await walk.ask("POST", f"/tickets/{number}/replies", {"text": "Which one?"})
        sent = await walk.left(mailbox, count)
        subjects.append(str(read(sent[-1].raw)["Subject"]))
    year = (await walk.ticket(number))["created_at"][:4]
    references = [f"HD-{number:06}", f"{year}-{number}", f"#{number}"]
    assert subjects == [f"Re: Door squeaks [{one}]" for one in references]
    for subject in subjects:
        placed = (await walk.passport(mailbox.receives(letter(subject))))["placement"]
        assert (placed["outcome"], placed["ticket"]) == ("append", number)
    for reference in references:
        found = await walk.desk.get("/api/v1/tickets", params={"q": reference, "view": "all"})
        assert number in [row["number"] for row in found.json()["items"]]
    assert (await walk.ticket(number))["reference"] == f"#{number}"


@pytest.mark.option("mail_send_window")
async def test_the_threshold_counts_within_the_window_as_long_as_it_is_by_then(walk: Walk) -> None:
    mailbox, customer = await walk.mailbox(), f"{uuid4().hex}@firm.example"
    await walk.options(mail_send_threshold=1, mail_send_window=60)
    async with walk.installation.answering_new_tickets():
        for passing, window, leave in ((0, 60, 1), (61, 60, 2), (61, 600, 2), (540, 600, 3)):
            await walk.later(timedelta(seconds=passing))
            await walk.options(mail_send_window=window)
            await walk.passport(mailbox.receives(letter(f"{passing} {window}", sender=customer)))
            await walk.left(mailbox, leave)
    held = [
        row["mail"] for row in await walk.listed("/outgoing?state=held") if row["mail"]["to"] == [customer]
    ]
    assert [one["reason"] for one in held] == [
        "mail_send_threshold: 1 mails to one address within 10 minutes"
    ]
    await walk.options(mail_send_threshold=0, mail_send_window=300)


@pytest.mark.option("time_zone")
async def test_a_planned_time_without_an_offset_is_on_the_clock_of_the_tenant(walk: Walk) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("When do you come?")))
    told, summer = [], walk.clock().year + 1
    for zone in ("UTC", "Europe/Vienna", "America/New_York"):
        await walk.options(time_zone=zone)
        # a summer's day: each zone keeps its own daylight saving
        wanted = {"text": "At nine.", "send_at": f"{summer}-07-02T09:00"}
        done = await walk.ask("POST", f"/tickets/{number}/replies", wanted)
        told.append((await walk.sending(done["outgoing"], number))["send_at"])
        await walk.ask("POST", f"/outgoing/{done['outgoing']}/cancel")
    assert told == [f"{summer}-07-02T{hour}:00:00Z" for hour in ("09", "07", "13")]
