"""Mails of several shapes around each hostile vector, and what the parser makes of them."""

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from functools import cache
from pathlib import Path

from services.parser.parsing import parse
from shared.contracts.documents import Document
from shared.contracts.mail import ParsingPolicy

POLICY = ParsingPolicy(mail_forwarding_domains=("partner.example",))
HEAD = "From: Eva <eva@client.example>\nTo: help@desk.example\nSubject: Re: Printer\nMIME-Version: 1.0\n"
QUOTED = (
    '<div>Thank you.</div><div class="gmail_quote"><div class="gmail_attr">On Mon, 4 Mar 2024 at 09:12, Help'
    ' &lt;help@desk.example&gt; wrote:<br></div><blockquote class="gmail_quote">{}</blockquote></div>'
)
SIGNED = "<div>Hello, it smokes.</div><div>-- <br>Eva Stein{}</div>"
CHARSETS: dict[str, tuple[str, bytes]] = {
    "utf-7 as labelled": (
        "utf-7",
        b"+ADw-script+AD4-fired()+ADw-/script+AD4APA-img src=x onerror=fired()+AD4-",
    ),
    "utf-7 behind a mark": ("", b"+/v8-+ADw-script+AD4-fired()+ADw-/script+AD4-"),
    "utf-7 in a meta": ("us-ascii", b"<meta charset=utf-7>+ADw-img src=x onerror=fired()+AD4-"),
    "utf-7 of Unicode names": ("unicode-1-1-utf-7", b"+ADw-svg onload=fired()+AD4-"),
    "imap's utf-7": ("utf-7-imap", b"&ADw-img src=x onerror=fired()&AD4-"),
    "utf-16 with a mark, called ASCII": ("us-ascii", "\ufeff<img src=x onerror=fired()>".encode("utf-16-le")),
    "utf-16 with the other mark": ("utf-8", "\ufeff<img src=x onerror=fired()>".encode("utf-16-be")),
    "utf-16 without a mark": ("utf-16le", "<script>fired()</script>".encode("utf-16-le")),
    "ascii that is utf-16": ("utf-16be", b"<img src=x onerror=fired()>"),
    "utf-32": ("utf-32", "\ufeff<img src=x onerror=fired()>".encode("utf-32-le")),
    "overlong brackets": (
        "utf-8",
        b"\xc0\xbcimg src=x onerror=fired()\xc0\xbe\xe0\x80\xbcscript\xe0\x80\xbe",
    ),
    "overlong in three and four bytes": ("utf-8", b"\xe0\x80\xbcscript>fired()\xf0\x80\x80\xbc/script>"),
    "a cut sequence that eats a quote": (
        "utf-8",
        b'<p title="\xe2">x</p><p title=" onclick=fired() x=">y</p>',
    ),
    "shift_jis that eats a quote": ("shift_jis", b'<p title="\x83">x<b title="> onclick=fired()//">y</b>'),
    "gbk that eats a quote": ("gbk", b'<p title="\x81"><img src=x onerror=fired()>">x</p>'),
    "big5 that eats a bracket": ("big5", b'<p title=\xa3">x<img src=x onerror=fired()>\xa3<'),
    "iso-2022-jp": (
        "iso-2022-jp",
        b"\x1b$B\x1b(B<scr\x1b(Jipt>fired()</script><img src=x one\x1b(Brror=fired()>",
    ),
    "iso-2022-jp with half a letter": (
        "iso-2022-jp",
        b'<p title="\x1b$B"><img src=x onerror=fired()>\x1b(B">x',
    ),
    "iso-2022-kr": ("iso-2022-kr", b"\x1b$)C<img src=x \x0e\x0fonerror=fired()>"),
    "hz": ("hz-gb-2312", b'<p title="~{"><img src=x onerror=fired()>~}">x~\n</p><scr~\nipt>fired()</script>'),
    "ebcdic": ("cp037", "<img src=x onerror=fired()>".encode("cp037")),
    "us-ascii of eight bits": ("us-ascii", b"\xbcscript\xbefired()\xbc/script\xbe"),
    "gb18030": (
        "gb18030",
        "<img src=x onerror=fired()>\u1e3f".encode("gb18030") + b"\x81\x30<svg onload=fired()>",
    ),
    "an unknown charset": ("x-mac-nowhere", b"<img src=x onerror=fired()>"),
    "windows-1252 beyond its letters": (
        "windows-1252",
        b"<img src=x\xa0onerror=fired()>\x81<svg/\x9donload=fired()>",
    ),
    "a meta of another charset": ("utf-8", b"<meta charset=iso-2022-jp>\x1b$B<img src=x onerror=fired()>"),
    "nulls between the letters": (
        "utf-8",
        b"<\0i\0m\0g\0 \0s\0r\0c\0=\0x\0 \0o\0n\0e\0r\0r\0o\0r\0=\0f\0i\0r\0e\0d\0(\0)\0>",
    ),
    "quoted-printable in HTML": ("utf-8", b"=3Cimg src=3Dx onerror=3Dfired()=3E"),
}


