"""What is wide gives way: many people of a mail, many columns of the list."""

import re

from playwright.async_api import Browser as Chromium
from playwright.async_api import expect

from shared.contracts.mail import Address
from tests.service.desk.browser.conftest import opened
from tests.service.desk.conftest import House


async def test_many_in_copy_take_two_rows_until_somebody_wants_to_see_them(
    chromium: Chromium, site: str, house: House
) -> None:
    people = tuple(Address(address=f"person{number}@example.test") for number in range(30))
    await house.mail_in(await house.ticket(8), document={"cc": people})
    page = await opened(chromium, site)
    await page.goto(f"{site}/tickets/8")
    line = page.locator(".reply [data-line=cc]")
    rest = line.locator(".rest")
    await expect(rest).to_have_text(re.compile(r"^\+\d\d$"))
    tops = await line.locator(".person:visible").evaluate_all(
        "(all) => [...new Set(all.map((one) => one.offsetTop))]"
    )
    assert len(tops) <= 2
    everybody = await line.locator("input[type=hidden]").count()
    assert everybody > 30
    await rest.click()
    await expect(line.locator(".person:visible")).to_have_count(everybody)
    await expect(line.locator(".person button:focus")).to_have_count(1)
    assert await line.evaluate("(all) => all.offsetHeight") < 200


async def test_columns_give_way_to_the_subject_in_their_order(
    chromium: Chromium, site: str, house: House
) -> None:
    await house.mailbox("help@acme.test")
    page = await opened(chromium, site)
    await page.set_viewport_size({"width": 1440, "height": 900})
    await page.goto(f"{site}/tickets")
    await page.locator("summary", has_text="Columns").click()
    for box in await page.locator(".columns-form input[type=checkbox]:enabled").all():
        await box.check()
    await page.locator(".right-pop[open] button", has_text="Save").click()
    await expect(page.locator("th.c-number")).to_be_hidden()
    subject = page.locator("th.c-subject")
    assert await subject.evaluate("(cell) => cell.offsetWidth") >= 240
    await expect(page.locator("th.c-waiting")).to_be_visible()
    await page.set_viewport_size({"width": 1900, "height": 900})
    await expect(page.locator("th.c-number")).to_be_visible()
