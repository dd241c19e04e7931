"""Images of mails that lie elsewhere: fetched by us when asked, never by the browser, never from within."""

import asyncio
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx
import pytest
import uvicorn
from sqlalchemy import select
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from services.desk.app import make_app
from services.desk.desk import Desk
from services.desk.forgetting import forget
from services.desk.timeline.mailview import remote_images
from services.desk.timeline.remoteimages import MOST_BYTES, RemoteImages
from shared.contracts.mail import SenderCheck
from shared.storage import desk as desk_tables
from tests.service.desk.conftest import Browser, House

SHOWN = 'html?images=1" title='
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)


class Elsewhere:
    """A web server of somebody's, and what it was asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.at = ""

    async def image(self, request: Request) -> Response:
        self.asked.append(request)
        answer = Response(PNG, media_type="image/png")
        answer.set_cookie("track", "me")
        return answer

    async def page(self, _: Request) -> Response:
        return Response("<svg/>", media_type="image/svg+xml")

    async def large(self, _: Request) -> Response:
        return Response(bytes(MOST_BYTES + 1), media_type="image/png")

    async def moved(self, _: Request) -> Response:
        answer = RedirectResponse("/image.png")
        answer.set_cookie("track", "me")
        return answer

    async def round(self, _: Request) -> Response:
        return RedirectResponse("/round.png")


@pytest.fixture
async def elsewhere() -> AsyncIterator[Elsewhere]:
    there = Elsewhere()
    names = {"image.png": there.image, "page.svg": there.page, "large.png": there.large}
    names |= {"moved.png": there.moved, "round.png": there.round}
    app = Starlette(routes=[Route(f"/{name}", does) for name, does in names.items()])
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_level="critical"))
    serving = asyncio.create_task(server.serve([listening]))
    there.at = f"http://127.0.0.1:{listening.getsockname()[1]}"
    yield there
    server.should_exit = True
    await serving


@pytest.fixture
async def open_desk(desk: Desk, house: House) -> AsyncIterator[Browser]:
    """A desk that may fetch from this machine, as no real one does."""
    await house.user("eva@acme.test", role="admin")
    app = make_app(replace(desk, images=RemoteImages(private=True)))
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        browser = Browser(client)
        assert (await browser.sign_in("eva@acme.test")).status_code == 303
        yield browser


def drawing(*urls: str) -> str:
    return "".join(f'<img alt="a &gt; b" data-src="{url}" width="40">' for url in urls)


async def mail_with(house: House, *urls: str, number: int = 7, **values: Any) -> UUID:  # Any: columns
    body = {"reply_html": f"<p>Look</p>{drawing(*urls)}", "remote_images": len(urls)}
    ticket = await house.ticket(number)
    return await house.mail_in(ticket, body=body, **values)


def test_the_addresses_stand_in_the_mail_in_order_and_words_are_none() -> None:
    words = '<p> &lt;img data-src="https://x.test/no"&gt; </p>'
    html = words + drawing("https://x.test/1?a=1&amp;b=2", "http://y.test/2")
    assert remote_images(html) == ["https://x.test/1?a=1&b=2", "http://y.test/2"]


async def test_until_somebody_asks_nothing_points_elsewhere_and_then_only_to_us(
    house: House, elsewhere: Elsewhere, open_desk: Browser
) -> None:
    post = await mail_with(house, f"{elsewhere.at}/image.png")
    page = (await open_desk.get("/tickets/7")).text
    assert "Show remote images" in page
    assert f'src="/posts/{post}/html"' in page
    assert "/remote?" not in (await open_desk.get(f"/posts/{post}/html")).text
    asked = (await open_desk.get(f"/tickets/7?images={post}")).text
    assert f'src="/posts/{post}/html?images=1"' in asked
    frame = await open_desk.get(f"/posts/{post}/html?images=1")
    assert f'src="/posts/{post}/remote?n=0"' in frame.text
    assert elsewhere.at not in frame.text
    assert "img-src 'self' data:" in frame.headers["content-security-policy"]
    assert elsewhere.asked == []
    image = await open_desk.get(f"/posts/{post}/remote?n=0")
    assert (image.content, image.headers["content-type"]) == (PNG, "image/png")
    assert image.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert {"cookie", "referer", "authorization"} & set(elsewhere.asked[0].headers) == set()


async def test_a_redirect_is_followed_without_cookies_and_what_is_no_image_is_not_here(
    house: House, elsewhere: Elsewhere, open_desk: Browser
) -> None:
    names = ("moved.png", "page.svg", "large.png", "round.png", "none.png")
    post = await mail_with(house, *(f"{elsewhere.at}/{name}" for name in names), "ftp://x.test/a.png")
    found = [(await open_desk.get(f"/posts/{post}/remote?n={n}")).status_code for n in range(8)]
    assert found == [200, 404, 404, 404, 404, 404, 404, 404]
    assert "cookie" not in elsewhere.asked[0].headers
    assert (await open_desk.get(f"/posts/{post}/remote?n=-1")).status_code == 404


async def test_a_real_desk_reaches_nothing_within_also_by_a_redirect(
    house: House, elsewhere: Elsewhere, eva: Browser
) -> None:
    post = await mail_with(
        house, f"{elsewhere.at}/image.png", "http://localhost:1/x.png", "http://[::1]/x.png"
    )
    for n in range(3):
        assert (await eva.get(f"/posts/{post}/remote?n={n}")).status_code == 404
    assert elsewhere.asked == []


async def test_a_sender_is_chosen_for_everybody_and_the_audit_log_says_by_whom(
    house: House, eva: Browser
) -> None:
    post = await mail_with(house, "https://x.test/a.png", author_address="Anna@Example.test")
    answer = await eva.post(f"/posts/{post}/images", show="always")
    assert answer.headers["location"] == f"/tickets/7?said=images#post-{post}"
    other = await mail_with(house, "https://x.test/b.png", number=8)
    page = (await eva.get("/tickets/8")).text
    assert f'src="/posts/{other}/html?images=1"' in page
    assert "Images of this sender are shown always." in page
    [kept] = await house.rows(desk_tables.image_senders)
    assert (kept["address"], kept["added_by"]) == ("anna@example.test", house.users["eva"])
    log = (await eva.get("/settings/audit?what=images")).text
    assert "Images of a sender shown always" in log
    await eva.post(f"/posts/{post}/images", show="ask")
    assert SHOWN not in (await eva.get("/tickets/8")).text
    assert (await eva.post(f"/posts/{post}/images", show="all")).status_code == 422


async def test_who_could_not_be_verified_is_never_shown_unasked(house: House, eva: Browser) -> None:
    first = await mail_with(house, "https://x.test/a.png")
    await eva.post(f"/posts/{first}/images", show="always")
    forged = {"sender_check": SenderCheck.FAILED}
    await mail_with(house, "https://evil.test/a.png", number=8, document=forged)
    page = (await eva.get("/tickets/8")).text
    assert SHOWN not in page
    assert "Always from this sender" not in page
    assert "Show remote images" in page


async def test_another_tenant_has_its_own_senders_and_an_erased_one_is_forgotten(
    house: House, desk: Desk, eva: Browser
) -> None:
    post = await mail_with(house, "https://x.test/a.png")
    await eva.post(f"/posts/{post}/images", show="always")
    await house.tenant("zeta")
    await house.user("zoe@zeta.test", tenant="zeta")
    body = {"reply_html": drawing("https://x.test/a.png"), "remote_images": 1}
    ticket = await house.ticket(7, tenant="zeta")
    await house.mail_in(ticket, tenant="zeta", body=body)
    async with desk.writing("default") as db:
        await forget(db, "default", "Anna@example.test", (), ())
        assert (await db.execute(select(desk_tables.image_senders))).all() == []
    await eva.post("/sign-out")
    zoe = Browser(eva.http)
    await zoe.sign_in("zoe@zeta.test", "zeta")
    assert SHOWN not in (await zoe.get("/tickets/7")).text


async def test_who_does_not_see_the_ticket_gets_no_image_and_chooses_nothing(
    house: House, eva: Browser
) -> None:
    department = await house.department("legal", await house.user("mia@acme.test"))
    body = {"reply_html": drawing("https://x.test/a.png"), "remote_images": 1}
    post = await house.mail_in(await house.ticket(7, department=department), body=body)
    await house.user("bob@acme.test")
    bob = Browser(eva.http)
    await bob.sign_in("bob@acme.test")
    assert (await bob.get(f"/posts/{post}/remote?n=0")).status_code == 404
    assert (await bob.post(f"/posts/{post}/images", show="always")).status_code == 404
    assert await house.rows(desk_tables.image_senders) == []
