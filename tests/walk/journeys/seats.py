"""People at real browsers. Whatever a browser complains of, or asks of another machine, fails the test."""

import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.async_api import Browser, ConsoleMessage, Page, Request, async_playwright, expect

from tests.browser.chromium import NONE_HERE, PROGRAMS
from tests.servers import SIDE_BY_SIDE

DESKTOP, PHONE = (1440, 900), (390, 844)
EVA, SECRET = "eva@helpdesk.example", "secret"
AXE = Path(__file__).parents[2] / "browser" / "vendor" / "axe-core-4.14.1.min.js"
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
PATIENCE_MS = 20_000 * SIDE_BY_SIDE
expect.set_options(timeout=PATIENCE_MS)
OUR_OWN = ("data:", "blob:", "about:")
# A refused form is an answer like another: the browser writes of it, and it is no fault.
REFUSAL = "the server responded with a status of 4"
WATCHING = """
document.addEventListener("securitypolicyviolation", (e) => console.error(
  `POLICY ${e.violatedDirective} ${e.blockedURI} ${e.sourceFile}:${e.lineNumber}`));
"""


@dataclass
class Seat:
    """One person at one browser."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    async def open(self, path: str) -> None:
        await self.page.goto(path)
        await self.page.wait_for_load_state()

    async def barriers(self) -> list[str]:
        """Return what axe finds on the page as it stands, each rule with where it is broken."""
        if not await self.page.evaluate("() => 'axe' in window"):
            await self.page.evaluate(_axe())
        found: dict[str, Any] = await self.page.evaluate(
            "(rules) => axe.run(document, {runOnly: {type: 'tag', values: rules}, iframes: false})", [*RULES]
        )
        return [
            f"{rule['id']}: {node['html'][:200]} ({node.get('failureSummary', '')[:200]})"
            for rule in found["violations"]
            for node in rule["nodes"][:3]
        ]

    async def overflows(self) -> int:
        """Return by how many pixels the page scrolls sideways: 0."""
        wide: int = await self.page.evaluate(
            "() => document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        return max(0, wide)

    def _hear(self, said: ConsoleMessage) -> None:
        if said.type in {"error", "warning"} and REFUSAL not in said.text:
            self.complaints.append(f"{said.type}: {said.text}")

    def _ask(self, request: Request, desk: str) -> None:
        here = urlsplit(request.url).netloc == urlsplit(desk).netloc
        if not here and not request.url.startswith(OUR_OWN):
            self.complaints.append(f"asks another machine: {request.url}")


Sits = Callable[..., Awaitable[Seat]]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start Chromium, headless. Raises RuntimeError when there is none: these tests are never skipped."""
    program = os.environ.get("POSTROOM_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, PROGRAMS)), None
    )
    if program is None:
        raise RuntimeError(NONE_HERE)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox", "--disable-component-update"]
        )
        yield browser
        await browser.close()


async def seated(
    browser: Browser,
    desk: str,
    *,
    size: tuple[int, int] = DESKTOP,
    scheme: str = "light",
    **context: Any,  # Any: whatever a context of Playwright takes
) -> Seat:
    width, height = size
    made = await browser.new_context(
        base_url=desk,
        viewport={"width": width, "height": height},
        color_scheme="dark" if scheme == "dark" else "light",
        has_touch=size == PHONE,
        reduced_motion="reduce",
        timezone_id="Europe/Berlin",
        locale="en-GB",
        **context,
    )
    made.set_default_timeout(PATIENCE_MS)
    await made.add_init_script(WATCHING)
    seat = Seat(await made.new_page())
    seat.page.on("console", seat._hear)  # noqa: SLF001 - of this module
    seat.page.on("pageerror", lambda error: seat.complaints.append(f"a script failed: {error}"))
    seat.page.on("request", lambda request: seat._ask(request, desk))  # noqa: SLF001 - as above
    return seat


async def sign_in(seat: Seat, address: str = EVA, password: str = SECRET) -> Seat:
    await seat.open("/sign-in")
    await seat.page.get_by_label("Address").fill(address)
    await seat.page.get_by_label("Password", exact=True).fill(password)
    await seat.page.get_by_role("button", name="Sign in", exact=True).click()
    await seat.page.wait_for_url("**/tickets**")
    return seat


@cache
def _axe() -> str:
    return AXE.read_text(encoding="utf-8")
