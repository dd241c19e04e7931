"""What the palette finds, and what it does not."""

import httpx

from tests.service.desk.conftest import Browser, House


async def found(browser: Browser, letters: str) -> list[str]:
    page = (await browser.get(f"/palette?q={letters}")).text
    return [part.split('"')[0] for part in page.split('data-href="')[1:]]


async def test_a_number_is_the_ticket_of_that_number_first(house: House, eva: Browser) -> None:
    await house.ticket(7, "Printer on fire")
    await house.ticket(8, "The 7 dwarfs")
    assert (await found(eva, "7"))[0] == "/tickets/7"
    assert (await found(eva, "%237"))[0] == "/tickets/7"
    assert "/tickets/9" not in await found(eva, "9")


async def test_words_find_tickets_and_people(house: House, eva: Browser) -> None:
    ticket = await house.ticket(7, "Printer on fire", contact="zoe@example.test")
    await house.mail_in(ticket, "It smokes.")
    assert "/tickets/7" in await found(eva, "printer")
    person = house.contacts["default", "zoe@example.test"]
    assert f"/contacts/{person}" in await found(eva, "zoe@")


async def test_odd_letters_find_nothing_and_break_nothing(eva: Browser) -> None:
    for letters in ("", "%00", "a%22%27%3C", "is:nonsense", "9" * 300, "%23", "²"):
        assert (await eva.get(f"/palette?q={letters}")).status_code in {200, 422}


async def test_only_administrators_are_led_to_settings(house: House, http: httpx.AsyncClient) -> None:
    await house.user("bob@acme.test")
    bob = Browser(http)
    await bob.sign_in("bob@acme.test")
    assert await found(bob, "mail_send_threshold") == []
