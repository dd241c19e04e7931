"""Headers, addresses, ids, dates and charsets, as senders really write them."""

from datetime import UTC, datetime

import pytest

from services.parser.addresses import address, addresses, written_address
from services.parser.charsets import codec_for, decode_text
from services.parser.headerdates import parse_date
from services.parser.headers import decode_words
from services.parser.parameters import structured
from services.parser.parsing import parse
from services.parser.reading import message_ids
from shared.contracts.mail import Address, ParsingPolicy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@b.example", [("a@b.example", "")]),
        ("Anna <A@B.Example>", [("a@b.example", "Anna")]),
        ('"Berg, Anna" <a@b.example>, c@d.example', [("a@b.example", "Berg, Anna"), ("c@d.example", "")]),
        ("a@b.example (Anna Berg)", [("a@b.example", "Anna Berg")]),
        ("Team: a@b.example, c@d.example;", [("a@b.example", ""), ("c@d.example", "")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?q?Berg=2C_Anna?= <a@b.example>", [("a@b.example", "Berg, Anna")]),
        ("Just A Name", [("", "Just A Name")]),
        ("<a@b.example>", [("a@b.example", "")]),
        ("a@b.example <a@b.example>", [("a@b.example", "")]),
        ('"unclosed <a@b.example>, c@d.example', [("a@b.example", "unclosed"), ("c@d.example", "")]),
        ("a@b.example; c@d.example", [("a@b.example", ""), ("c@d.example", "")]),
        ("", []),
    ],
)
def test_address_lists_are_read(text: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.address, one.name) for one in addresses(text)] == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bob [mailto:bob@c.example]", ("bob@c.example", "Bob")),
        ("bob@c.example<mailto:bob@c.example>", ("bob@c.example", "")),
        ("Bob <bob@c.example<mailto:bob@c.example>>", ("bob@c.example", "Bob")),
        ('"Bob" <bob@c.example>', ("bob@c.example", "Bob")),
        ("Bob [bob@c.example]", ("bob@c.example", "Bob")),
        ("Bob", ("", "Bob")),
    ],
)
def test_addresses_written_in_a_text_are_read(text: str, expected: tuple[str, str]) -> None:
    assert written_address(text) == Address(address=expected[0], name=expected[1])


def test_no_address_is_none() -> None:
    assert address("  ") is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("=?utf-8?q?a?= =?utf-8?q?b?=", "ab"),
        ("=?utf-8?q?a?= c =?utf-8?q?b?=", "a c b"),
        ("=?utf-8?b?4oI=?= =?utf-8?b?rA==?=", "€"),
        ("=?iso-8859-1?q?=FC?= x", "ü x"),
        ("x =?utf-8?q?y_z?=", "x y z"),
        ("=?broken", "=?broken"),
        ("=?utf-8?x?y?=", "=?utf-8?x?y?="),
        ("=?nonsense?q?=C3=BC?=", "ü"),
        ("=?utf-8*de?q?=C3=BC?=", "ü"),
        ("=?utf-8?b?!!!?=", ""),
        ("no words", "no words"),
    ],
)
def test_encoded_words_are_decoded(text: str, expected: str) -> None:
    assert decode_words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a@b>", ("a@b",)),
        ("<a@b> <c@d> <a@b>", ("a@b", "c@d")),
        ("a@b", ("a@b",)),
        ("< a@b >", ("a@b",)),
        ("=?utf-8?q?=3Ca=2E?= =?utf-8?q?c=40b=3E?=", ("a.c@b",)),
        ("Your mail of Monday", ()),
        ("", ()),
    ],
)
def test_ids_are_read_without_brackets(text: str, expected: tuple[str, ...]) -> None:
    assert message_ids(text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "Tue, 05 Mar 2024 10:00:00 +0100",
        "5 Mar 2024 09:00:00 GMT",
        "Tue, 5 Mar 2024 09:00 +0000 (UTC)",
        "2024-03-05T10:00:00+01:00",
        "2024-03-05T09:00:00Z",
        "Tue, 5 Mar 24 04:00:00 EST",
    ],
)
def test_dates_are_moments_in_utc(text: str) -> None:
    assert parse_date(text) == datetime(2024, 3, 5, 9, tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "Tue, 99 Mar 2024 10:00:00", "1 Jan 1960 00:00 +0000", "2024-13-41T99:00:00", "(" * 99],
)
def test_impossible_dates_are_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.parametrize(
    "label", ["utf-7", "unicode-1-1-utf-7", "punycode", "idna", "zlib", "rot13", "unicode_escape", ""]
)
def test_what_is_no_charset_of_mail_is_refused(label: str) -> None:
    assert codec_for(label) is None


