"""The editor in a real browser: drafts that survive, what is pasted, files that are refused, sending."""

from datetime import timedelta
from uuid import UUID

import pytest
from playwright.async_api import Browser as Chromium
from playwright.async_api import Page, expect

from shared.storage import messages
from shared.storage.desk import drafts
from tests.service.desk.browser.conftest import opened, ready, signs_in
from tests.service.desk.conftest import NOW, House

PASTE = """([selector, type, words]) => {
  const at = document.querySelector(selector), data = new DataTransfer();
  data.setData(type, words);
  at.focus();
  at.dispatchEvent(new ClipboardEvent("paste", { bubbles: true, cancelable: true, clipboardData: data }));
}"""
DROP = """() => {
  const data = new DataTransfer();
  data.items.add(new File([new Uint8Array([0x4d, 0x5a, 0x90, 0, 3, 0, 0, 0, 4, 0, 0, 0])], "run.exe"));
  for (const name of ["dragenter", "dragover", "drop"]) {
    document.body.dispatchEvent(new DragEvent(name, { bubbles: true, cancelable: true, dataTransfer: data }));
  }
}"""


async def types(page: Page, words: str) -> None:
    await page.locator(".reply .rich").click()
    await page.keyboard.press("Control+End")
    await page.keyboard.type(words)


async def state(page: Page, words: str) -> None:
    await expect(page.locator(".reply [data-draft-state]")).to_contain_text(words)


async def test_a_draft_is_on_another_device(chromium: Chromium, site: str) -> None:
    laptop = await opened(chromium, site)
    await types(laptop, "Half a ")
    await laptop.keyboard.press("Control+b")
    await laptop.keyboard.type("reply")
    await state(laptop, "Saved ")
    await expect(laptop.locator("[data-discard]").first).to_be_visible()
    phone = await opened(chromium, site)
    await expect(phone.locator(".reply .rich b")).to_have_text("reply")


async def test_without_a_connection_the_device_keeps_it(chromium: Chromium, site: str, house: House) -> None:
    page = await opened(chromium, site)
    await page.route("**/drafts/**", lambda route: route.abort())
    await types(page, "Half a reply")
    await state(page, "Saved on this device, not yet on the server")
    assert await house.rows(drafts) == []
    await page.unroute("**/drafts/**")
    await ready(page, site)
    await expect(page.locator(".reply .rich")).to_have_text("Half a reply")
    await expect(page.locator("[data-discard]").first).to_be_visible()
    assert [row["text"] for row in await house.rows(drafts)] == ["Half a reply"]


async def test_two_devices_keep_both_and_each_shows_the_other(chromium: Chromium, site: str) -> None:
    laptop = await opened(chromium, site)
    await types(laptop, "Begun.")
    await state(laptop, "Saved ")
    phone = await opened(chromium, site)
    await types(phone, " On the phone.")
    await expect(phone.locator(".reply [name=version]")).to_have_value("2")
    await types(laptop, " On the laptop.")
    other = laptop.locator(".reply [data-others]")
    await expect(other).to_contain_text("on another device")
    await expect(laptop.locator(".reply .rich")).to_have_text("Begun. On the laptop.")
    await other.get_by_role("button", name="Show").click()
    await expect(laptop.locator(".reply .rich")).to_have_text("Begun. On the phone.")


async def test_what_is_pasted_loses_style_and_strange_images(chromium: Chromium, site: str) -> None:
    said: list[str] = []
    page = await opened(chromium, site, said)
    html = (
        '<style>b{}</style><p class=x style="color:red">Dear <b>all</b><img src="https://x.test/1.png">'
        '<a href="javascript:x()">no</a></p>'
        '<img/onerror="x()" src=y><b oNclick=\'x(">")\' title="a>b">not</b>'
    )
    await page.evaluate(PASTE, [".reply .rich", "text/html", html])
    await expect(page.locator(".reply .rich b")).to_have_text(["all", "not"])
    field = await page.locator(".reply [name=html]").input_value()
    assert not any(one in field for one in ("style", "class", "img", "javascript", "script", "x("))
    assert said == []


async def test_a_pasted_table_keeps_its_rows_and_cells_apart(chromium: Chromium, site: str) -> None:
    page = await opened(chromium, site)
    cells = "<thead><tr><th>A1<th>B1</thead><tr><td>A2<td><b>B2</b></tr><tr><td><p>A3</p><p>C3</p><td>B3"
    await page.evaluate(PASTE, [".reply .rich", "text/html", f"<table>{cells}</table>"])
    await expect(page.locator(".reply .rich b")).to_have_text("B2")
    lines = (await page.locator(".reply [name=text]").input_value()).split("\n")
    assert [line.split() for line in lines if line] == [["A1", "B1"], ["A2", "B2"], ["A3"], ["C3"], ["B3"]]


