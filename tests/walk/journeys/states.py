"""What pages look like once somebody does something there: dialogs, menus, an editor with words in it.

Each is reached as a person would, in the helpdesk that furnishing.py fills. Nothing is sent or changed;
what was written stays as a draft.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from playwright.async_api import FilePayload, expect

from tests.walk.journeys.seats import SECRET, Seat

MOST = 4
"""Tickets that are selected for a change of many."""
PLAN = FilePayload(name="plan.pdf", mimeType="application/pdf", buffer=b"%PDF-1.4\n%%EOF\n")
PROGRAM = FilePayload(name="setup.exe", mimeType="application/octet-stream", buffer=b"MZ" + bytes(64))


@dataclass(frozen=True)
class State:
    name: str
    about: str
    reach: Callable[[Seat], Awaitable[None]]


async def keys(seat: Seat) -> None:
    await seat.open("/tickets?view=all")
    await seat.page.keyboard.press("?")
    await expect(seat.page.locator("dialog#keys")).to_be_visible()


async def palette(seat: Seat) -> None:
    await seat.open("/tickets?view=all")
    await seat.page.keyboard.press("Control+k")
    await seat.page.keyboard.type("lift")
    await expect(seat.page.get_by_role("option", name="Lift is stuck").first).to_be_visible()


async def filters(seat: Seat) -> None:
    await seat.open("/tickets?view=all&priority=urgent")
    await seat.page.locator("summary", has_text="Filter").click()
    await expect(seat.page.get_by_label("Waits longer than")).to_be_visible()


async def columns(seat: Seat) -> None:
    await seat.open("/tickets?view=all")
    await seat.page.locator("summary", has_text="Columns").click()
    await expect(seat.page.get_by_role("button", name="Usual ones")).to_be_visible()


async def selected(seat: Seat) -> None:
    await seat.open("/tickets?view=all")
    for at in range(MOST):
        await seat.page.locator("#rows input[name=ticket]").nth(at).check()
    await expect(seat.page.locator("#selected")).to_contain_text(f"{MOST} selected")


async def preview(seat: Seat) -> None:
    await selected(seat)
    await seat.page.get_by_role("combobox", name="Priority").select_option("high")
    if not await seat.page.locator("dialog#preview").is_visible():
        await seat.page.get_by_role("button", name="See what changes").click()
    await expect(seat.page.locator("dialog#preview")).to_be_visible()


async def ticket(seat: Seat, subject: str = "Lift is stuck") -> None:
    """Open a ticket from the list."""
    await seat.open(f'/tickets?view=all&q=subject:"{subject}"')
    await seat.page.locator("#rows .row-link").last.click()
    await expect(seat.page.locator("#ticket-head")).to_contain_text(subject)


async def post_menu(seat: Seat) -> None:
    await ticket(seat)
    menu = seat.page.locator(".k-mail_in .post-menu").first
    await menu.locator("summary").click()
    await expect(menu.get_by_role("link", name="Why is this here")).to_be_visible()


async def blank(seat: Seat) -> None:
    """Open the editor of a reply that nobody has begun: what was written before is discarded."""
    await ticket(seat)
    await expect(seat.page.locator(".rich[aria-label=Reply]")).to_be_visible()
    await seat.page.get_by_role("textbox", name="Reply").click()
    discard = seat.page.locator("form.reply [data-discard]")
    if await discard.is_visible():
        await discard.click()
        await expect(discard).to_be_hidden()
    await seat.page.get_by_role("textbox", name="Reply").click()


async def written(seat: Seat) -> None:
    """Words, a file that is taken and one that is refused."""
    await blank(seat)
    await seat.page.keyboard.type("The fitter is on the way.")
    await seat.page.locator("form.reply input[type=file]").first.set_input_files([PLAN, PROGRAM])
    await expect(seat.page.locator("form.reply .uploads")).to_contain_text("plan.pdf")
    await expect(seat.page.locator("form.reply .uploads .refused")).to_contain_text("setup.exe")
    await expect(seat.page.locator("form.reply [data-draft-state]")).to_contain_text("Saved")


async def sending(seat: Seat) -> None:
    await written(seat)
    await seat.page.locator("[data-send-menu] > summary").click()
    await expect(seat.page.get_by_role("button", name="Send and close")).to_be_visible()


async def linking(seat: Seat) -> None:
    await written(seat)
    await seat.page.locator("form.reply").get_by_role("button", name="Link", exact=True).click()
    await expect(seat.page.get_by_label("Address of the link")).to_be_visible()


async def saved_replies(seat: Seat) -> None:
    await blank(seat)
    await seat.page.keyboard.type("/")
    await expect(seat.page.get_by_role("option", name="Thanks")).to_be_visible()


async def mention(seat: Seat) -> None:
    await ticket(seat)
    await seat.page.locator("label[for=write-note]").click()
    await seat.page.get_by_role("textbox", name="Internal note").click()
    await seat.page.keyboard.press("Control+a")
    await seat.page.keyboard.type("@e")
    await expect(seat.page.locator(".suggestions").get_by_role("option", name="Eva")).to_be_visible()


async def panel(seat: Seat) -> None:
    """The facts of a ticket, with what merges and links it."""
    await ticket(seat)
    if await seat.page.get_by_role("link", name="Fields").is_visible():
        await seat.page.get_by_role("link", name="Fields").click()
    merge = seat.page.locator("#panel details", has_text="Merge")
    if not await merge.get_by_label("Into ticket").is_visible():
        await merge.locator("summary").click()
    await merge.get_by_label("Into ticket").scroll_into_view_if_needed()


async def menu(seat: Seat) -> None:
    """On a phone, what stands at the side elsewhere."""
    await seat.open("/tickets?view=all")
    more = seat.page.locator(".bottom .opens-menu")
    if await more.is_visible():
        await more.click()
        await expect(seat.page.locator("#side-menu")).to_be_visible()


async def warned(seat: Seat) -> None:
    await ticket(seat, "Outstanding invoice")
    await seat.page.locator(".file.warned a").first.click()
    await expect(seat.page.get_by_role("heading", name="Before you download")).to_be_visible()


async def second_factor(seat: Seat) -> None:
    await seat.open("/me/security")
    await seat.page.get_by_label("Your password").fill(SECRET)
    await seat.page.get_by_role("button", name="Set up").click()
    await expect(seat.page.locator(".qr")).to_be_visible()


async def missing(seat: Seat) -> None:
    await seat.open("/tickets/999999")
    await expect(seat.page.get_by_role("heading").first).to_be_visible()


STATES = (
    State("keys", "The keys of a page (?)", keys),
    State("palette", "The palette (Ctrl K)", palette),
    State("filters", "A filter of the list", filters),
    State("columns", "The columns of the list", columns),
    State("selected", "Tickets that are selected", selected),
    State("preview", "What a change of many would do", preview),
    State("post-menu", "The menu of a post", post_menu),
    State("written", "A reply that is written, a file that is taken and one that is refused", written),
    State("sending", "More ways to send", sending),
    State("linking", "A link in a reply", linking),
    State("saved-replies", "Saved replies (/)", saved_replies),
    State("mention", "A colleague in a note (@)", mention),
    State("panel", "Merging and linking", panel),
    State("menu", "The menu on a phone", menu),
    State("warned", "Before a file outside the list is downloaded", warned),
    State("second-factor", "Setting up a second factor", second_factor),
    State("missing", "A page that is not there", missing),
)