@pytest.mark.parametrize(
    ("content", "label", "text", "noted"),
    [
        ("Grüße".encode(), "utf-8", "Grüße", False),
        ("Grüße".encode("cp1252"), "iso-8859-1", "Grüße", False),
        ("Grüße".encode(), "iso-8859-1", "Grüße", True),
        (b"plain", None, "plain", False),
        ("“quoted”".encode("cp1252"), "iso-8859-1", "“quoted”", False),
        ("漢字".encode("gb18030"), "gb2312", "漢字", False),
        ("日本".encode("iso2022_jp"), "ISO-2022-JP", "日本", False),
        ("Привет, как дела".encode("koi8-r"), '"KOI8-R"', "Привет, как дела", False),
        (b"\xef\xbb\xbfmark", "utf-8", "mark", False),
        (b"+ADw-", "utf-7", "+ADw-", True),
    ],
)
def test_text_is_decoded(content: bytes, label: str | None, text: str, noted: bool) -> None:
    decoded = decode_text(content, label)
    assert decoded.text == text
    assert bool(decoded.note) is noted


def test_parameters_in_pieces_are_joined() -> None:
    found = structured(
        "attachment; filename*0*=utf-8'en'%E2%82; filename*1*=%AC; filename*2=\".txt\"; size=1"
    )
    assert found.get("filename") == "€.txt"
    assert found.get("size") == "1"


def test_mail_without_an_id_gets_one_of_its_bytes() -> None:
    first, second = (parse(b"Subject: x\n\n" + body, ParsingPolicy()).document for body in (b"a", b"b"))
    assert first.message_id.startswith("sha256-")
    assert first.message_id.endswith("@postroom.invalid")
    assert first.message_id != second.message_id


def test_two_copies_of_one_mail_have_one_fingerprint() -> None:
    mail = b"From: A@b.example\nSubject: Hello\nDate: Tue, 5 Mar 2024 10:00:00 +0100\n"
    first = parse(b"Received: one\n" + mail + b"\nSome  words\r\nhere \n", ParsingPolicy())
    second = parse(b"Received: two\nDelivered-To: x@y\n" + mail + b"\nsome words here\n", ParsingPolicy())
    third = parse(mail + b"\nother words\n", ParsingPolicy())
    assert first.document.fingerprint == second.document.fingerprint
    assert first.document.fingerprint != third.document.fingerprint


def test_raw_eight_bit_headers_are_read_with_the_charset_of_the_text() -> None:
    raw = b"Subject: " + "Привет".encode("koi8-r") + b"\nContent-Type: text/plain; charset=koi8-r\n\nx"
    assert parse(raw, ParsingPolicy()).document.subject == "Привет"


@pytest.mark.parametrize(
    "written",
    [
        "Di, 05 M\u00e4r 2024 10:00:00 +0100",
        "mar., 5 mars 2024 10:00:00 +0100",
        "mar, 05 mar 2024 10:00:00 +0100",
        "ter., 5 de mar. de 2024 10:00:00 +0100",
        "wt., 5 mar 2024 10:00:00 +0100",
        "2024\u5e743\u67085\u65e5 17:00:00 +0800",
        "05.03.2024 10:00:00 +0100",
    ],
)
def test_a_header_whose_program_writes_dates_in_its_own_language_is_read(written: str) -> None:
    raw = f"From: a@x.example\nSubject: s\nDate: {written}\n\nhello".encode()
    document = parse(raw, ParsingPolicy()).document
    assert document.date == datetime(2024, 3, 5, 9, tzinfo=UTC)
    assert "bad_date" not in {note.code for note in document.notes}
