"""What programs told each other in a mail, as the ticket page shows it."""

from collections.abc import Mapping

from shared.contracts.documents import CalendarEvent, Protection
from shared.contracts.mail import AbuseReport, Bounce
from tests.service.desk.conftest import Browser, House

EVENT = {
    "method": "request",
    "summary": "Visit <b>",
    "place": "Room 2",
    "start": {"local": "2024-04-02T10:00:00", "zone": "Europe/Berlin", "at": "2024-04-02T08:00:00Z"},
    "end": {"local": "2024-04-02T11:30:00", "zone": "Europe/Berlin", "at": "2024-04-02T09:30:00Z"},
    "organizer": {"address": "ann@buyer.test", "name": "Ann Roe"},
}


def event(facts: Mapping[str, object]) -> CalendarEvent:
    return CalendarEvent.model_validate(facts)


async def test_an_invitation_is_told_with_its_file(house: House, eva: Browser) -> None:
    file = await house.file("invite.ics", b"BEGIN", media_type="text/calendar", role="calendar")
    post = await house.mail_in(await house.ticket(1), document={"calendar": (event(EVENT),)}, files=(file,))
    page = (await eva.get("/tickets/1")).text
    assert "Invitation: Visit &lt;b&gt;" in page
    assert "2024-04-02 10:00 to 11:30 Europe/Berlin" in page
    assert "by Ann Roe" in page
    assert page.count("invite.ics") == 1
    assert (await eva.get(f"/posts/{post}/files/{file.sha256}")).content == b"BEGIN"


async def test_whole_days_end_with_their_last_day(house: House, eva: Browser) -> None:
    days = {"start": {"local": "2024-04-05"}, "end": {"local": "2024-04-07"}, "repeats": True}
    fair = event({"method": "cancel", "summary": "Fair", **days})
    await house.mail_in(await house.ticket(1), document={"calendar": (fair,)})
    assert "2024-04-05 to 2024-04-06, repeated" in (await eva.get("/tickets/1")).text


async def test_an_answer_names_who_gave_it(house: House, eva: Browser) -> None:
    ann = {"who": {"address": "ann@buyer.test"}, "answer": "declined"}
    answer = event({"method": "reply", "attendees": (ann,)})
    await house.mail_in(await house.ticket(1), document={"calendar": (answer,)})
    assert "ann@buyer.test: declined" in (await eva.get("/tickets/1")).text


async def test_a_signature_is_said_and_no_file(house: House, eva: Browser) -> None:
    file = await house.file("smime.p7s", b"x", role="signature")
    signed = {"protection": Protection(scheme="smime", state="signed")}
    await house.mail_in(await house.ticket(1), files=(file,), document=signed)
    page = (await eva.get("/tickets/1")).text
    assert "Signed (S/MIME), not checked" in page
    assert "smime.p7s" not in page


async def test_an_encrypted_mail_says_so_and_keeps_its_file(house: House, eva: Browser) -> None:
    file = await house.file("encrypted.asc", b"x")
    encrypted = {"protection": Protection(scheme="pgp", state="encrypted")}
    await house.mail_in(await house.ticket(1), files=(file,), document=encrypted)
    page = (await eva.get("/tickets/1")).text
    assert "Encrypted (PGP): it cannot be read here" in page
    assert "encrypted.asc" in page


async def test_images_of_signatures_are_one_click_away(house: House, eva: Browser) -> None:
    logo = await house.file("logo.png", b"logo", media_type="image/png", inline=True, role="logo")
    photo = await house.file("photo.png", b"photo", media_type="image/png", inline=True)
    ticket = await house.ticket(1)
    await house.mail_in(ticket, files=(logo, photo))
    page = (await eva.get("/tickets/1")).text
    assert "1 small image of signatures" in page
    assert page.index("photo.png") < page.index("logo.png")


async def test_a_small_image_that_came_before_is_put_aside(house: House, eva: Browser) -> None:
    image = await house.file("image001.png", b"logo", media_type="image/png", inline=True)
    ticket = await house.ticket(1)
    await house.mail_in(ticket, files=(image,))
    await house.mail_in(ticket, files=(image,))
    page = (await eva.get("/tickets/1")).text
    assert page.count("1 small image of signatures") == 1
    assert page.count('aria-label="Files"') == 1


async def test_a_bounce_names_all_recipients_and_the_reason(house: House, eva: Browser) -> None:
    several = ("anna@two.test", "ben@two.test")
    bounce = Bounce(recipient=several[0], recipients=several, diagnostic="550 no <such> user")
    await house.mail_in(await house.ticket(1), document={"bounce": bounce})
    page = (await eva.get("/tickets/1")).text
    assert "Not delivered to anna@two.test, ben@two.test: 550 no &lt;such&gt; user" in page


async def test_an_abuse_report_is_told(house: House, eva: Browser) -> None:
    report = AbuseReport(kind="abuse", recipient="tess@big.test", subject="Your ticket")
    await house.mail_in(await house.ticket(1), document={"abuse_report": report})
    assert (
        "A report (abuse) of tess@big.test about the mail Your ticket" in (await eva.get("/tickets/1")).text
    )
