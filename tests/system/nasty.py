"""Mails that are hard to read though nothing about them is a test aid; and ordinary ones beside them."""

import base64
import struct
from email.message import EmailMessage

SUPPORT = b"support@helpdesk.example"
CRLF = b"\r\n"
MIXED = b'multipart/mixed; boundary="b"'
MEGABYTE = 1_000_000


def ordinary(number: int, trap: str = "") -> bytes:
    """Write a mail as customers do; with a trap it springs that in a parser that allows traps."""
    mail = EmailMessage()
    mail["From"] = f"customer-{number}@firm-{number}.example"
    mail["To"] = SUPPORT.decode()
    mail["Subject"] = f"{trap or 'Question'} {number}"
    mail["Message-ID"] = f"<ordinary-{number}@firm.example>"
    if trap:
        mail["X-Postroom-Trap"] = trap
    mail.set_content(f"The machine of number {number} stopped again.\n")
    return mail.as_bytes()


def nasty() -> dict[str, bytes]:
    """Each by what is nasty about it, which is also its subject where it may have one."""
    return _texts() | _pages() | _headers() | _people() | _trees() | _files()


def _texts() -> dict[str, bytes]:
    bodies = {
        "3 MB of quote marks": b">" * 3 * MEGABYTE,
        "3 MB of quoted lines": (b">" * 70 + CRLF) * 42_000,
        "a line of 1 MB of spaces": b"a" + b" " * MEGABYTE + b"b",
        "20,000 header blocks": b"From: a\r\nTo: b\r\nSubject: c\r\n\r\n" * 20_000,
        "50,000 intros": b"On 2024 x <a@b> wrote:\r\n" * 50_000,
    }
    return {name: _mail(name, body) for name, body in bodies.items()}


def _pages() -> dict[str, bytes]:
    bodies = {
        "200,000 nested divs": b"<div>" * 200_000 + b"deep" + b"</div>" * 200_000,
        "3 MB of angle brackets": b"<" * 3 * MEGABYTE,
        "long paragraphs": (b"<p>" + b"a" * 19_990) * 140,
        "100,000 images as data": b"<img src='data:image/png;base64,AAAA'>" * 100_000,
        "misnested formatting": b"<b><i></b>" * 100_000 + b"x",
        "20,000 forwarded heads": b"<b>From:</b> a &lt;a@b.example&gt;<br><b>To:</b> b<br>" * 20_000,
    }
    return {name: _mail(name, body, b"text/html") for name, body in bodies.items()}


def _headers() -> dict[str, bytes]:
    many = b"".join(b"X-Many-%d: v\r\n" % number for number in range(100_000))
    fields = {
        "100,000 header lines": many,
        "one header of 2 MB": b"X-Long: " + b"x" * 2 * MEGABYTE + CRLF,
        "100,000 references": b"References: " + b"<a@b.example> " * 100_000 + CRLF,
        "200,000 parameters": b"Content-Disposition: inline" + b'; a="b"' * 200_000 + CRLF,
    }
    mails = {name: _mail(name, b"hello", more=field) for name, field in fields.items()}
    name, words = "encoded words", b"Subject: " + b"=?utf-8?q?word?= " * 100_000
    mails[name] = _mail(name, b"hello").replace(b"Subject: ", words, 1)
    name = "an id outside ASCII"
    mails[name] = _mail(name, b"hello").replace(b"Message-ID: <", _odd_id(), 1)
    return mails


def _odd_id() -> bytes:
    """Write the start of a Message-ID that no compression makes short enough for an index."""
    letters = "".join(chr(0x4E00 + number * 7919 % 20_000) for number in range(950))
    return b"Message-ID: <" + letters.encode()


def _people() -> dict[str, bytes]:
    named = base64.b64encode(b'\\"' * 90)
    odd = b",\r\n ".join(b"=?utf-8?b?%s?= <p%d@f.example>" % (named, number) for number in range(2_000))
    people = {
        "50,000 recipients": b"Cc: " + b",\r\n ".join(b"p%d@f.example" % n for n in range(50_000)) + CRLF,
        "50,000 Cc headers": b"".join(b"Cc: p%d@f.example\r\n" % n for n in range(50_000)),
        "names of quotes": b"".join(name + b": " + odd + CRLF for name in (b"Cc", b"Bcc", b"Reply-To")),
        "2 MB of parentheses": b"Cc: " + b"(" * 2 * MEGABYTE + b"a@b.example" + CRLF,
    }
    return {name: _mail(name, b"hello", more=field) for name, field in people.items()}


def _trees() -> dict[str, bytes]:
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (level, level)
        for level in range(2_000)
    )
    attached = b"Content-Type: message/rfc822\r\n\r\n" * 2_000
    return {
        "nested 2,000 deep": _mail("nested 2,000 deep", b"--b\r\n" + nested + b"\r\ndeep", MIXED),
        "mails in mails": _mail("mails in mails", b"--b\r\n" + attached + b"\r\ndeep", MIXED),
        "100,000 parts": _mail("100,000 parts", b"--b\r\n\r\nx\r\n" * 100_000, MIXED),
    }


def _files() -> dict[str, bytes]:
    comments = b"<!---->" * 1_000
    contents = {
        "an attachment of 20 MB": (b"application/octet-stream", bytes(range(256)) * 80_000),
        "a file that begins with comments": (b"text/plain", comments + b"x"),
        "a file that begins with spaces": (b"text/plain", b" " * 8_000 + b"x"),
        "a bomb of a winmail.dat": (b"application/ms-tnef", _winmail()),
    }
    return {name: _mail(name, _part(kind, content), MIXED) for name, (kind, content) in contents.items()}


def _winmail() -> bytes:
    """Write a container whose lengths promise far more than is there, of very many tiny files."""
    promise = struct.pack("<IHHI", 2**31, 0x1003, 0x3001, 2**32 - 1) + bytes(40)
    file = _attribute(0x9002, b"") + _attribute(0x9005, promise) + _attribute(0x800F, b"\0\1")
    return struct.pack("<IH", 0x223E9F78, 1) + file * 50_000


def _attribute(name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", 2, name, 6, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def _part(kind: bytes, content: bytes) -> bytes:
    return (
        b"--b\r\n\r\nsee file\r\n--b\r\nContent-Type: " + kind + b"\r\n"
        b"Content-Disposition: attachment\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        + base64.encodebytes(content)
        + b"\r\n--b--\r\n"
    )


def _mail(subject: str, body: bytes, kind: bytes = b"text/plain", more: bytes = b"") -> bytes:
    """Write a mail from somebody of its own, so that each opens its own ticket."""
    sender = subject.lower().replace(" ", "-").replace(",", "").encode() + b"@nasty.example"
    head = (
        b"From: " + sender,
        b"To: " + SUPPORT,
        b"Subject: " + subject.encode(),
        b"Message-ID: <" + sender + b">",
        b"Content-Type: " + kind,
    )
    return CRLF.join((*head, more + CRLF + body))
