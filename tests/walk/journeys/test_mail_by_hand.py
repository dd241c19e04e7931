"""Mail that waits for a person, and mail that a trigger writes: seen to in a browser, until it has left."""

from datetime import timedelta

import pytest
from playwright.async_api import expect

from sandbox.knobs import Fault, Knobs
from tests.walk.journeys.seats import DESKTOP, PHONE, Seat, Sits
from tests.walk.letters import letter, read, text_of
from tests.walk.walking import NO_LIMIT, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOKS = pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone, dark"]
)


async def fills_the_form(seat: Seat, name: str) -> None:
    """Say in the editor: new tickets of customers about a lift are answered."""
    await seat.open("/settings/triggers")
    await seat.page.get_by_role("link", name="Add trigger").click()
    await seat.page.get_by_label("Name").fill(name)
    await seat.page.get_by_label("Of which kind").select_option("external")
    await seat.page.get_by_role("button", name="Condition").click()
    await seat.page.get_by_label("Condition 1, fact").select_option("subject")
    await seat.page.get_by_label("Condition 1, how it compares").select_option("begins")
    await seat.page.get_by_label("Condition 1, value").fill("Lift")
    await seat.page.locator("select[name=action]").select_option("send_email")
    await seat.page.locator("[name='own.subject']").fill("Re: {{ ticket.subject }}")
    await seat.page.locator("[name='own.body']").fill("Take the stairs, {{ contact.name }}.")
    await seat.page.get_by_label("State").select_option("shadow")
    await expect(seat.page.locator("#sentence")).to_contain_text("subject begins with Lift")


async def test_a_trigger_is_made_tried_and_switched_on_and_answers_the_next_mail(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    earlier = await walk.ticket_of(mailbox.receives(letter("Lift is slow", to=mailbox.address)))
    await walk.rest()
    eva = await sits()
    await fills_the_form(eva, "Take the stairs")
    await eva.page.get_by_role("button", name="Add trigger").click()
    await expect(eva.page.get_by_role("heading", name="Take the stairs")).to_be_visible()
    async with eva.page.context.expect_page() as beside:
        await eva.page.get_by_role("button", name="Try", exact=True).click()
    window = await beside.value
    await expect(window.get_by_role("heading", name="Trial of Take the stairs")).to_be_visible()
    trial = window.get_by_role("main")

    async def ended() -> bool:
        await window.reload()
        return "still running" not in await trial.inner_text()

    await walk.installation.until(ended, "the trial has ended")
    await expect(trial.get_by_role("row", name=f"#{earlier} Lift is slow")).to_be_visible()
    assert await eva.barriers() == []
    await walk.ticket_of(mailbox.receives(letter("Lift is stuck", to=mailbox.address)))
    await walk.rest()
    assert mailbox.sent() == []
    await eva.open("/settings/triggers")
    row = eva.page.get_by_role("row", name="Take the stairs")
    await expect(row).to_contain_text("would have fired 1 time")
    await row.get_by_role("button", name="On", exact=True).click()
    await expect(row.get_by_role("button", name="On", exact=True)).to_have_attribute("aria-pressed", "true")
    number = await walk.ticket_of(mailbox.receives(letter("Lift is stuck again", to=mailbox.address)))
    [sent] = await walk.left(mailbox)
    assert str(read(sent.raw)["Subject"]).startswith("Re: Lift is stuck again")
    assert "Take the stairs, Ann Archer." in text_of(sent.raw)
    await eva.open(f"/tickets/{number}")
    await expect(eva.page.locator(".k-mail_out")).to_contain_text("Take the stairs, Ann Archer.")
    await eva.open("/settings/triggers")
    await row.get_by_role("button", name="Off", exact=True).click()
    await expect(row.get_by_role("button", name="Off", exact=True)).to_have_attribute("aria-pressed", "true")


@LOOKS
async def test_held_mail_is_released_and_leaves(
    walk: Walk, sits: Sits, size: tuple[int, int], scheme: str
) -> None:
    mailbox = await walk.mailbox()
    sender = f"Dee <dee@{mailbox.address.partition('@')[0]}.example>"
    await walk.options(mail_send_threshold=1)
    async with walk.installation.answering_new_tickets():
        for subject in ("Door", "Door again"):
            number = await walk.ticket_of(
                mailbox.receives(letter(subject, sender=sender, to=mailbox.address))
            )
        await walk.rest()
    assert len(mailbox.sent()) == 1
    eva = await sits(size=size, scheme=scheme)
    await eva.open("/outgoing")
    assert await eva.barriers() == []
    assert await eva.overflows() == 0
    row = eva.page.get_by_role("row").filter(has=eva.page.get_by_role("link", name=f"#{number} "))
    await expect(row).to_contain_text("Held")
    await row.get_by_role("button", name="Release").click()
    await expect(eva.page.get_by_role("status").first).to_be_visible()
    _, released = await walk.left(mailbox, 2)
    assert str(read(released.raw)["Subject"]).startswith("Re: Door again")
    await eva.open(f"/tickets/{number}")
    await expect(eva.page.locator(".k-mail_out .state")).to_contain_text("Sent")
    await walk.options(**NO_LIMIT)


@LOOKS
async def test_a_mail_in_quarantine_is_looked_at_and_retried_and_becomes_a_ticket(
    walk: Walk, sits: Sits, size: tuple[int, int], scheme: str
) -> None:
    mailbox = await walk.mailbox()
    await walk.stands(mailbox, "idle")
    mailbox.breaks(Fault(match="value", status=403, times=100))
    mail = mailbox.receives(letter("Labelled as secret", to=mailbox.address))

    async def aside() -> bool:
        found = [one for one in await walk.listed("/quarantine") if one["mailbox_address"] == mailbox.address]
        if not found:
            await walk.later(timedelta(minutes=1))
        return bool(found)

    await walk.installation.until(aside, "the mail is in quarantine", 60, scanning=True)
    eva = await sits(size=size, scheme=scheme)
    await eva.open("/quarantine")
    assert await eva.barriers() == []
    assert await eva.overflows() == 0
    await eva.page.get_by_role("link", name=mailbox.address).click()
    await expect(eva.page.locator("main .bar.warn")).to_contain_text("ErrorAccessDenied")
    mailbox.becomes(Knobs())
    await eva.page.get_by_role("button", name="Retry").click()
    await expect(eva.page.get_by_role("status").first).to_be_visible()
    number = await walk.ticket_of(mail)
    await eva.open("/tickets?view=all&q=secret")
    await eva.page.get_by_role("link", name="Labelled as secret").first.click()
    await expect(eva.page.locator("#ticket-head")).to_contain_text(f"#{number}")
