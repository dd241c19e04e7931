"""Addresses that automatic mail spares, on the desk: listed, found, allowed again, and linked to."""

import json
from datetime import timedelta
from uuid import UUID, uuid4

from shared.storage import messages, sending
from tests.service.desk.conftest import NOW, Browser, House

ROOM = "/blocked-addresses"
WHY = "mail to it came back as undeliverable"


async def block(
    house: House,
    address: str,
    mail: UUID,
    ago: timedelta = timedelta(),
    lasts: timedelta = timedelta(days=30),
) -> None:
    times = {"since": NOW - ago, "until": NOW - ago + lasts}
    await house.add(sending.blocked, tenant="default", address=address, reason=WHY, mail=mail, **times)


async def bounced(house: House, number: int, to: str = "anna@example.test") -> UUID:
    recipients = {"to": [{"address": to, "name": ""}], "cc": [], "bcc": []}
    ticket = await house.ticket(number)
    return await house.mail_out(ticket, "bounced", recipients=recipients, subject=f"Re: Printer {number}")


async def test_the_list_tells_address_reason_mail_and_times_and_not_what_has_run_out(
    house: House, eva: Browser
) -> None:
    mail = await bounced(house, 7)
    await block(house, "gone@firm.test", mail)
    await block(house, "back@firm.test", mail, ago=timedelta(days=31))
    page = (await eva.get(ROOM)).text
    for told in ("<td>gone@firm.test</td>", "Mail to it came back as undeliverable.", 'href="/tickets/7"'):
        assert told in page
    assert "Re: Printer 7" in page
    assert f"{NOW:%A %-d %B %Y %H:%M:%S} UTC" in page
    assert f"{NOW + timedelta(days=30):%A %-d %B %Y %H:%M:%S} UTC" in page
    assert "back@firm.test" not in page


async def test_an_address_is_found_by_a_part_of_it(house: House, eva: Browser) -> None:
    mail = await bounced(house, 7)
    for address in ("gone@firm.test", "a_b@firm.test", "axb@other.test"):
        await block(house, address, mail)

    async def found(part: str) -> set[str]:
        page = (await eva.get(f"{ROOM}?find={part}")).text
        return {one for one in ("gone@firm.test", "a_b@firm.test", "axb@other.test") if f"<td>{one}" in page}

    assert await found("FIRM.") == {"gone@firm.test", "a_b@firm.test"}
    assert await found("a_b") == {"a_b@firm.test"}
    assert await found("nobody") == set()
    assert "Show all" in (await eva.get(f"{ROOM}?find=nobody")).text


async def test_the_list_goes_on_where_a_page_of_it_ended(house: House, eva: Browser) -> None:
    mail = await bounced(house, 7)
    names = {f"a{number:02}@firm.test" for number in range(52)}
    for address in sorted(names):
        await block(house, address, mail)
    first = (await eva.get(f"{ROOM}?find=firm")).text
    path = first.partition('<a class="button" href="')[2].partition('"')[0].replace("&amp;", "&")
    second = (await eva.get(path)).text
    on_first, on_second = ({one for one in names if f"<td>{one}" in page} for page in (first, second))
    assert (len(on_first), len(on_second)) == (50, 2)
    assert on_first | on_second == names
    assert "after=" not in second


async def test_an_address_is_allowed_again_by_the_command_of_the_api(house: House, eva: Browser) -> None:
    await block(house, "gone@firm.test", await bounced(house, 7))
    key = uuid4()
    await house.answers("mailer.address.unblock.v1", key, {"ok": True})
    answer = await eva.post(f"{ROOM}/allow", key=str(key), address="Gone@firm.test")
    assert answer.headers["location"] == f"{ROOM}?said=allowed"
    assert "Automatic mail goes there again." in (await eva.get(answer.headers["location"])).text
    await eva.post(f"{ROOM}/allow", key=str(uuid4()), address="gone@firm.test")
    (row,) = await house.rows(messages.outbox)
    command = json.loads(row["body"])
    assert (command["address"], command["actor"]["user"]) == ("gone@firm.test", str(house.users["eva"]))


async def test_what_is_not_blocked_and_what_somebody_allowed_before_is_said(
    house: House, eva: Browser
) -> None:
    assert (await eva.post(f"{ROOM}/allow", address="gone@firm.test")).status_code == 404
    await block(house, "gone@firm.test", await bounced(house, 7))
    key = uuid4()
    await house.answers("mailer.address.unblock.v1", key, {"refused": "nothing keeps mail from it"})
    answer = await eva.post(f"{ROOM}/allow", key=str(key), address="gone@firm.test")
    assert (answer.status_code, "Nothing keeps mail from it." in answer.text) == (409, True)


async def test_outgoing_mail_the_ticket_and_the_contact_lead_there(house: House, eva: Browser) -> None:
    mail = await bounced(house, 7)
    link = 'href="/blocked-addresses?find=anna%40example.test"'
    contact = f"/contacts/{house.contacts['default', 'anna@example.test']}"
    for path in ("/outgoing?state=failed", contact):
        assert link not in (await eva.get(path)).text
    await block(house, "anna@example.test", mail)
    for path in ("/outgoing?state=failed", contact):
        assert link in (await eva.get(path)).text
    assert 'href="/blocked-addresses"' in (await eva.get("/outgoing")).text
    spared = await house.ticket(8)
    assert 'href="/blocked-addresses"' not in (await eva.get("/tickets/8")).text
    await house.mail_out(spared, "cancelled", code="address_blocked", reason=f"not sent: {WHY}")
    assert 'href="/blocked-addresses"' in (await eva.get("/tickets/8")).text
