import json

import pytest

from sandbox.composing import as_text, with_header, without_header
from sandbox.mime import read
from sandbox.paths import canonical
from sandbox.shapes import Body

HOSTILE = [
    b"",
    b"\r\n",
    b"\xff\xfe\x00",
    b"no header at all",
    b"Subject: =?utf-8?b?!!!?=\r\nFrom: =?x-no-such?q?a?= <a@b>\r\n\r\n",
    b"Subject: \xff\xe9\r\nFrom: <<>>,,;\r\nDate: Thu, 99 Foo 99999 99:99\r\n\r\nx",
    b"Content-Type: text/plain; charset=no-such\r\n\r\n\xe9",
    b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n\r\n--b--",
    b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n%%%",
    b"Content-Type: message/delivery-status\r\n\r\nAction: failed\r\n",
    b"Content-Type: message/rfc822\r\n\r\n" * 2_000,
    b"To: " + b"(" * 2_000_000 + b"a@b\r\n\r\n",
    b"Subject: " + b"=?utf-8?q?a?= " * 100_000 + b"\r\n\r\n",
    b"Content-Type: text/plain" + b'; a="b"' * 200_000 + b"\r\n\r\n",
]


@pytest.mark.parametrize("raw", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_mail_is_read(raw: bytes) -> None:
    content = read(raw).content
    json.loads(content.model_dump_json())


def test_deeply_nested_mail_is_read() -> None:
    raw = b"".join(
        b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(300)
    )
    assert read(raw + b"\r\nend").content.body.content == "end"


def test_encoded_words_are_decoded() -> None:
    content = read(
        b"Subject: =?iso-8859-1?q?Stra=DFe?=\r\nFrom: =?utf-8?b?SsO8cmdlbg==?= <j@x>\r\n\r\n"
    ).content
    assert content.subject == "Straße"
    assert content.from_ is not None
    assert content.from_.email_address.name == "Jürgen"


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"A: 1\r\nBcc: x,\r\n y\r\nB: 2\r\n\r\nBcc: z\r\n", b"A: 1\r\nB: 2\r\n\r\nBcc: z\r\n"),
        (b"bcc: x\nB: 2\n\nbody", b"B: 2\n\nbody"),
        (b"A: 1\r\n\r\n", b"A: 1\r\n\r\n"),
        (b"", b""),
    ],
)
def test_a_field_is_taken_out(raw: bytes, expected: bytes) -> None:
    assert without_header(raw, "Bcc") == expected


def test_a_field_is_replaced() -> None:
    assert (
        with_header(b"Message-ID:\r\n <a>\r\nX: 1\r\n\r\nb", "Message-ID", "<n>")
        == b"Message-ID: <n>\r\nX: 1\r\n\r\nb"
    )


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (
            "/v1.0/users('a@b')/mailfolders('x')/messages/delta()",
            "/v1.0/users/a@b/mailFolders/x/messages/delta",
        ),
        (
            "/v1.0/users/a/mailFolders/x/childFolders/y/childFolders",
            "/v1.0/users/a/mailFolders/y/childFolders",
        ),
        ("/v1.0/users/a/mailFolders/x/messages/m/$value", "/v1.0/users/a/messages/m/$value"),
        ("/v1.0/users/a/messages/m/microsoft.graph.createReply", "/v1.0/users/a/messages/m/createReply"),
    ],
)
def test_paths_have_one_spelling(path: str, expected: str) -> None:
    assert canonical(path) == expected


def test_a_page_of_angle_brackets_is_shown_as_text() -> None:
    text = as_text(Body(content_type="html", content="<" * 1_000_000 + "<b>end</b>"))
    assert text.endswith("<end")
