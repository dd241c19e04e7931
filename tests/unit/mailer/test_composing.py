"""The MIME of an outgoing mail."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.mailer.composing import (
    MAX_REFERENCES,
    OutgoingFile,
    OutgoingMail,
    compose,
    references,
    tagged,
)
from shared.contracts.errors import Permanent
from shared.contracts.mail import Address
from shared.contracts.marker import REPLY_MARKER

PLAIN = OutgoingMail(
    id=UUID(int=5),
    message_id="pr1.k1.abc@acme.example",
    sender=Address(address="support@acme.example", name="Acme Support"),
    to=(Address(address="ada@customer.example", name="Ada"),),
    subject="Printer on fire",
    reference="#4711",
    text="Have you tried water?",
    at=datetime(2026, 3, 1, 12, tzinfo=UTC),
)
HEADERS = {"from", "to", "subject", "date", "message-id", "x-postroom-mail", "mime-version", "content-type"}
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
ANY_TEXT = st.text(st.characters(codec=None), max_size=300)
LINES = st.sampled_from(
    ["\r\nBcc: evil@x.example", "\nX-Evil: 1", "\r\rEvil: 1", "\u2028Evil: 1", "\x00", "\x85E: 1"]
)


def read(mail: OutgoingMail) -> EmailMessage:
    made = message_from_bytes(compose(mail).mime, policy=policy.default)
    assert isinstance(made, EmailMessage)
    return made


def with_facts(**changes: Any) -> OutgoingMail:  # Any: fields of the dataclass
    return replace(PLAIN, **changes)


def test_mail_says_who_to_whom_what_and_when() -> None:
    made = read(PLAIN)
    assert made["From"] == "Acme Support <support@acme.example>"
    assert made["To"] == "Ada <ada@customer.example>"
    assert made["Subject"] == "Printer on fire [#4711]"
    assert made["Date"].datetime == PLAIN.at
    assert made["Message-ID"] == "<pr1.k1.abc@acme.example>"
    assert made["X-Postroom-Mail"] == str(PLAIN.id)
    assert made["In-Reply-To"] is made["References"] is made["Auto-Submitted"] is None


def test_automatic_mail_says_so() -> None:
    made = read(with_facts(automatic=True))
    assert made["Auto-Submitted"] == "auto-generated"
    assert made["X-Auto-Response-Suppress"] == "All"


def test_answer_to_the_last_mail_of_the_thread() -> None:
    made = read(with_facts(thread=("a@x", "<b@x>")))
    assert made["In-Reply-To"] == "<b@x>"
    assert made["References"].split() == ["<a@x>", "<b@x>"]


def test_long_ids_are_not_folded() -> None:
    long = "AM0PR01MB" + "0123456789ABCDEF" * 12 + "@AM0PR01MB.eurprd01.prod.outlook.example"
    lines = compose(with_facts(message_id=long, thread=("first@x", long))).mime.decode().split("\r\n")
    assert f"Message-ID: <{long}>" in lines
    assert f"In-Reply-To: <{long}>" in lines
    assert f" <{long}>" in lines


def test_text_and_html_carry_the_mark_above_our_words() -> None:
    made = read(with_facts(html="<p>Try <b>water</b></p>"))
    text = made.get_body(("plain",))
    html = made.get_body(("html",))
    assert text is not None
    assert html is not None
    assert REPLY_MARKER not in text.get_content()
    assert re.search(
        rf'<div id="{REPLY_MARKER}"[^>]*>\s*<p>Try <b>water</b></p>\s*</div>', html.get_content()
    )


def test_text_alone_gets_html_that_is_escaped() -> None:
    html = read(with_facts(text="1 < 2\n<script>")).get_body(("html",))
    assert html is not None
    assert "1 &lt; 2<br>\n&lt;script&gt;" in html.get_content().replace("\r", "")


def test_inline_image_stands_beside_the_html_and_files_at_the_end() -> None:
    files = (
        OutgoingFile("cat.png", "image/png", b"cat", content_id="cat@acme"),
        OutgoingFile("Größe.pdf", "application/pdf", b"pdf"),
        OutgoingFile("mail.eml", "message/rfc822", b"Subject: inner\r\n\r\nwords"),
        OutgoingFile("odd", "no type", b"odd"),
        OutgoingFile("unused.png", "image/png", b"unused", content_id="unused@acme"),
    )
    made = read(with_facts(html='<img src="cid:cat@acme">', files=files))
    related = next(part for part in made.walk() if part.get_content_type() == "multipart/related")
    image = list(related.iter_parts())[1]
    assert (image["Content-ID"], image.get_content_disposition()) == ("<cat@acme>", "inline")
    attached = [
        (p.get_filename(), p.get_content_type(), p.get_payload(decode=True)) for p in made.iter_attachments()
    ]
    assert attached == [
        ("Größe.pdf", "application/pdf", b"pdf"),
        ("mail.eml", "application/octet-stream", b"Subject: inner\r\n\r\nwords"),
        ("odd", "application/octet-stream", b"odd"),
        ("unused.png", "image/png", b"unused"),
    ]


def test_blind_copies_are_recipients_and_stand_in_no_header() -> None:
    composed = compose(with_facts(bcc=(Address(address="boss@acme.example"),)))
    assert composed.recipients == ("ada@customer.example", "boss@acme.example")
    assert b"boss" not in composed.mime
    made = message_from_bytes(composed.with_blind, policy=policy.default)
    assert made["Bcc"] == "boss@acme.example"
    assert made["To"] == "Ada <ada@customer.example>"


@pytest.mark.parametrize(
    "people",
    [
        {"to": (Address(address="a@b.example\r\nBcc: evil@x.example"),)},
        {"to": (Address(address="a b@c.example"),)},
        {"to": (Address(address=""),)},
        {"bcc": (Address(address="a@b.example, evil@x.example"),)},
        {"sender": Address(address="no address")},
        {"to": ()},
        {"message_id": "a\r\nBcc: evil@x.example"},
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(people: dict[str, object]) -> None:
    with pytest.raises(Permanent):
        compose(with_facts(**people))


@given(subject=ANY_TEXT, name=ANY_TEXT, file=ANY_TEXT, line=LINES, kind=ANY_TEXT)
def test_no_value_makes_a_header(subject: str, name: str, file: str, line: str, kind: str) -> None:
    made = read(
        with_facts(
            subject=subject + line + subject,
            sender=Address(address="support@acme.example", name=name + line),
            to=(Address(address="ada@customer.example", name=line + name),),
            files=(OutgoingFile(file + line, kind + line, b"x", content_id="c" + line + kind),),
            html=f'<img src="cid:c{line}{kind}">',
        )
    )
    assert {header.lower() for header in made} == HEADERS
    assert made["To"].addresses[0].addr_spec == "ada@customer.example"
    assert {
        h.lower() for part in made.walk() for h in part if h.lower().startswith(("bcc", "x-e", "e"))
    } == set()


@given(subject=st.text(max_size=400))
def test_subject_arrives_as_it_was_written(subject: str) -> None:
    assert str(read(with_facts(subject=subject))["Subject"]) == tagged(subject, "#4711")


@given(name=st.text(max_size=300))
def test_name_arrives_as_it_was_written(name: str) -> None:
    composed = compose(with_facts(sender=Address(address="support@acme.example", name=name)))
    # Python's newer parser puts spaces between the encoded words of a name.
    shown, address = parseaddr(message_from_bytes(composed.mime, policy=policy.compat32)["From"])
    assert address == "support@acme.example"
    assert str(make_header(decode_header(shown))) == " ".join(CONTROL.sub(" ", name).split())[:200]


@given(text=st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=500))
def test_words_arrive_as_they_were_written(text: str) -> None:
    body = read(with_facts(text=text)).get_body(("plain",))
    assert body is not None
    assert body.get_content() == f"{text}\r\n"


@pytest.mark.parametrize(
    ("subject", "result"),
    [
        ("Printer", "Printer [#7]"),
        ("Re: [#7] Printer", "Re: [#7] Printer"),
        ("[#7] Re: [#7] Printer [#7]", "[#7] Re: Printer"),
        ("[#71] Printer", "[#71] Printer [#7]"),
        ("", "[#7]"),
        ("a\r\n b", "a b [#7]"),
    ],
)
def test_tag_stands_once(subject: str, result: str) -> None:
    assert tagged(subject, "#7") == result


@given(subject=ANY_TEXT)
def test_tag_stands_once_in_any_subject(subject: str) -> None:
    assert tagged(subject * 20 + "[#7]" + subject, "#7").count("[#7]") == 1


@given(st.lists(st.text("abcdefgh@.", min_size=3, max_size=120), unique=True, max_size=60))
def test_references_keep_first_and_last_within_the_limit(thread: list[str]) -> None:
    kept = references(tuple(thread))
    assert len(kept) <= 2 or len(" ".join(f"<{one}>" for one in kept)) <= MAX_REFERENCES
    assert list(kept) == [one for one in thread if one in kept]
    if thread:
        assert (kept[0], kept[-1]) == (thread[0], thread[-1])


def test_ids_that_are_none_are_left_out() -> None:
    assert references(("a@x", "b\r\nEvil: 1", "", "c d", "ü@x", "<e@x>", "a@x")) == ("a@x", "e@x")


def test_a_mail_on_no_ticket_has_its_subject_as_it_is() -> None:
    assert read(with_facts(reference="", subject="3 tickets\nfor you"))["Subject"] == "3 tickets for you"
