"""Mail by triggers in HTML: what customers wrote stays text in it, and an answer to it is cut as any."""

from email.message import EmailMessage
from email.utils import make_msgid

import pytest
from pydantic import JsonValue

from sandbox.journal import SentMail
from tests.walk.letters import ANN, read, text_of
from tests.walk.walking import Json, Mailbox, Walk

pytestmark = pytest.mark.asyncio(loop_scope="module")

SUBJECT = "Bolts & <i>nuts</i>"
SENDER = '"<script>alert(1)</script>" <ann@firm.example>'
PAGE = (
    "<h2>Hello {{ contact.name }}</h2><p onclick='x()'>We have <b>{{ ticket.subject }}</b>,"
    " <a href='{{ ticket.subject }}'>see</a>.</p><script>x()</script>"
)


def html_of(raw: bytes) -> str:
    part = read(raw).get_body(("html",))
    assert part is not None
    return str(part.get_content())


def about(subject: str, sender: str = SENDER) -> bytes:
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, "support@helpdesk.example", subject
    mail["Message-ID"] = make_msgid(domain="firm.example")
    mail.set_content("They are loose.")
    return mail.as_bytes()


async def answered(walk: Walk, subject: str, **params: JsonValue) -> tuple[Mailbox, SentMail, Json]:
    """Open a ticket whose trigger answers so; return its mailbox, what left, and the post of it."""
    only: dict[str, JsonValue] = {"op": "is", "field": "subject", "value": subject}
    when: dict[str, JsonValue] = {"type": "NEW_TICKET_CREATED", "kinds": "external"}
    given: dict[str, JsonValue] = {"subject": "We have {{ ticket.subject }}", **params}
    await walk.installation.add_trigger(when, "send_email", given, only)
    mailbox = await walk.mailbox()
    number = await walk.ticket_of(mailbox.receives(about(subject)))
    (sent,) = await walk.left(mailbox)
    (post,) = await walk.timeline(number, "mail_out")
    return mailbox, sent, post


async def test_html_leaves_with_every_fact_as_text_and_the_text_made_from_it(walk: Walk) -> None:
    _, sent, post = await answered(walk, SUBJECT, html=PAGE)
    page = html_of(sent.raw)
    assert "<h2>Hello &lt;script&gt;alert(1)&lt;/script&gt;</h2>" in page
    assert "<p>We have <b>Bolts &amp; &lt;i&gt;nuts&lt;/i&gt;</b>, <a>see</a>.</p>" in page
    assert "<script" not in page
    assert "onclick" not in page
    text = text_of(sent.raw).replace("\r\n", "\n").strip()
    assert text == f"Hello <script>alert(1)</script>\n\nWe have {SUBJECT}, see."
    assert str(read(sent.raw)["Subject"]).startswith(f"We have {SUBJECT}")
    assert post["text"].strip() == text


async def test_both_parts_leave_as_they_are_given(walk: Walk) -> None:
    _, sent, _ = await answered(walk, "Two parts", body="Plain words", html="<p><em>Rich</em> words</p>")
    assert text_of(sent.raw).strip() == "Plain words"
    assert "<p><em>Rich</em> words</p>" in html_of(sent.raw)


async def test_an_answer_with_our_html_below_it_is_cut_at_our_mark(walk: Walk) -> None:
    mailbox, sent, _ = await answered(walk, "To be quoted", html="<p>Ours alone.</p>")
    ours = read(sent.raw)
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = ANN, str(ours["From"]), "Re: it"
    mail["In-Reply-To"], mail["Message-ID"] = str(ours["Message-ID"]), make_msgid(domain="firm.example")
    mail.set_content("Thank you.\n\nSomebody:\nOurs alone.\n")
    page = f"<p>Thank you.</p><div>Somebody:</div>{html_of(sent.raw)}"
    mail.add_alternative(page, subtype="html")
    number = await walk.ticket_of(mailbox.receives(mail.as_bytes()))
    post = (await walk.timeline(number, "mail_in"))[-1]
    assert post["text"].startswith("Thank you.")
    assert "Ours alone." not in post["text"]
    assert "Ours alone." in post["quoted"]
