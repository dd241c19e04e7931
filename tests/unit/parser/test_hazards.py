"""Inputs that hang other parsers; each must be answered in time that grows with its size alone.

No assertion on time: the limit of the test run is the only clock, far above what each needs."""

import base64
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from services.parser.handlers import parsed_event
from services.parser.parsing import parse
from shared.contracts.mail import MailStored, ParsingPolicy
from shared.messaging.bodies import body_of

pytestmark = pytest.mark.timeout(60)

POLICY = ParsingPolicy(mail_forwarding_domains=("x.example",))
HEAD = b"From: a@x.example\nSubject: Fwd: s\nMessage-ID: <a@b>\n"
MULTIPART = b'Content-Type: multipart/mixed; boundary="b"\n\n'

TEXTS = {
    "50 MB in one line": b"a" * 50_000_000,
    "10 MB of lines": b"a\n" * 5_000_000,
    "100k quote lines": b"> q\n" * 100_000,
    "100k lines On": b"On\n" * 100_000,
    "On 100k times in one line": b"On " * 100_000,
    "100k lines From: a": b"From: a\n" * 100_000,
    "many header blocks": b"From: a\nTo: b\nSubject: c\n\n" * 20_000,
    "200k <": b"<" * 200_000,
    "200k spaces": b" " * 200_000,
    "200k dashes": b"-" * 200_000,
    "Am and 50k words": b"Am " + b"w " * 50_000 + b"\nx" * 1_000,
    "2024 20k times": b"2024 " * 20_000,
    "100k lines that end in a colon": b"a:\n" * 100_000,
    "100k intros": b"On 2024 x <a@b> wrote:\n" * 100_000,
    "intros above one quote": b"On 2024 x <a@b> wrote:\n" * 50_000 + b"> x\n",
    "one value folded 200k times": b"To: a@b;\n" + b" c@d;\n" * 200_000,
    "100k signatures": b"-- \n" * 100_000,
    "100k separators": b"-----Original Message-----\n" * 100_000,
    "100k rows of forwards": b"---------- Forwarded message ---------\n" * 100_000,
    "10k rows and labels on one line": b"----- Forwarded Message ----- " * 10_000 + b"From: a" * 10_000,
    "100k lines of row and label": b"----- Forwarded Message ----- From:" + b"To:" * 100 + b"\n" * 100_000,
    "70k lines of a header each": (b"From: a <a@b> Date: 3/4/24 9:12 " + b"x: " * 10 + b"\n") * 70_000,
    "100k heads of a table": b"E <a@b>\n4.3.2024 09:12\n\n" * 100_000,
    "100k blocks without colons": b'From "a" <a@b>\nTo <c@d>\nDate 4.3.2024\n\n' * 100_000,
    "20k forwards in forwards": (
        b"---------- Forwarded message ---------\nFrom: a@x.example\nSubject: Fwd: s\n\n" * 20_000
    ),
    "a million > in one line": b">" * 1_000_000,
    "bytes of no charset": b"\xff\xfe\x81" * 1_000_000,
}
HTML = {
    "100k divs": b"<div>" * 100_000 + b"x",
    "50k blockquotes": b"<blockquote>" * 50_000 + b"x",
    "50k table rows": b"<table>" + b"<tr><td>x" * 50_000,
    "50k tables in tables": b"<table><tr><td>" * 50_000,
    "unclosed fonts": b"".join(b"<font id=%d><p>" % number for number in range(30_000)),
    "misnested": b"<b><i></b>" * 100_000,
    "links around blocks": b"<a href=x><div>" * 50_000,
    "200k attributes": b"<a " + b" ".join(b"b%d" % number for number in range(200_000)) + b">x",
    "a million ampersands": b"&" * 1_000_000,
    "a million fixed spaces": "\u00a0".encode() * 1_000_000,
    "comments": b"<!--" * 300_000,
    "10 MB of image data": b'<img src="data:image/png;base64,' + b"A" * 10_000_000 + b'">x',
    "too long to be parsed": b"<p>hello " * 700_000,
    "100k images as data": b"<img src='data:image/png;base64,AAAA'>" * 100_000,
    "forwards in forwards": (
        b"<div>---------- Forwarded message ---------<br>From: a@x.example<br>Subject: Fwd: s<br></div>"
        * 5_000
        + b"<p>word" * 100_000
    ),
    "long paragraphs": (b"<p>" + b"a" * 19_990) * 140,
    "tags in a tag without an end": b"<a " + b"x" * 5_000 + b"<b " * 300_000,
}
HEADERS = {
    "20k headers": b"X-A: b\n" * 20_000,
    "a 10 MB header": b"X-A: " + b"x" * 10_000_000 + b"\n",
    "a header folded a million times": b"X-A: " + b"x\n " * 1_000_000 + b"\n",
    "100k open encoded words": b"Subject: " + b"=?a?q?" * 100_000 + b"\n",
    "300k parentheses": b"To: " + b"(" * 300_000 + b"\n",
    "300k addresses": b"Cc: " + b"a@b, " * 300_000 + b"\n",
    "300k references": b"References: " + b"<a@b" * 300_000 + b"\n",
    "100k parameters": b"Content-Type: text/plain" + b"; a*0=b" * 100_000 + b"\n",
    "100k quotes in a parameter": b"Content-Type: text/plain; " + b'a="b\\' * 100_000 + b"\n",
}
TREES = {
    "100k nested multiparts": b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\n\n--b%d\n' % (number, number)
        for number in range(100_000)
    ),
    "100k nested multiparts of one boundary": (MULTIPART + b"--b\n") * 100_000,
    "100k parts": HEAD + MULTIPART + b"--b\n\nx\n" * 100_000,
    "100k parts of unknown charset": HEAD
    + MULTIPART
    + b"--b\nContent-Type: text/plain; charset=x-none\n\n\xe4\xf6\n" * 100_000,
    "nested attached mails": b"Content-Type: message/rfc822\n\n" * 50_000,
}


