"""What holds for every mail: its parts are the whole, line ends do not matter, quoting it again loses
nothing, and what was cut once is not cut again."""

import re
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.parser.bodies import forms_of, read_words
from services.parser.cutting import html_lines
from services.parser.lines import dequoted, joined, text_lines
from services.parser.mime import split
from services.parser.parsing import parse, read
from shared.contracts.documents import Body, Document
from shared.contracts.mail import ParsingPolicy
from tests.unit.parser.frames import BLOCKS, HTML, QUOTING, TextFrame
from tests.unit.parser.golden import MAILS, POLICY, facts
from tests.unit.parser.test_any_bytes import PIECES

GOLDEN = sorted(MAILS.glob("*.eml"))
MADE = st.lists(PIECES, max_size=25).map("\n".join)
WORDS = st.text(alphabet="abc dé жя 中文 12,", min_size=1, max_size=60).map(str.strip).filter(bool)
SENTENCES = st.sampled_from(
    [
        "Hello,",
        "the printer on the second floor is on fire again.",
        "Is it on? Please have a look: I wrote it down for you.",
        "From here it looks fine.",
        "Vielen Dank, das hat geholfen.",
        "- first",
        "  indented, as code is",
        "https://x.example/a?b=c#d",
        "2024-03-04 09:12",
        "",
    ]
)
OLD = st.lists(WORDS | SENTENCES, min_size=1, max_size=12).map("\n".join).filter(str.strip)
SIGNATURES = st.sampled_from(["", "-- \nEva Stein\nx.example", "Kind regards,\nEva", "Sent from my iPhone"])
NEW = st.lists(SENTENCES, min_size=1, max_size=6).map("\n".join).filter(lambda text: text.strip(" \n-"))


def body_of(text: str, *, media_type: str = "text/plain") -> Body:
    head = f"From: a@x.example\nSubject: Re: s\nContent-Type: {media_type}; charset=utf-8\n\n"
    return parse(f"{head}{text}".encode(), ParsingPolicy()).document.body


def words(text: str) -> Counter[str]:
    """The words of a text, whatever is around them; quote marks are none."""
    return Counter(re.sub(r"(?m)^[ \t]*(?:>[ \t]?)+", "", text).split())


@pytest.mark.parametrize("mail", GOLDEN, ids=lambda mail: mail.stem)
def test_the_parts_of_a_golden_mail_are_the_whole(mail: Path) -> None:
    raw = mail.read_bytes()
    shown = read(raw, POLICY).shown
    body = parse(raw, POLICY).document.body
    parts = words(f"{body.reply_text}\n{body.quoted_text}\n{body.signature_text}")
    assert parts in [
        words(joined(list(lines))) for lines in (shown.text_lines, shown.html.lines if shown.html else [])
    ]
    if shown.html is not None:
        parts = words(_text_of(f"{body.reply_html}")) + words(_text_of(body.quoted_html or ""))
        assert parts == words(joined(shown.html.lines))


@settings(max_examples=300, deadline=None)
@given(MADE)
def test_the_parts_of_a_made_mail_are_the_whole(text: str) -> None:
    body = body_of(text)
    parts = f"{body.reply_text}\n{body.quoted_text}\n{body.signature_text}"
    assert Counter(parts.split()) == Counter(text.split())


def with_crlf(raw: bytes) -> bytes:
    return raw.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def compared(document: Document) -> dict[str, object]:
    found = facts(document)
    return found | {"body": document.body, "fingerprint": "" if document.files else document.fingerprint}


@pytest.mark.parametrize("mail", GOLDEN, ids=lambda mail: mail.stem)
def test_a_golden_mail_with_crlf_gives_what_lf_gives(mail: Path) -> None:
    raw = mail.read_bytes().replace(b"\r\n", b"\n")
    assert compared(parse(with_crlf(raw), POLICY).document) == compared(parse(raw, POLICY).document)


@settings(max_examples=300, deadline=None)
@given(MADE, st.sampled_from(["text/plain", "text/html"]))
def test_a_made_mail_with_crlf_gives_what_lf_gives(text: str, media_type: str) -> None:
    raw = f"From: a@x.example\nSubject: Re:\n s\nContent-Type: {media_type}\n\n{text}".encode()
    assert compared(parse(with_crlf(raw), POLICY).document) == compared(parse(raw, POLICY).document)


@pytest.mark.parametrize("frame", [*QUOTING.values(), *BLOCKS.values()], ids=[*QUOTING, *BLOCKS])
@settings(max_examples=60, deadline=None)
@given(new=NEW, old=OLD)
def test_a_mail_quoted_by_a_client_leaves_the_new_words(frame: TextFrame, new: str, old: str) -> None:
    body = body_of(f"{new}{frame(old)}")
    assert body.reply_text == new.strip("\n")
    assert not words(old) - words(body.quoted_text)


@pytest.mark.parametrize("frame", QUOTING.values(), ids=QUOTING)
@pytest.mark.parametrize(
    "mail", [mail for mail in GOLDEN if mail.stem.startswith("reply-")], ids=lambda m: m.stem
)
def test_a_golden_mail_quoted_again_gives_its_reply_back(mail: Path, frame: TextFrame) -> None:
    root, _ = split(mail.read_bytes())
    whole = read_words(forms_of(root)).whole.lstrip("\n").rstrip()
    body = body_of(f"And then?{frame(whole)}")
    assert body.reply_text == "And then?"
    again = joined(dequoted(text_lines(body.quoted_text)))
    assert whole in again
    assert body_of(again[again.index(whole) :]).reply_text == body_of(whole).reply_text


@pytest.mark.parametrize("frame", HTML.values(), ids=HTML)
@settings(max_examples=60, deadline=None)
@given(new=NEW, old=OLD)
def test_html_quoted_by_a_client_leaves_the_new_words(frame: TextFrame, new: str, old: str) -> None:
    def shown(text: str) -> str:
        return "".join(f"<div>{line or '<br>'}</div>" for line in text.split("\n"))

    body = body_of(f"<html><body>{shown(new)}{frame(shown(old))}</body></html>", media_type="text/html")
    assert words(body.reply_text) == words(new)
    assert words(_text_of(body.reply_html or "")) == words(new)
    assert not words(old) - words(_text_of(body.quoted_html or ""))


@pytest.mark.parametrize("frame", [*QUOTING.values(), *BLOCKS.values()], ids=[*QUOTING, *BLOCKS])
@settings(max_examples=40, deadline=None)
@given(new=NEW, signature=SIGNATURES, old=OLD)
def test_what_is_left_of_a_reply_is_not_cut_again(
    frame: TextFrame, new: str, signature: str, old: str
) -> None:
    body = body_of(f"{new}\n{signature}{frame(old)}")
    again = body_of(body.reply_text)
    assert (again.reply_text, again.quoted_text, again.signature_text) == (body.reply_text, "", "")


# A bounce stays whole by what it is, and not by its words.
@pytest.mark.parametrize(
    "mail", [mail for mail in GOLDEN if not mail.stem.startswith("bounce-")], ids=lambda mail: mail.stem
)
def test_what_is_left_of_a_golden_mail_is_not_cut_again(mail: Path) -> None:
    body = parse(mail.read_bytes(), POLICY).document.body
    again = body_of(body.reply_text)
    assert (again.reply_text, again.quoted_text, again.signature_text) == (
        body.reply_text.strip("\n"),
        "",
        "",
    )


def _text_of(html: str) -> str:
    return joined(html_lines(html).lines)
