"""The page of a ticket: every kind of entry, older posts both ways, and whom a reply goes to."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest

from shared.contracts.mail import Address, Automatic, AutomaticKind, Forwarded
from shared.storage import config
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, Browser, House
from tests.service.desk.holding import held_mail

POSTS = re.compile(r'id="post-([0-9a-f-]+)"')


async def page_of(browser: Browser, number: int) -> str:
    answer = await browser.get(f"/tickets/{number}")
    assert answer.status_code == 200
    return answer.text


async def test_a_mail_shows_reply_and_folds_what_was_cut(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1, "Printer on fire")
    cut = {"quoted_text": "> old words\n> more", "signature_text": "Anna Steiner"}
    await house.mail_in(ticket, "It smokes.\n\n- red\n- hot\n\nsee https://x.test/?a=1&b=2.", body=cut)
    page = await page_of(eva, 1)
    assert "<p>It smokes.</p>" in page
    assert "<ul><li>red</li><li>hot</li></ul>" in page
    assert 'href="https://x.test/?a=1&amp;b=2" target="_blank" rel="noopener noreferrer"' in page
    assert "… quoted text, 2 lines" in page
    assert "… signature" in page


async def test_words_of_a_mail_are_never_markup(house: House, eva: Browser) -> None:
    attack = "<script>alert(1)</script>"
    ticket = await house.ticket(1, attack)
    html = {"reply_html": f"<p onclick=x>Hello {attack}<a href='javascript:x'>y</a></p>"}
    await house.mail_in(ticket, attack, author_name=attack, preview=attack, subject=attack)
    await house.mail_in(ticket, attack, body=html)
    page = await page_of(eva, 1)
    assert attack not in page
    assert "onclick" not in page
    assert "javascript:" not in page
    assert attack not in (await eva.get("/tickets")).text


async def test_simple_markup_is_ours_and_rich_mail_stands_in_a_frame(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    await house.mail_in(ticket, "x", body={"reply_html": "<p>Dear <b>all</b></p>"})
    rich = await house.mail_in(ticket, "x", body={"reply_html": "<table><tr><td>1</td></tr></table>"})
    page = await page_of(eva, 1)
    assert "<p>Dear <b>all</b></p>" in page
    assert f'<iframe class="mail" src="/posts/{rich}/html"' in page
    frame = re.search(r'sandbox="([^"]+)"', page)
    assert frame
    assert frame[1] == "allow-same-origin allow-popups allow-popups-to-escape-sandbox"


async def test_automatic_mail_is_folded_and_says_so(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    automatic = {"automatic": Automatic(kind=AutomaticKind.AUTO_REPLY, evidence="Auto-Submitted")}
    await house.mail_in(ticket, "I am away.", automatic="auto_reply", document=automatic)
    page = await page_of(eva, 1)
    assert "Auto-reply" in page
    assert 'class="fold" open>' not in page
    assert "it reopened nothing" in page


async def test_a_forwarded_mail_names_the_forwarder(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    by = Address(address="eva@acme.test", name="Eva Vos")
    before = (Address(address="jan@branch.test", name="Jan Bos"),)
    forwarded = Forwarded(by=by, how="inline", confidence=0.6, through=before)
    await house.mail_in(ticket, document={"forwarded": forwarded, "comment_text": "Please take it."})
    page = await page_of(eva, 1)
    assert "Forwarded by Eva Vos" in page
    assert re.search(r"who had it from <span[^>]*>Jan Bos", page)
    assert "check that it is right" in page
    assert "Please take it." in page


@pytest.mark.parametrize(
    ("state", "values", "words"),
    [
        ("planned", {"send_at": NOW + timedelta(hours=3)}, ["Goes out", "Cancel"]),
        ("held", {"reason": "6 mails in 5 minutes"}, ["6 mails in 5 minutes.", "Release", "Discard"]),
        ("sending", {}, ["Sending"]),
        ("sent", {"sent_from": {"address": "help@acme.test"}, "sent_at": NOW}, ["from help@acme.test"]),
        ("failed", {"reason": "mailbox full", "code": "5.2.2"}, ["Mailbox full.", "5.2.2"]),
        ("bounced", {"reason": "nobody there"}, ["Bounced", "Nobody there."]),
        ("cancelled", {"reason": "cancelled by Eva"}, ["Cancelled by Eva."]),
    ],
)
async def test_an_outgoing_mail_says_where_it_is(
    house: House, eva: Browser, state: str, values: dict[str, object], words: list[str]
) -> None:
    ticket = await house.ticket(1)
    await house.mail_out(ticket, state, **values)
    page = await page_of(eva, 1)
    for word in words:
        assert word in page


async def test_a_held_mail_asks_where_it_belongs(house: House, eva: Browser) -> None:
    held = await held_mail(house, await house.ticket(1))
    page = await page_of(eva, 1)
    assert "This may belong here:" in page
    assert "Its sender is new." in page
    assert "Carl Stranger" in page
    assert f'action="/tickets/1/held/{held}"' in page


async def test_changes_between_posts_fold_into_one_line(house: House, eva: Browser) -> None:
    ticket = await house.ticket(1)
    await house.mail_in(ticket)
    for version, (name, old, new) in enumerate([("status", "new", "open"), ("assignee", None, "eva")]):
        value = str(house.users["eva"]) if new == "eva" else new
        actor = {"user": str(house.users["eva"]), "name": "Eva"}
        facts = {"field": name, "old": old, "new": value, "actor": actor, "at": NOW, "version": version + 1}
        await house.add(tables.history, tenant="default", ticket=ticket, **facts)
    page = await page_of(eva, 1)
    assert "2 changes, the last: Eva set assignee nobody → Eva" in page
    assert "Eva set status New → Open" in page


async def test_off_the_newest_hundred_come_and_older_ones_on_request(house: House, eva: Browser) -> None:
    await long_ticket(house, 130)
    page = await page_of(eva, 1)
    newest = POSTS.findall(page)
    assert len(newest) == 100
    assert "Show 30 older posts" in page
    assert "data-by-itself" not in page
    link = re.search(r'href="(/tickets/1\?before=[^"]+)"', page)
    assert link
    older = (await eva.get(link[1])).text
    assert len(set(POSTS.findall(older)) | set(newest)) == 130
    assert "Back to the newest posts" in older


async def test_on_the_whole_timeline_loads_in_pages(house: House, eva: Browser) -> None:
    for name, value in (("load_full_timeline", True), ("timeline_items_per_page", 20)):
        facts = {"changed_at": NOW, "changed_by": "test"}
        await house.add(config.options, tenant="default", name=name, value=value, **facts)
    await long_ticket(house, 50)
    page = await page_of(eva, 1)
    seen = POSTS.findall(page)
    assert "data-by-itself" in page
    while link := re.search(r'data-older="([^"]+)"', page):
        page = (await eva.get(link[1])).text
        seen += POSTS.findall(page)
    assert len(seen) == 50
    assert len(set(seen)) == 50


async def test_a_reply_goes_to_who_wrote_and_who_was_in_copy_never_to_ourselves(
    house: House, eva: Browser
) -> None:
    await house.mailbox("help@acme.test")
    ticket = await house.ticket(1)
    cc = (Address(address="bob@x.test", name="Bob"), Address(address="help@acme.test"))
    await house.mail_in(ticket, document={"cc": cc})
    editor = (await page_of(eva, 1)).partition('id="editor"')[2]
    ticked = re.findall(r'name="(to|cc)" value="([^"]+)" checked', editor)
    assert [
        (kind, value.replace("&#34;", '"').replace("&lt;", "<").replace("&gt;", ">"))
        for kind, value in ticked
    ] == [
        ("to", '"Anna" <anna@example.test>'),
        ("cc", '"Bob" <bob@x.test>'),
    ]
    assert "<b>help@acme.test</b>" in editor


async def test_the_page_loads_nothing_from_elsewhere(house: House, eva: Browser) -> None:
    await house.ticket(1)
    answer = await eva.get("/tickets/1")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert not re.search(r'(?:src|href)="(?:https?:)?//', answer.text)
    assert " style=" not in answer.text
    assert not re.search(r"<script(?![^>]*src=)", answer.text)
    assert answer.headers["cache-control"] == "private, no-store"


async def test_what_is_not_a_ticket_is_said_so(eva: Browser) -> None:
    for path in ("/tickets/99", "/tickets/99999999999999", "/tickets/none", "/nowhere"):
        assert (await eva.get(path)).status_code == 404


async def long_ticket(house: House, count: int) -> None:
    ticket = await house.ticket(1)
    blob = await house.blobs.put("default", b"{}")
    async with house.owner.begin() as db:
        rows = [
            {
                "id": uuid4(),
                "tenant": "default",
                "ticket": ticket,
                "kind": "note",
                "body": blob,
                "preview": f"note {number}",
                "details": {},
                "shown_at": NOW - timedelta(hours=count - number // 2),
                "created_at": NOW,
            }
            for number in range(count)
        ]
        await db.execute(tables.posts.insert(), rows)
