"""Hostile HTML mail, sanitised and shown in a real browser: nothing runs, nothing leaves, nothing covers the
page; as the desk shows it, and without its sandbox and its policy, so that the sanitiser stands alone."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import pytest

from services.desk.headers import PAGE_POLICY
from services.desk.queries.timeline import Post
from services.desk.rendering import templates
from services.desk.timeline.mailview import FRAME_POLICY, frame_html, of_document
from services.desk.timeline.weaving import PostEntry
from shared.contracts.documents import Document
from tests.browser.chromium import Answer, Browser, browser
from tests.browser.hostile import Hostile, hostile_mails, hostile_names, vectors

T = TypeVar("T")
POST = UUID(int=2**127)
NOW = datetime(2024, 3, 4, 9, 12, tzinfo=UTC)
AT_ONCE = 100
"""Frames of one page."""
LIVE = 380
"""Vectors that harm today's Chromium when nothing is sanitised; the others are for older programs."""
# Fires every event at every element, and follows every link that leads nowhere on the web.
POKE = """() => {
  const said = [];
  const events = ["click", "dblclick", "auxclick", "mouseover", "mouseenter", "mousemove", "pointerover",
    "pointerenter", "focus", "blur", "keydown", "input", "change", "select", "submit", "reset", "toggle",
    "copy", "paste", "wheel", "scroll", "dragstart", "touchstart", "load", "error", "animationstart",
    "transitionend", "begin", "end", "start", "finish", "message", "something", "xxx", "close", "search",
    "beforematch"];
  const documents = [document];
  for (const frame of document.querySelectorAll("iframe")) {
    try { if (frame.contentDocument?.body) documents.push(frame.contentDocument); } catch {}
  }
  for (const page of documents) {
    const where = page.location.pathname;
    if (where === "/control") continue;
    for (const element of page.querySelectorAll("body *, svg *")) {
      if (page === document && !element.closest("[data-mail]")) continue;
      const style = page.defaultView.getComputedStyle(element), box = element.getBoundingClientRect();
      const odd = style.position !== "static" || style.float !== "none" || style.transform !== "none"
        || [style.marginTop, style.marginLeft, style.marginRight, style.marginBottom].some(it => it < "0")
        || style.opacity !== "1" || style.visibility !== "visible" || style.zIndex !== "auto";
      if (where.startsWith("/hard/") && (odd || box.top < -1 || box.left < -1)) {
        said.push(`${where}: ${element.outerHTML.slice(0, 200)}`);
      }
      for (const name of events) element.dispatchEvent(new Event(name, { bubbles: true, cancelable: true }));
      const link = element.href?.baseVal ?? element.href;
      if (link && !/^(https?|mailto|tel|cid):|^\\/static\\//.test(link)) {
        said.push(`${where}: a link to ${link}`);
        element.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
      }
    }
  }
  return said;
}"""


@dataclass(frozen=True)
class Ticket:
    """What an entry asks of the ticket around it."""

    number: int = 1
    subject: str = "Printer"
    merged_into: UUID | None = None


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browser() as started:
        yield started


def some_at_a_time(things: Sequence[T]) -> Iterator[Sequence[T]]:
    return (things[start : start + AT_ONCE] for start in range(0, len(things), AT_ONCE))


def in_frames(chromium: Browser, kind: str, pages: Sequence[str]) -> dict[int, list[str]]:
    """Show each page in a frame of its own, many at once; what each did."""
    harm: dict[int, list[str]] = {}
    for batch in some_at_a_time(range(len(pages))):
        paths = {f"/{kind}/{number}": Answer(pages[number]) for number in batch}
        sheet = "".join(f"<iframe src={path}></iframe>" for path in [*paths, "/control"])
        seen = chromium.shows("/sheet", {**paths, "/sheet": Answer(f"<!doctype html>{sheet}")}, POKE)
        for what in seen.harm:
            found = re.search(rf"(?:/{kind}/|\bv)(\d+)", what)
            harm.setdefault(int(found[1]) if found else -1, []).append(what)
    return harm


def test_the_vectors_are_live_where_nothing_is_sanitised(chromium: Browser) -> None:
    raw = [f'<!doctype html><meta charset="utf-8">{vector.html}' for vector in vectors()]
    harm = in_frames(chromium, "raw", raw)
    assert len(harm) >= LIVE


def test_no_vector_harms_without_sandbox_and_policy(chromium: Browser) -> None:
    pages: dict[str, str] = {}
    for mail in hostile_mails():
        for html in filter(None, (mail.document.body.reply_html, mail.document.body.quoted_html)):
            pages.setdefault(frame_html(POST, html), mail.name)
    harm = in_frames(chromium, "hard", list(pages))
    names = list(pages.values())
    assert not {names[number]: what for number, what in harm.items()}


def as_shown(mails: Sequence[Hostile]) -> list[tuple[str, str]]:
    """Each mail by the desk's own template, and the page of its frame; what looks the same, once."""
    # Any: a template's macros have no types.
    entries: Any = templates().get_template("entries.html").module
    shown: dict[tuple[str, str], None] = {}
    for mail in mails:
        entry = PostEntry(post_of(mail.document), of_document(mail.document), is_open=True)
        words = str(entries.post_entry(entry, Ticket(), "csrf", lambda: "key", NOW, is_last=False))
        shown[f"<ul data-mail>{words}</ul>", frame_html(POST, mail.document.body.reply_html or "")] = None
    return list(shown)


def post_of(document: Document) -> Post:
    """The post that ticketing makes of a mail."""
    return Post(
        id=POST,
        ticket=POST,
        kind="mail_in",
        mail=POST,
        user=None,
        author_address=document.sender.address,
        author_name=document.sender.name,
        subject=document.subject,
        body="b",
        raw="r",
        preview=document.body.reply_text[:200],
        automatic=None,
        has_files=bool(document.files),
        details={},
        shown_at=NOW,
        created_at=NOW,
    )


@pytest.mark.parametrize("given", [hostile_mails, hostile_names], ids=["mails", "names"])
def test_no_vector_harms_on_the_page_of_a_ticket(
    chromium: Browser, given: Callable[[], tuple[Hostile, ...]]
) -> None:
    """Words, quotes, signatures, subjects, and names of people and files, by the desk's own templates and
    policies."""
    for batch in some_at_a_time(as_shown(given())):
        pages, sections = {}, []
        for number, (section, frame) in enumerate(batch):
            own = UUID(int=number)
            pages[f"/posts/{own}/html"] = Answer(frame, FRAME_POLICY)
            sections.append(section.replace(str(POST), str(own)).replace(' loading="lazy"', ""))
        sheet = f"<!doctype html>{''.join(sections)}<iframe src=/control></iframe>"
        seen = chromium.shows("/sheet", {**pages, "/sheet": Answer(sheet, PAGE_POLICY)}, POKE)
        assert not seen.harm
