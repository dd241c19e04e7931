"""Properties that hold for every mail, found by trying odd ones."""

from hypothesis import given, settings
from hypothesis import strategies as st

from services.parser.lines import text_lines
from services.parser.parsing import parse
from services.parser.quotes import split_lines
from services.parser.vocabulary import vocabulary
from shared.contracts.mail import ParsingPolicy
from tests.unit.parser.golden import MAILS

POLICY = ParsingPolicy(mail_forwarding_domains=("x.example",), own_addresses=("help@helpdesk.example",))

PIECES = st.sampled_from(
    [
        "On Mon, 4 Mar 2024 at 09:12, Eva <eva@x.example> wrote:",
        "Am 04.03.24 um 09:12 schrieb Eva:",
        "> quoted",
        ">> deeper",
        "",
        "some words",
        "-- ",
        "Kind regards,",
        "-----Original Message-----",
        "---------- Forwarded message ---------",
        "From: Eva <eva@x.example>",
        "Sent: Monday",
        "To: help",
        "Subject: printer",
        "________________________________",
        "##- postroom-reply-above -##",
        "Sent from my iPhone",
    ]
)
HEADS = st.sampled_from(
    [
        b"From: a@x.example\nSubject: Fwd: s\n",
        b"Content-Type: text/html\n",
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/html\n\n<p>\n--b\n",
        b"Content-Type: multipart/mixed; boundary=b\nContent-Transfer-Encoding: base64\n\n--b\n",
        b"Content-Type: message/rfc822\n\n",
        b"Content-Type: application/ms-tnef; name=winmail.dat\n\n\x78\x9f\x3e\x22\x00\x00",
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n",
        b"From: =?x?q?=?= <\nTo: (((\nDate: 99\nReferences: <\n",
        b"",
    ]
)


@settings(max_examples=300, deadline=None)
@given(HEADS, st.binary(max_size=600))
def test_any_bytes_give_a_document(head: bytes, tail: bytes) -> None:
    document = parse(head + tail, POLICY).document
    assert document.message_id
    assert len(document.fingerprint) == 64


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(MAILS.glob("*.eml"))), st.data())
def test_a_damaged_mail_still_gives_a_document(mail: object, data: st.DataObject) -> None:
    raw = bytearray(mail.read_bytes())  # type: ignore[attr-defined]  # sampled_from loses the type
    raw = raw[:20_000]
    for _ in range(5):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    raw = raw[: data.draw(st.integers(0, len(raw)))]
    assert parse(bytes(raw), POLICY).document.version == 1


@settings(max_examples=500, deadline=None)
@given(st.lists(PIECES, max_size=25), st.booleans())
def test_the_parts_of_a_text_are_all_of_its_lines(pieces: list[str], forward: bool) -> None:
    lines = text_lines("\n".join(pieces))
    split = split_lines(lines, vocabulary(), forward=forward)
    covered = [number for part in (*split.reply, split.quoted, split.signature) for number in part]
    assert sorted(covered) == list(range(len(lines)))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, min_size=1, max_size=25))
def test_something_is_always_left_of_a_text(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    body = parse(f"Subject: Re: s\n\n{text}".encode(), POLICY).document.body
    assert body.reply_text.strip() or not text.strip()


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet="<>/abdivqute=\"' &;!-[]\n", max_size=400))
def test_no_html_of_a_mail_keeps_script(soup: str) -> None:
    html = f"<script>steal()</script><p onclick=steal()>{soup}<a href=javascript:steal()>x</a>"
    body = parse(f"Content-Type: text/html\n\n{html}".encode(), POLICY).document.body
    shown = f"{body.reply_html}{body.quoted_html}".lower()
    assert "<script" not in shown
    assert "javascript:" not in shown
