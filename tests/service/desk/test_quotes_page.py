"""Filters of quoted text are tried on a mail that is pasted, by the parser itself."""

import re

from postroom.explaining import ExplainsMail
from services.desk.desk import Desk
from tests.service.desk.conftest import Browser

ROOM = "/settings/quotes"
MAIL = (
    "Subject: Re: x\n\nIt works.\n\nOn Mon, 2 Nov 2026 at 10:30, Eva Vos <eva@acme.test> wrote:\n> Try it.\n"
)


async def test_a_pasted_mail_shows_its_split_and_the_rule_that_cut(desk: Desk, eva: Browser) -> None:
    object.__setattr__(desk, "explains", ExplainsMail(1_500_000_000))
    page = (await eva.post(ROOM, mail=MAIL)).text
    quoted = re.findall(r'<tr class="part-quoted">.*?<code>(.*?)</code>', page)
    assert "Try it." in " ".join(quoted)
    assert "It works." not in " ".join(quoted)
    assert "a line that introduces a quote" in page


async def test_words_without_a_header_are_the_text_of_a_mail(desk: Desk, eva: Browser) -> None:
    object.__setattr__(desk, "explains", ExplainsMail(1_500_000_000))
    page = (await eva.post(ROOM, mail="<b>Hello</b>\n> Once said.\n")).text
    assert "&lt;b&gt;Hello&lt;/b&gt;</code>" in page


async def test_without_a_parser_the_page_names_the_command(eva: Browser) -> None:
    answer = await eva.post(ROOM, mail=MAIL)
    assert (answer.status_code, "postroom parse" in answer.text) == (422, True)
    assert (await eva.post(ROOM, mail=" ")).status_code == 422


async def test_a_paste_that_is_too_long_comes_back_with_the_reason(eva: Browser) -> None:
    page = await eva.post("/settings/quotes", mail="Much too long. " * 14_000)
    assert page.status_code == 422
    assert "longer than 200,000 characters" in page.text
    assert "Much too long. Much too long." in page.text
