"""Pictures of every page and of what opens on it: `make screenshots`.

Light and dark, on a desktop and a phone. Pages are those of the routes of the application, found by links
in the helpdesk that furnishing.py fills.
"""

import asyncio
import base64
import re
import sys
from pathlib import Path
from typing import Literal

import httpx

from tests.installation import TENANT
from tests.service.desk.conftest import Browser as Reader
from tests.walk.journeys.furnishing import furnish
from tests.walk.journeys.rounds import go_round
from tests.walk.journeys.seats import DESKTOP, EVA, PHONE, SECRET, Seat, chromium, seated, sign_in
from tests.walk.journeys.states import STATES
from tests.walk.stack import stack
from tests.walk.walking import Walk

FOLDER = Path(__file__).parents[3] / "docs" / "screenshots"
QUALITY = 45
"""Of WebP, in percent: text stays sharp, and all pictures together stay below twelve megabytes."""
SIZES = {"desktop": DESKTOP, "phone": PHONE}
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LOOKS = [f"{size}-{scheme}" for size in SIZES for scheme in SCHEMES]
SIGN_IN = "/sign-in"
SHOWN_FIRST = "Lift is stuck"
"""Of the tickets, the one with the most on it is shown."""


async def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with stack() as walk, chromium() as browser:
        unlinked = await furnish(walk)
        pages = await pages_of(walk, *unlinked)
        for word, size in SIZES.items():
            seat = await seated(browser, walk.server.url, size=size)
            await shoot_all(seat, pages, word)
            await seat.page.context.close()
            sys.stdout.write(f"{word}: {len(pages)} pages, {len(STATES)} states\n")
    names = {name_of(route): f"`{route}`" for route in pages}
    names |= {f"state-{state.name}": state.about for state in STATES}
    (FOLDER / "README.md").write_text(index(names), encoding="utf-8")
    kept = {picture(name, look) for name in names for look in LOOKS}
    for old in FOLDER.glob("*.webp"):
        if old.name not in kept:
            old.unlink()


async def pages_of(walk: Walk, *unlinked: str) -> dict[str, str]:
    """Return for each route that has a page the first of its pages."""
    found = await walk.read(f'/tickets?q=subject:"{SHOWN_FIRST}"')
    first = f"/tickets/{max(one['number'] for one in found['items'] if one['priority'] == 'urgent')}"
    async with httpx.AsyncClient(base_url=walk.server.url, timeout=20) as http:
        await Reader(http).sign_in(EVA, tenant=TENANT, password=SECRET)
        made = await go_round(http, "/tickets?view=all", first, SIGN_IN, "/style", *unlinked)
    return {route: addresses[0] for route, addresses in sorted(made.pages.items())}


async def shoot_all(seat: Seat, pages: dict[str, str], size: str) -> None:
    await seat.open(SIGN_IN)
    await shoot(seat, name_of(SIGN_IN), size)
    await sign_in(seat)
    for route, address in pages.items():
        if route != SIGN_IN:
            await seat.open(address)
            await shoot(seat, name_of(route), size)
    for state in STATES:
        await state.reach(seat)
        await shoot(seat, f"state-{state.name}", size)


async def shoot(seat: Seat, name: str, size: str) -> None:
    """Write what is seen without scrolling, light and dark. Playwright writes no WebP, Chromium does."""
    for frame in seat.page.frames:
        await frame.wait_for_load_state()
    await seat.page.evaluate("() => document.fonts.ready")
    session = await seat.page.context.new_cdp_session(seat.page)
    for scheme in SCHEMES:
        await seat.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        taken = await session.send("Page.captureScreenshot", {"format": "webp", "quality": QUALITY})
        (FOLDER / picture(name, f"{size}-{scheme}")).write_bytes(base64.b64decode(taken["data"]))
    await session.detach()


def name_of(route: str) -> str:
    """Return the name of a page's pictures: its route without slashes and braces."""
    return re.sub(r"[^a-z0-9]+", "-", route).strip("-")


def picture(name: str, look: str) -> str:
    return f"{name}-{look}.webp"


def index(names: dict[str, str]) -> str:
    """Write a page that shows every picture, small, and leads to the large one."""
    lines = [
        "# Every page",
        "",
        "Made by `make screenshots` from the routes of the desk. A desktop and a phone, light and dark.",
        "",
    ]
    for name, about in names.items():
        lines += [f"## {about}", "", " ".join(linked(name, look) for look in LOOKS), ""]
    return "\n".join(lines)


def linked(name: str, look: str) -> str:
    file, alt = picture(name, look), look.replace("-", ", ")
    return f'<a href="{file}"><img src="{file}" alt="{alt}" height="180" loading="lazy"></a>'


if __name__ == "__main__":
    asyncio.run(main())
