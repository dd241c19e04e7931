"""How soon pages of the desk can be read and used in a browser, and how heavy they are.

`python bench/desk.py [--tickets 1000000] [--url postgresql://…] [--rounds 5]`: the desk with its web server,
on a database of many tickets (bench/databases.py), in Chromium. For each page: time to the first byte, to
the first content (paint), and until its scripts have run (interactive), by the browser's own clock; how far
content moved (CLS); kilobytes over the wire with an empty cache and with a warm one. All numbers are of this
machine: compare pages of one run with each other. Signing in is a page that does next to nothing.
"""

import argparse
import asyncio
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import asyncpg
import httpx
import uvicorn
from argon2 import PasswordHasher
from databases import filled, server_at
from playwright.async_api import Browser, BrowserContext, async_playwright
from rich.console import Console
from rich.table import Table
from ticket_filling import LARGE, LONG

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.signin.auth import COOKIE
from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.documents import Body, Document
from shared.contracts.mail import Address
from shared.contracts.sending import Draft
from shared.messaging.unit import Units
from shared.storage.engine import make_engine

console = Console(width=120)
PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
PAGES = {
    "signing in": "/sign-in",
    "list: open": "/tickets?view=open",
    "list: all": "/tickets?view=all",
    "search: a common word": "/tickets?view=all&q=common",
    "a ticket": "/tickets/100",
    f"a ticket of {LONG.posts:,} posts": f"/tickets/{LONG.number}",
    "settings": "/settings",
    "operations": "/operations",
}
READER, PASSWORD = "reader@desk.example", "of the bench alone"
WORDS = "The lift stopped between the second and the third floor again, and the door does not open. " * 4
TIMES = """() => new Promise((done) => {
  const tell = () => {
    const nav = performance.getEntriesByType("navigation")[0];
    const paint = performance.getEntriesByName("first-contentful-paint")[0];
    if (!paint || !nav.loadEventEnd) return setTimeout(tell, 20);
    let moved = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => { moved += one.value; }))
      .observe({ type: "layout-shift", buffered: true });
    setTimeout(() => done({
      first_byte: nav.responseStart, content: paint.startTime, moved,
      interactive: nav.domContentLoadedEventEnd,
      kilobytes: [nav, ...performance.getEntriesByType("resource")]
        .reduce((sum, one) => sum + one.transferSize, 0) / 1000,
    }), 100);
  };
  tell();
})"""
Seen = dict[str, float]


@asynccontextmanager
async def desk_on(url: str, blobs: FilesystemBlobs) -> AsyncIterator[tuple[str, str]]:
    """Serve the desk; yield its address and the cookie of somebody who is signed in."""
    engine = make_engine(url, "desk")
    desk = Desk(engine=engine, units=Units(engine, "desk"), blobs=blobs)
    server = uvicorn.Server(
        uvicorn.Config(make_app(desk), port=0, log_level="error", timeout_graceful_shutdown=1)
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.05)
    port = server.servers[0].sockets[0].getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    yield address, await signed_in(address)
    desk.live.close()
    server.should_exit = True
    await serving
    await engine.dispose()


async def signed_in(address: str) -> str:
    """Sign the reader in; return the cookie."""
    async with httpx.AsyncClient(base_url=address) as http:
        token = re.search(r'name="csrf" value="([^"]+)"', (await http.get("/sign-in")).text)
        assert token is not None
        form = {"csrf": token[1], "tenant": LARGE, "address": READER, "password": PASSWORD}
        answer = await http.post("/sign-in", data=form)
        assert answer.has_redirect_location, answer.text
        return http.cookies[COOKIE]


async def prepare(url: str, blobs: FilesystemBlobs) -> None:
    """Add an administrator; give the posts of the long ticket words: some lines, and a mail with a quote."""
    sender = Address(address="person@firm.example", name="Person")
    document = Document(
        message_id="1@firm.example",
        sender=sender,
        fingerprint="f",
        body=Body(reply_text=WORDS, quoted_text="\n".join(["> as before"] * 30)),
    )
    mail = await blobs.put(LARGE, document.model_dump_json().encode())
    draft = await blobs.put(LARGE, Draft(text=WORDS).model_dump_json().encode())
    db = await asyncpg.connect(url)
    try:
        await db.execute(
            "UPDATE ticketing.post SET body = CASE kind WHEN 'mail_in' THEN $1 ELSE $2 END"
            " WHERE ticket = (SELECT id FROM ticketing.ticket WHERE tenant = $3 AND number = $4)",
            mail,
            draft,
            LARGE,
            LONG.number,
        )
        await db.execute(
            'INSERT INTO config."user" (id, tenant, address, name, role, password_hash, created_at)'
            " VALUES (gen_random_uuid(), $1, $2, 'Reader', 'admin', $3, now()) ON CONFLICT DO NOTHING",
            LARGE,
            READER,
            PasswordHasher().hash(PASSWORD),
        )
    finally:
        await db.close()


async def opened(
    browser: Browser, address: str, cookie: str, path: str, rounds: int
) -> tuple[list[Seen], list[Seen]]:
    """Open a page with an empty cache and then with a warm one, again and again."""
    cold, warm = [], []
    for _ in range(rounds):
        context = await _context(browser, address, cookie)
        cold.append(await _open(context, path))
        warm.append(await _open(context, path))
        await context.close()
    return cold, warm


async def _context(browser: Browser, address: str, cookie: str) -> BrowserContext:
    context = await browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
    await context.add_cookies([{"name": COOKIE, "value": cookie, "url": address}])
    return context


async def _open(context: BrowserContext, path: str) -> Seen:
    page = await context.new_page()
    answer = await page.goto(path)
    assert answer is not None
    assert answer.ok, f"{path}: {answer.status}"
    seen: Seen = await page.evaluate(TIMES)
    await page.close()
    return seen


def _row(name: str, cold: list[Seen], warm: list[Seen]) -> list[str]:
    def half(seen: list[Seen], what: str) -> float:
        return statistics.median(one[what] for one in seen)

    times = [
        f"{half(cold, what):.0f} / {half(warm, what):.0f}"
        for what in ("first_byte", "content", "interactive")
    ]
    weight = f"{half(cold, 'kilobytes'):.0f} / {half(warm, 'kilobytes'):.0f}"
    return [name, *times, f"{max(one['moved'] for one in (*cold, *warm)):.3f}", weight]


async def run(asked: argparse.Namespace) -> None:
    program = os.environ.get("POSTROOM_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, PROGRAMS)), None
    )
    if program is None:
        sys.exit("needs Chromium (apt-get install chromium), or its program in POSTROOM_TEST_CHROMIUM")
    table = Table(title=f"{asked.tickets:,} tickets: milliseconds and KB, first visit / next visit (median)")
    for column in ("page", "first byte", "first content", "interactive", "CLS", "KB"):
        table.add_column(column, justify="left" if column == "page" else "right")
    with tempfile.TemporaryDirectory(prefix="postroom-bench-") as folder:
        blobs = FilesystemBlobs(Path(folder))
        async with server_at(asked.url) as server, async_playwright() as playwright:
            url = await filled(server, asked.tickets)
            await prepare(url, blobs)
            browser = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
            async with desk_on(url, blobs) as (address, cookie):
                for name, path in PAGES.items():
                    table.add_row(*_row(name, *await opened(browser, address, cookie, path, asked.rounds)))
            await browser.close()
    console.print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    parser.add_argument("--url")
    parser.add_argument("--rounds", type=int, default=5)
    asyncio.run(run(parser.parse_args()))


if __name__ == "__main__":
    main()
