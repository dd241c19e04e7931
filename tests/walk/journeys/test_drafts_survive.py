"""What somebody writes outlives desk, browser and what others do; files come and go with a word why."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.async_api import FilePayload, expect

from tests.walk.journeys.seats import DESKTOP, PHONE, Seat, Sits
from tests.walk.journeys.states import PLAN, PROGRAM
from tests.walk.letters import letter, read, text_of
from tests.walk.walking import Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

LOOKS = pytest.mark.parametrize(
    ("size", "scheme"), [(DESKTOP, "light"), (PHONE, "dark")], ids=["desktop", "phone, dark"]
)
UNREACHED = ("net::ERR_", "Failed to fetch")


async def writes(seat: Seat, number: int, text: str) -> None:
    """Write a reply to one more person, with a file, and wait until the server has it."""
    await seat.open(f"/tickets/{number}")
    await expect(seat.page.locator(".rich[aria-label=Reply]")).to_be_visible()
    await seat.page.locator(".rich[aria-label=Reply]").click()
    await seat.page.keyboard.type(text)
    await seat.page.get_by_label("Add to Cc").fill("bea@firm.example")
    await seat.page.keyboard.press("Enter")
    await seat.page.locator("form.reply input[type=file]").set_input_files([PLAN])
    await expect(seat.page.locator("form.reply .uploads")).to_contain_text("plan.pdf")
    await expect(seat.page.locator("form.reply [data-draft-state]")).to_contain_text("Saved")


@LOOKS
async def test_a_draft_outlives_the_desk_the_browser_and_another_agents_change(
    walk: Walk, sits: Sits, size: tuple[int, int], scheme: str
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    before = await sits(size=size, scheme=scheme)
    await writes(before, number, "Take the paper out first.")
    await before.page.context.close()
    await walk.server.end()
    await walk.server.start()
    await walk.installation.until(walk.server.ready, "the desk answers again")
    ticket = await walk.ticket(number)
    await walk.ask("PATCH", f"/tickets/{number}", {"version": ticket["version"], "priority": "high"})
    await walk.ask("POST", f"/tickets/{number}/notes", {"text": "The fitter comes at nine."})
    after = await sits(size=size, scheme=scheme)
    await after.open(f"/tickets/{number}")
    assert await after.barriers() == []
    form = after.page.locator("form.reply")
    await expect(form.locator(".rich")).to_contain_text("Take the paper out first.")
    await form.locator(".rich").click()
    await expect(form.locator("[data-line=cc]")).to_contain_text("bea@firm.example")
    await expect(form.locator(".uploads")).to_contain_text("plan.pdf")
    await after.page.get_by_role("button", name="Send", exact=True).click()
    await expect(after.page.locator(".k-mail_out .body")).to_contain_text("Take the paper out first.")
    await walk.later(timedelta(minutes=1))
    [sent] = await walk.left(mailbox)
    mail = read(sent.raw)
    assert [one.addr_spec for one in mail["Cc"].addresses] == ["bea@firm.example"]
    assert [part.get_filename() for part in mail.iter_attachments()] == ["plan.pdf"]
    assert "Take the paper out first." in text_of(sent.raw)


async def test_what_is_written_while_the_desk_is_away_is_there_when_it_is_back(
    walk: Walk, sits: Sits
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    eva = await sits()
    await writes(eva, number, "Take the paper out first.")
    await walk.server.end()
    await eva.page.locator(".rich[aria-label=Reply]").click()
    await eva.page.keyboard.press("Control+End")
    await eva.page.keyboard.type(" Then pull the plug.")
    await expect(eva.page.locator("form.reply [data-draft-state]")).to_contain_text("Saved on this device")
    await walk.server.start()
    await walk.installation.until(walk.server.ready, "the desk answers again")
    await eva.open(f"/tickets/{number}")
    await expect(eva.page.locator("form.reply .rich")).to_contain_text("first. Then pull the plug.")
    await expect(eva.page.locator("form.reply .uploads")).to_contain_text("plan.pdf")
    eva.complaints[:] = [one for one in eva.complaints if not any(why in one for why in UNREACHED)]


@LOOKS
async def test_a_file_is_refused_with_the_reason_and_the_others_go(
    walk: Walk, sits: Sits, size: tuple[int, int], scheme: str
) -> None:
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(letter("Printer on fire", to=mailbox.address)))
    await walk.options(max_file_size=100_000)
    eva = await sits(size=size, scheme=scheme)
    await eva.open(f"/tickets/{number}")
    form = eva.page.locator("form.reply")
    await form.locator(".rich").click()
    await eva.page.keyboard.type("The plan, as you asked.")
    large = FilePayload(name="film.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n" + bytes(100_000))
    await form.locator("input[type=file]").set_input_files([PLAN, PROGRAM, large])
    await expect(form.locator(".refused")).to_have_count(2)
    await expect(form.locator(".refused", has_text="setup.exe")).to_contain_text(
        "not on the list of allowed types"
    )
    await expect(form.locator(".refused", has_text="film.pdf")).to_contain_text("the limit is 100,000")
    assert await eva.barriers() == []
    assert await eva.overflows() == 0
    await eva.page.get_by_role("button", name="Send", exact=True).click()
    await expect(eva.page.locator(".k-mail_out .body")).to_contain_text("The plan, as you asked.")
    await walk.later(timedelta(minutes=1))
    [sent] = await walk.left(mailbox)
    assert [part.get_filename() for part in read(sent.raw).iter_attachments()] == ["plan.pdf"]


@LOOKS
async def test_a_file_outside_the_list_is_warned_of_before_it_is_downloaded(
    walk: Walk, sits: Sits, size: tuple[int, int], scheme: str
) -> None:
    mailbox = await walk.mailbox()
    mail = read(letter("Invoice", to=mailbox.address))
    mail.add_attachment(PROGRAM["buffer"], maintype="application", subtype="pdf", filename="invoice.pdf.exe")
    number = await walk.ticket_of(mailbox.receives(mail.as_bytes()))
    eva = await sits(size=size, scheme=scheme)
    await eva.open(f"/tickets/{number}")
    await eva.page.get_by_role("link", name="invoice.pdf.exe").click()
    await expect(eva.page.get_by_role("heading", name="Before you download")).to_be_visible()
    await expect(eva.page.locator("main")).to_contain_text("list of files")
    assert await eva.barriers() == []
    assert await eva.overflows() == 0
    async with eva.page.expect_download() as coming:
        await eva.page.get_by_role("link", name="Download anyway").click()
    download = await coming.value
    assert download.suggested_filename == "invoice.pdf.exe"
    assert await asyncio.to_thread(Path(await download.path()).read_bytes) == PROGRAM["buffer"]
