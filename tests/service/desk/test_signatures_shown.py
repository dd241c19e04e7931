"""Signatures at the desk: set among the settings, told below the editor, taken off when a reply is undone."""

from sqlalchemy import update

from services.desk.desk import Desk
from shared.contracts.sending import Draft
from shared.storage.options import options_of
from shared.storage.sending import mails
from tests.service.desk.conftest import Browser, House

LINES = "{{ agent.name }}\r\n\r\n  {{ department.name }} <b>"


async def test_a_department_gets_one_on_the_page_of_its_settings(
    house: House, desk: Desk, eva: Browser
) -> None:
    sales = await house.department("sales")
    form = {"department": "sales", "signature": LINES, "was.signature": ""}
    assert (await eva.post("/settings", **form)).headers[
        "location"
    ] == "/settings?department=sales&said=saved"
    async with desk.reading_all("default") as reading:
        own, others = [await options_of(reading.db, "default", one) for one in (sales, None)]
    assert (own.signature, others.signature) == (LINES.replace("\r\n", "\n"), "")
    page = (await eva.get("/settings?department=sales")).text
    assert "{{ agent.name }}\n\n  {{ department.name }} &lt;b&gt;</textarea>" in page
    assert "Signature</dt>" in (await eva.get(f"/departments/{sales}")).text


async def test_empty_lines_count_and_what_cannot_be_filled_is_refused_with_its_line(eva: Browser) -> None:
    now = {"signature": "Eva\r\n\r\nSales", "was.signature": "Eva\r\nSales"}
    assert (await eva.post("/settings", **now)).headers["location"] == "/settings?said=saved"
    answer = await eva.post("/settings", signature="a\n{{ agent.shoe }}", **{"was.signature": ""})
    assert answer.status_code == 422
    assert "Line 2: there is no fact &#39;agent.shoe&#39; here; there is: name, address." in answer.text


async def test_a_department_with_a_text_of_its_own_has_no_html_of_the_tenant(
    house: House, desk: Desk, eva: Browser
) -> None:
    sales = await house.department("sales")
    await eva.post("/settings", signature_html="<b>us</b>", **{"was.signature_html": ""})
    await eva.post("/settings", department="sales", signature="Sales", **{"was.signature": ""})
    async with desk.reading_all("default") as reading:
        own = await options_of(reading.db, "default", sales)
    assert (own.signature, own.signature_html) == ("Sales", "")


async def test_who_answers_sees_what_will_stand_below(house: House, eva: Browser) -> None:
    await house.ticket(1, department=await house.department("sales"))
    await eva.post("/settings", signature=LINES, **{"was.signature": ""})
    page = (await eva.get("/tickets/1")).text
    assert "… signature, put below when it is sent" in page
    assert "<p>Eva</p><p>  Sales &lt;b&gt;</p>" in page


async def test_a_reply_that_is_undone_comes_back_without_the_signature(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    blob = await house.blobs.put("default", Draft(text="Hello.").model_dump_json().encode())
    mail = await house.mail_out(ticket, "cancelled")
    await house.change(update(mails).values(written=blob))
    page = (await eva.get(f"/tickets/1?undone={mail}")).text
    assert ">Hello.</textarea>" in page
