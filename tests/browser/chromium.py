"""A real browser whose only way to any network is a server of ours, which writes down what leaves."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Error, Page, Request, sync_playwright

DESK = "http://desk.example"
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
NONE_HERE = (
    "no Chromium for the tests of hostile HTML: install it (apt-get install chromium) or name its program in"
    " POSTROOM_TEST_CHROMIUM"
)
PATIENCE_SECONDS = 30
OURS = re.compile(r"/posts/[0-9a-f-]{36}/inline/[^/?#]+|/static/[^?#]+")
"""What the desk's own pages load."""
BROWSERS_OWN = re.compile(r"\.google(apis)?\.com(:443)?$")
"""Where Chromium goes by itself."""
# Runs in every frame before anything of it: whatever runs says where.
LISTENING = """
window.fired = () => {
  let at = location.href;
  try { if (!at.startsWith("http")) at = parent.location.href; } catch { at += " in a foreign origin"; }
  console.log("FIRED " + at);
};
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = window.fired;
"""
# One of each kind of thing that happens later than the load: once all have, so has what was loaded with them.
CONTROL = (
    "<!doctype html><img src=x onerror=fired()><img src='https://control.evil.example/a.png'>"
    "<svg><animate onbegin=fired() attributeName=x dur=1s></svg><video src=x onerror=fired()></video>"
    "<meta http-equiv=refresh content='0;url=https://control.evil.example/b'>"
)
CONTROL_FIRES = 3


@dataclass(frozen=True)
class Answer:
    html: str
    policy: str = ""
    """Content-Security-Policy, if any."""


@dataclass
class Outside:
    """All the world: the pages given, and a list of everything else that was asked for."""

    pages: dict[str, Answer] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def answer(self, target: str, referer: str) -> Answer | None:
        url = urlsplit(target if "//" in target else f"//{target}")
        here = f"{url.scheme}://{url.netloc}" == DESK
        page = self.pages.get(url.path) if here and not url.query else None
        ours = here and OURS.fullmatch(url.path)
        if page is None and not ours and not BROWSERS_OWN.search(url.netloc):
            self.asked.append(f"{target} of {referer}" if referer else target)
        return page


@dataclass
class Seen:
    """What a page and its frames did."""

    fired: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    covers: list[str] = field(default_factory=list)

    @property
    def harm(self) -> list[str]:
        return [*self.fired, *self.left, *self.covers]


class Browser:
    def __init__(self, context: BrowserContext, outside: Outside) -> None:
        self._context = context
        self._outside = outside

    def shows(self, path: str, pages: dict[str, Answer], poke: str) -> Seen:
        """Open a page, wait until what it does by itself is done, then do to it what a person could: `poke`
        is a function in JavaScript that answers with a list of what it disliked."""
        self._outside.pages = {**pages, "/control": Answer(CONTROL), "/favicon.ico": Answer("")}
        self._outside.asked.clear()
        fired: list[str] = []
        requested: list[str] = []
        page = self._context.new_page()
        page.on("console", lambda said: fired.append(_fired(said)))
        page.on("pageerror", lambda error: fired.append(f"a script failed: {error}"))
        page.on("dialog", lambda dialog: fired.append(_dismissed(dialog)))
        page.on("popup", lambda popup: fired.append(f"a window: {popup.url}"))
        page.on("request", lambda request: requested.append(_stranger(request)))
        page.goto(f"{DESK}{path}")
        self._settle(page, fired)
        covers = page.evaluate(poke)
        # What was poked has its say before the next two pictures are drawn.
        page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
        page.close()
        asked = [*self._outside.asked, *filter(None, requested)]
        return Seen(
            [one for one in fired if one and "/control" not in one],
            sorted({one for one in asked if "control" not in one}),
            covers,
        )

    def _settle(self, page: Page, fired: list[str]) -> None:
        until = monotonic() + PATIENCE_SECONDS
        while True:
            done = sum("/control" in one for one in fired) >= CONTROL_FIRES
            if done and any("control.evil.example" in one for one in self._outside.asked):
                return
            assert monotonic() < until, f"the controls did not run: {fired}, {self._outside.asked}"
            page.wait_for_timeout(20)


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium, headless. Raises RuntimeError when there is none: these tests are never skipped."""
    program = os.environ.get("POSTROOM_TEST_CHROMIUM") or next(
        filter(None, map(shutil.which, PROGRAMS)), None
    )
    if program is None:
        raise RuntimeError(NONE_HERE)
    outside = Outside()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(outside))
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        with sync_playwright() as playwright:
            started = playwright.chromium.launch(
                executable_path=program,
                args=["--no-sandbox", "--disable-component-update", "--proxy-bypass-list=<-loopback>"],
                proxy={"server": f"http://127.0.0.1:{server.server_port}"},
            )
            context = started.new_context(viewport={"width": 1000, "height": 800})
            context.add_init_script(LISTENING)
            yield Browser(context, outside)
            started.close()
    except Error as error:
        raise RuntimeError(f"{program} cannot be driven: {error.message}") from error
    finally:
        server.shutdown()
        server.server_close()


def _fired(said: ConsoleMessage) -> str:
    return said.text.removeprefix("FIRED ") if said.text.startswith("FIRED ") else ""


def _dismissed(dialog: Dialog) -> str:
    dialog.dismiss()
    return f"a dialog: {dialog.message}"


def _stranger(request: Request) -> str:
    return "" if request.url.startswith((f"{DESK}/", "data:", "blob:", "about:", "cid:")) else request.url


def _handler(outside: Outside) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length", 0)))
            page = outside.answer(self.path, self.headers.get("Referer", ""))
            content = page.html.encode("utf-8", "replace") if page else b""
            self.send_response(200 if page else 404)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(content)))
            if page and page.policy:
                self.send_header("Content-Security-Policy", page.policy)
            # A frame may be gone before it is answered.
            with suppress(ConnectionError):
                self.end_headers()
                self.wfile.write(content)

        do_POST = do_HEAD = do_OPTIONS = do_GET  # noqa: N815 - names of the protocol

        def do_CONNECT(self) -> None:
            outside.answer(self.path, "")
            self.send_error(502)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the protocol
            pass

    return Handler
