"""Envelopes of S/MIME and the armor of PGP, as programs write them and as nobody should."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.parser.parsing import parse
from services.parser.pkcs7 import Pkcs7Error, kind_of, signed_content
from services.parser.protection import without_armor
from shared.contracts.mail import ParsingPolicy

SIGNED, DATA = bytes.fromhex("06092a864886f70d010702"), bytes.fromhex("06092a864886f70d010701")


def value(tag: int, *content: bytes) -> bytes:
    """A value that says how long it is."""
    inside = b"".join(content)
    size = len(inside).to_bytes(4)
    return bytes([tag, 0x84]) + size + inside


def streamed(tag: int, *content: bytes) -> bytes:
    """A value that ends where it says so, as a program writes it that does not know its length yet."""
    return bytes([tag, 0x80]) + b"".join(content) + b"\0\0"


def envelope(octets: bytes, algorithms: bytes = value(0x31)) -> bytes:
    inner = streamed(0x30, DATA, streamed(0xA0, octets))
    return streamed(0x30, SIGNED, streamed(0xA0, streamed(0x30, b"\x02\x01\x01", algorithms, inner)))


@pytest.mark.parametrize(
    "octets",
    [
        value(0x04, b"Hello"),
        value(0x24, value(0x04, b"He"), value(0x04, b"llo")),
        streamed(0x24, value(0x04, b"He"), streamed(0x24, value(0x04, b"l"), value(0x04, b"lo"))),
    ],
)
def test_signed_content_is_found_however_it_is_cut(octets: bytes) -> None:
    assert signed_content(envelope(octets)) == (b"Hello", True)
    walked = streamed(0x31, streamed(0x30, value(0x06, b"x")), value(0x30, b"y"))
    assert signed_content(envelope(octets, walked)) == (b"Hello", True)


def test_content_that_was_cut_off_is_what_came() -> None:
    whole = envelope(value(0x04, b"Hello, here I am"))
    assert signed_content(whole[:-17]) == (b"Hello, he", False)


def test_a_detached_signature_has_no_content() -> None:
    bare = streamed(
        0x30, SIGNED, streamed(0xA0, streamed(0x30, b"\x02\x01\x01", value(0x31), value(0x30, DATA)))
    )
    assert kind_of(bare) == "signed"
    with pytest.raises(Pkcs7Error):
        signed_content(bare)


@given(st.binary(max_size=200), st.integers(0, 120))
def test_no_bytes_break_the_reader(noise: bytes, at: int) -> None:
    whole = envelope(streamed(0x24, value(0x04, b"Hello"), value(0x04, b"again")))
    broken = whole[:at] + noise + whole[at + 1 :]
    kind_of(broken)
    try:
        content, _ = signed_content(broken)
    except Pkcs7Error:
        return
    assert len(content) <= len(broken)


def test_signed_mails_inside_each_other_are_opened_to_a_depth() -> None:
    mail = b"Content-Type: text/plain\n\nHello"
    for _ in range(3):
        opaque = base64.encodebytes(envelope(value(0x04, mail)))
        mail = b"Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n\n" + opaque
    document = parse(b"From: a@b.example\n" + mail, ParsingPolicy()).document
    assert document.body.reply_text == "Hello"
    assert document.sender.address == "a@b.example"
    assert document.files == ()


def test_armor_in_the_middle_of_a_mail_is_taken_off_and_the_rest_stays() -> None:
    block = (
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA512\n\nSigned.\n- -----\n"
        "-----BEGIN PGP SIGNATURE-----\n\nAAAA\n-----END PGP SIGNATURE-----\n"
    )
    assert without_armor(f"Above\n{block}Below\n{block}") == (
        "Above\nSigned.\n-----\nBelow\nSigned.\n-----\n",
        True,
    )


@pytest.mark.parametrize(
    "text",
    [
        "> -----BEGIN PGP SIGNED MESSAGE-----\n> Hash: SHA1\n",
        "-----BEGIN PGP SIGNED MESSAGE-----\nNo header\n-----END PGP SIGNATURE-----",
        "-----BEGIN PGP SIGNED MESSAGE-----\n\nword\n" * 2_000,
        "-----BEGIN PGP SIGNED MESSAGE-----\n\nword\n-----BEGIN PGP SIGNATURE-----\nAAAA\n",
    ],
)
def test_armor_that_does_not_end_stays(text: str) -> None:
    assert without_armor(text) == (text, False)
