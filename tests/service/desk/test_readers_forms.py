"""Who only reads sees no form, button or link that would be refused, on any page that there is."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin
from uuid import uuid4

import httpx
from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.storage import config
from shared.storage import desk as desks
from shared.storage import tickets as tables
from tests.service.desk.cases import HIDDEN, PAGES, PLAIN
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.test_departments_apart import Scene, app, http, scene
from tests.service.desk.test_remote_images import drawing

__all__ = ["app", "http", "scene"]

SENDS = ("formaction", "hx-post", "hx-put", "hx-patch", "hx-delete")
FIELDS = "input[name], select[name], textarea[name], button[name]"
OFTEN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|(?<=/)\d+|[0-9a-f]{64}")
MERGED = 9
LAST = "/sign-out"
"""Ends the session of who asks, so it is sent at the end."""
NO_SESSION = ("/sign-in",)
"""Of who is not signed in: its token is another one, which a cookie of that page alone holds."""
WRITES = {
    f"/tickets/{MERGED}/merge/undo",
    f"/tickets/{HIDDEN}/reply",
    f"/tickets/{HIDDEN}/note",
    f"/tickets/{HIDDEN}/change",
    "/tickets/new",
    "/tickets/bulk",
    "/views",
}
"""Some that an agent sees: a reading of the pages that misses them proves nothing."""


@dataclass(frozen=True)
class Sent:
    """A form as a browser would send it, and the page where it stands."""

    page: str
    action: str
    fields: tuple[tuple[str, str], ...]


def forms_of(page: str, text: str) -> Iterator[Sent]:
    """Return each form that is sent by POST, once for every address that it, or a part of it, names."""
    tree = LexborHTMLParser(text)
    [token] = [node.attributes["value"] or "" for node in tree.css('input[name="csrf"]')][:1] or [""]
    for form in tree.css("form"):
        if (form.attributes.get("method") or "").lower() == "post":
            fields = {name: value for node in form.css(FIELDS) for name, value in [_field(node)]}
            yield Sent(page, urljoin(page, form.attributes.get("action") or page), tuple(fields.items()))
    for name in SENDS:
        for node in tree.css(f"[{name}]"):
            yield Sent(page, urljoin(page, node.attributes[name] or page), (("csrf", token),))


def _field(node: LexborNode) -> tuple[str, str]:
    return node.attributes["name"] or "", node.attributes.get("value") or ""


def links_of(page: str, text: str) -> Iterator[str]:
    for node in LexborHTMLParser(text).css("a[href], form:not([method]), form[method=get]"):
        address = urljoin(page, node.attributes.get("href") or node.attributes.get("action") or page)
        if address.startswith("/"):
            yield address.partition("#")[0]


async def opened(browser: Browser, scene: Scene) -> Mapping[str, str]:
    """Open every page that there is, with everything that there is, and what its links lead to."""
    texts, seen = dict[str, str](), set[str]()
    todo = [path for method, page in PAGES if method == "GET" for path in scene.paths(page)]
    todo += [
        "/tickets?view=all",
        "/tickets?view=all&q=x",
        "/outgoing?state=planned",
        "/outgoing?state=failed",
    ]
    todo += [f"/tickets/{PLAIN}", f"/tickets/{MERGED}"]
    while todo:
        path = todo.pop(0)
        if path in texts or path.startswith("/live"):
            continue
        answer = await browser.get(path)
        while answer.status_code == 303:
            answer = await browser.get(answer.headers["location"])
        texts[path] = ""
        if answer.headers.get("content-type", "").startswith("text/html"):
            texts[path] = answer.text if answer.status_code != 403 else "refused"
            further = [link for link in links_of(path, texts[path]) if OFTEN.sub("*", link) not in seen]
            seen.update(OFTEN.sub("*", link) for link in further)
            todo += further
    return texts


async def furnished(house: House, scene: Scene) -> None:
    """Somebody who wrote before has notes, drafts, views and replies of their own left."""
    [mia] = [row["id"] for row in await house.rows(config.users) if row["address"] == "mia@acme.test"]
    own = {"tenant": "default", "user": mia}
    for shared in (False, True):
        view = {"id": uuid4(), "name": f"View {shared}", "shared": shared, "asked": {"view": "all"}}
        await house.add(desks.views, tenant="default", owner=mia, changed_at=NOW, **view)
    reply = {"id": uuid4(), "name": "Mine", "text": "Mine", "html": "", "files": [], "changed_at": NOW}
    await house.add(desks.saved_replies, **own, **reply)
    scene.values["reply"].append(str(reply["id"]))
    body = {"reply_html": drawing("https://x.test/a.png"), "remote_images": 1}
    [hidden] = [row["id"] for row in await house.rows(tables.tickets) if row["number"] == HIDDEN]
    await house.mail_in(hidden, body=body)
    await house.ticket(MERGED, status="merged", merged_into=hidden, contact="anna@firm.test")


async def pages_of(house: House, http: httpx.AsyncClient, scene: Scene, role: str) -> Mapping[str, str]:
    await furnished(house, scene)
    await house.change(
        config.users.update().where(config.users.c.address == "mia@acme.test").values(role=role)
    )
    browser = Browser(http)
    assert (await browser.sign_in("mia@acme.test")).status_code == 303
    return await opened(browser, scene)


async def test_what_a_reader_sees_is_never_refused(
    house: House, http: httpx.AsyncClient, scene: Scene
) -> None:
    texts = await pages_of(house, http, scene, "reader")
    sent = dict[tuple[str, str], Sent]()
    for path, text in texts.items():
        for one in forms_of(path, text):
            sent.setdefault((OFTEN.sub("*", path.partition("?")[0]), OFTEN.sub("*", one.action)), one)
    refused = []
    for one in sorted(sent.values(), key=lambda one: one.action == LAST):
        answer = await http.post(one.action, data=dict(one.fields))
        if answer.status_code == 403 and one.action not in NO_SESSION:
            refused.append(f"{one.page}: {one.action}")
    linked = {link: path for path, text in texts.items() for link in links_of(path, text)}
    refused += [f"{path}: link to {link}" for link, path in linked.items() if texts.get(link) == "refused"]
    assert not refused, "\n".join(sorted(refused))
    assert any(one.action == "/me/preferences" for one in sent.values())


async def test_an_agent_sees_the_forms_that_a_reader_does_not(
    house: House, http: httpx.AsyncClient, scene: Scene
) -> None:
    texts = await pages_of(house, http, scene, "agent")
    seen = {one.action for path, text in texts.items() for one in forms_of(path, text)}
    assert WRITES - seen == set()
    assert any(action.endswith("/images") for action in seen)