FILES = {
    "comments in front of text": b"<!---->" * 1_000 + b"x",
    "declarations in front of text": b"<?xml ?> " * 800 + b"x",
    "8k spaces in front of text": b" " * 8_000 + b"x",
}


@pytest.mark.parametrize("content", FILES.values(), ids=FILES)
def test_the_type_of_a_hazardous_file_is_found(content: bytes) -> None:
    part = b"--b\nContent-Type: text/plain; name=a.txt\n\n" + content + b"\n"
    files = parse(HEAD + MULTIPART + part * 500 + b"--b--\n", POLICY).document.files
    assert {file.media_type for file in files} == {"text/plain"}


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_hazardous_text_is_answered(text: bytes) -> None:
    body = parse(HEAD + b"\n" + text, POLICY).document.body
    assert body.reply_text or not text.strip()


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_hazardous_html_is_answered(html: bytes) -> None:
    assert parse(HEAD + b"Content-Type: text/html\n\n" + html, POLICY).document.body.reply_html is not None


@pytest.mark.parametrize("headers", HEADERS.values(), ids=HEADERS)
def test_hazardous_headers_are_answered(headers: bytes) -> None:
    assert parse(headers + HEAD + b"\nhello", POLICY).document.body.reply_text == "hello"


@pytest.mark.parametrize("tree", TREES.values(), ids=TREES)
def test_hazardous_mime_is_answered(tree: bytes) -> None:
    assert parse(tree, POLICY).document.message_id


def test_whatever_the_headers_hold_fits_into_a_message() -> None:
    """Quotes and backslashes take twice their bytes in JSON, letters outside ASCII up to four."""
    names = b"=?utf-8?b?" + base64.b64encode(b'\\"' * 100) + b"?="
    people = b"".join(b"%s <%d\\\\@x.example>, " % (names, number) for number in range(500))
    odd = '"\\\U0001f4a9'.encode() * 160
    ids = b"".join(b"<%s%d@x.example> " % (odd, number) for number in range(300))
    fields = (b"From", b"To", b"Cc", b"Reply-To", b"Delivered-To")
    head = b"".join(b"%s: %s\n" % (name, people) for name in fields)
    head += b"".join(b"Envelope-To: %s%d@x.example\n" % (odd[:300], number) for number in range(20))
    head += b"Message-ID: <%s>\nIn-Reply-To: %s\nReferences: %s\n" % (odd[:990], ids, ids)
    parsed = parse(head + b"Subject: " + odd * 5 + b"\n\nhello", POLICY)
    stored = MailStored(
        tenant="t" * 60,
        mail=uuid4(),
        mailbox=uuid4(),
        mailbox_address=f"{'a' * 300}@x.example",
        blob="f" * 64,
        size=1,
        received_at=datetime.now(UTC),
    )
    event = parsed_event(stored, parsed.document, "f" * 64)
    assert len(event.references) > 1
    assert len(body_of(event)) > 30_000