async def test_a_refused_file_stays_with_the_reason_wherever_it_was_dropped(
    chromium: Chromium, site: str
) -> None:
    page = await opened(chromium, site)
    await page.evaluate(DROP)
    await expect(page.locator(".reply .refused")).to_contain_text("run.exe: Programs are not on the list")
    await expect(page.locator(".reply [data-send]")).to_be_enabled()


async def test_typed_addresses_become_people(chromium: Chromium, site: str) -> None:
    page = await opened(chromium, site)
    more = page.locator(".reply [data-line=cc] .more")
    await more.fill("Bob Kay <bob@x.test>, nonsense")
    await more.press("Enter")
    await expect(page.locator(".reply [data-line=cc] .person").last).to_contain_text("Bob Kay")
    await expect(page.locator(".reply [data-line=cc] .problem")).to_contain_text("nonsense is not an address")
    await more.fill("ann")
    await expect(page.locator(".suggestions li")).to_contain_text("anna@example.test")


async def test_sending_empties_the_editor_and_ends_the_draft(
    chromium: Chromium, site: str, house: House
) -> None:
    page = await opened(chromium, site)
    await types(page, "It is ready.")
    await state(page, "Saved ")
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".reply .told")).to_be_visible()
    await expect(page.locator(".reply .rich")).to_have_text("")
    assert len(await house.rows(messages.outbox)) == 1
    await ready(page, site)
    await expect(page.locator(".reply .rich")).to_have_text("")


async def test_escape_leaves_and_the_text_stays(chromium: Chromium, site: str) -> None:
    page = await opened(chromium, site)
    await page.keyboard.press("r")
    await page.keyboard.type("Half a")
    await page.keyboard.press("Escape")
    await page.keyboard.press("m")
    await expect(page.locator(".note .rich")).to_be_focused()
    await expect(page.locator(".reply .rich")).to_have_text("Half a")


@pytest.mark.parametrize("way", ["mouse", "finger", "key"])
async def test_what_is_sent_is_undone_at_the_first_try_and_no_time_stays_in_the_menu(
    *, chromium: Chromium, site: str, house: House, ticket: UUID, way: str
) -> None:
    mail = await house.mail_out(ticket, "planned", send_at=NOW + timedelta(seconds=10))
    page = await opened(chromium, site, phone=way == "finger")
    await types(page, "It is ready.")
    key = UUID(await page.locator(".reply [name=key]").input_value())
    await house.answers("mailer.mail.send.v1", key, {"ok": True, "outgoing": str(mail)})
    await page.locator(".reply [name=send_at]").evaluate("field => { field.value = '2026-12-01T08:00'; }")
    await page.locator(".reply [data-send]").click()
    undo = page.locator(".reply .told button")
    await expect(undo).to_be_visible()
    await expect(page.locator(".reply [name=send_at]")).to_have_value("")
    box = await undo.bounding_box()
    assert box is not None
    at = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    async with page.expect_response(f"**/outgoing/{mail}/cancel"):
        if way == "key":
            await page.keyboard.press("z")
        else:
            await (page.mouse.click(*at) if way == "mouse" else page.touchscreen.tap(*at))
    if way == "finger":
        await expect(page.locator(".editor.writing")).to_have_count(0)


async def test_contact_and_subject_alone_are_a_draft_and_go_with_it(chromium: Chromium, site: str) -> None:
    page = await opened(chromium, site)
    contact, subject = page.locator("main [name=contact]"), page.locator("main [name=subject]")
    await page.goto(f"{site}/tickets/new")
    await contact.fill("anna@example.test")
    await subject.fill("Your badge")
    await expect(page.locator("[data-draft-state]")).to_contain_text("Saved ")
    await subject.press("Enter")
    await page.reload()
    await expect(contact).to_have_value("anna@example.test")
    await page.locator("[data-discard]").click()
    await expect(page.locator("[data-draft-state]")).to_have_text("Draft discarded.")
    await expect(contact).to_have_value("")
    await expect(subject).to_have_value("")
    await contact.fill("bea@example.test")
    async with page.expect_response(lambda told: told.request.method == "POST" and told.url.endswith("/new")):
        await page.get_by_role("button", name="Open ticket").click()


async def test_who_is_signed_out_is_told_so_and_sends_after_signing_in(chromium: Chromium, site: str) -> None:
    page = await opened(chromium, site)
    await types(page, "It is ready.")
    await state(page, "Saved ")
    await page.context.clear_cookies()
    await page.keyboard.press("Control+Enter")
    await expect(page.locator(".reply .problem")).to_contain_text("you are signed out")
    async with page.context.expect_page() as coming:
        await page.locator(".reply .problem").get_by_role("button", name="Sign in").click()
    await signs_in(await coming.value, site)
    await expect(page.locator(".reply .rich")).to_have_text("It is ready.")
    await page.locator(".reply [data-send]").click()
    await expect(page.locator(".reply .told")).to_be_visible()