@dataclass(frozen=True)
class Vector:
    name: str
    html: str
    charset: str = "utf-8"
    encoded: bytes = b""
    """The bytes of the body where they are not the HTML in UTF-8."""

    @property
    def body(self) -> bytes:
        return self.encoded or self.html.encode()


@dataclass(frozen=True)
class Hostile:
    name: str
    document: Document


def vectors() -> list[Vector]:
    """Those of the file, then handlers on every kind of element, then tricks of the charset."""
    groups = tomllib.loads(Path(__file__).with_name("vectors.toml").read_text("utf-8"))
    elements, events = groups.pop("elements").split(), groups.pop("events").split()
    found = [Vector(f"{group}.{name}", html) for group in groups for name, html in groups[group].items()]
    handlers = " ".join(f"on{event}=fired()" for event in events)
    found += [
        Vector(
            f"element.{element}", f"<{element} src=x href=x data=x {handlers} style=color:red>x</{element}>"
        )
        for element in elements
    ]
    found += [
        Vector(f"charset.{name}", body.decode("latin-1"), charset, body)
        for name, (charset, body) in CHARSETS.items()
    ]
    # Each has a host of its own, so that a request tells whose it is.
    return [
        Vector(
            one.name, one.html.replace("evil.example", f"v{number}.evil.example"), one.charset, one.encoded
        )
        for number, one in enumerate(found)
    ]


@cache
def hostile_mails() -> tuple[Hostile, ...]:
    """Each vector as the words of a mail, in a quote, in a signature, in a forwarded mail and as text."""
    return tuple(Hostile(name, parse(raw, POLICY).document) for one in vectors() for name, raw in _mails(one))


@cache
def hostile_names() -> tuple[Hostile, ...]:
    """Mails whose subject, people and files are named by what was written as HTML."""
    found = []
    for one in vectors():
        if one.encoded or one.name.startswith("element."):
            continue
        text = "".join(letter for letter in one.html if letter.isprintable())[:900]
        mail = EmailMessage()
        mail["Subject"] = text
        mail["From"] = mail["Cc"] = mail["To"] = Address(text[:150], "eva", "client.example")
        mail.set_content(one.html)
        mail.add_attachment(b"x", "application", "pdf", filename=f"{text[:150]}.pdf")
        found.append(Hostile(one.name, parse(mail.as_bytes(), POLICY).document))
    return tuple(found)


def _mails(vector: Vector) -> Iterator[tuple[str, bytes]]:
    yield f"{vector.name} as the body", _mail(vector.body, vector.charset)
    if vector.encoded or vector.name.startswith("element."):
        return
    yield f"{vector.name} in a quote", _mail(QUOTED.format(vector.html).encode())
    yield f"{vector.name} in a signature", _mail(SIGNED.format(vector.html).encode())
    yield f"{vector.name} in a forward", _forward(_mail(vector.body))
    yield f"{vector.name} as plain text", _mail(vector.body, subtype="plain")


def _mail(body: bytes, charset: str = "utf-8", *, subtype: str = "html") -> bytes:
    label = f"; charset={charset}" if charset else ""
    head = f"{HEAD}Content-Type: text/{subtype}{label}\nContent-Transfer-Encoding: 8bit\n\n"
    return head.encode() + body


def _forward(inner: bytes) -> bytes:
    head = HEAD.replace("eva@client.example", "jo@partner.example").replace("Re:", "Fwd:")
    start = f"{head}Content-Type: multipart/mixed; boundary=b\n\n--b\nContent-Type: text/plain\n\nPlease.\n"
    return start.encode() + b"--b\nContent-Type: message/rfc822\n\n" + inner + b"\n--b--\n"
