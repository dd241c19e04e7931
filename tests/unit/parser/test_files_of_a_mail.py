"""Types by content, policy by size and type, names that are safe."""

import base64
import io
import struct
import zipfile

import pytest

from services.parser.attachments import MAX_FILES
from services.parser.parsing import Parsed, parse
from services.parser.winmail import TnefError, unpack
from shared.contracts.mail import FileDecision, ParsingPolicy
from shared.files.kinds import media_type_of

OFFICE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


def zipped(*names: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in names:
            archive.writestr(name, "application/vnd.oasis.opendocument.text" if name == "mimetype" else "x")
    return buffer.getvalue()


def mail_with(content: bytes, *headers: str, policy: ParsingPolicy | None = None) -> Parsed:
    lines = [
        "Content-Type: multipart/mixed; boundary=b",
        "",
        "--b",
        "",
        "text",
        "--b",
        *(headers or ("Content-Type: application/octet-stream; name=a.bin",)),
        "Content-Transfer-Encoding: base64",
        "",
        base64.b64encode(content).decode(),
        "--b--",
    ]
    return parse("\n".join(lines).encode(), policy or ParsingPolicy())


@pytest.mark.parametrize(
    ("content", "name", "declared", "expected"),
    [
        (b"\x89PNG\r\n\x1a\n....", "a.pdf", "application/pdf", "image/png"),
        (b"%PDF-1.7", "a.png", "image/png", "application/pdf"),
        (b"MZ\x90\x00", "a.pdf", "application/pdf", "application/vnd.microsoft.portable-executable"),
        (zipped("[Content_Types].xml", "word/document.xml"), "a.zip", "", OFFICE),
        (zipped("mimetype", "content.xml"), "a.bin", "", "application/vnd.oasis.opendocument.text"),
        (zipped("readme.txt"), "a.docx", OFFICE, "application/zip"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600), "a.xls", "", "application/vnd.ms-excel"),
        (b"<!DOCTYPE html><html>", "a.png", "image/png", "text/html"),
        (b"<svg xmlns='x'>", "a.txt", "text/plain", "image/svg+xml"),
        (b"a,b\n1,2\n", "a.csv", "", "text/csv"),
        (b"@echo off\n", "run.bat", "text/plain", "application/x-bat"),
        (b"BEGIN:VCALENDAR\n", "a", "", "text/calendar"),
        (b"just words", "a.pdf", "application/pdf", "text/plain"),
        (b"\x00\x01\x02\x03" * 9, "a.unknown", "application/x-thing", "application/x-thing"),
        (b"", "a.pdf", "", "application/pdf"),
        (b"", "", "", "application/octet-stream"),
    ],
)
def test_type_is_decided_by_content(content: bytes, name: str, declared: str, expected: str) -> None:
    assert media_type_of(content, name, declared) == expected


def test_file_over_the_size_limit_is_ignored_but_told() -> None:
    parsed = mail_with(b"\x00" * 101, policy=ParsingPolicy(max_file_size=100))
    (file,) = parsed.document.files
    assert (file.decision, file.size) == (FileDecision.IGNORED, 101)
    assert "101" in file.reason
    assert parsed.files == {}


def test_file_at_the_size_limit_is_kept() -> None:
    parsed = mail_with(b"\x00" * 100, policy=ParsingPolicy(max_file_size=100))
    assert parsed.document.files[0].decision is FileDecision.KEPT


@pytest.mark.parametrize(
    ("allowed", "decision"),
    [
        ((), FileDecision.KEPT),
        (("image/*",), FileDecision.KEPT),
        (("IMAGE/PNG",), FileDecision.KEPT),
        (("application/pdf",), FileDecision.WARNED),
        (("image/jpeg", " "), FileDecision.WARNED),
    ],
)
def test_type_outside_the_list_is_warned_about_and_kept(
    allowed: tuple[str, ...], decision: FileDecision
) -> None:
    parsed = mail_with(b"\x89PNG\r\n\x1a\n.", policy=ParsingPolicy(allowed_mime_types=allowed))
    (file,) = parsed.document.files
    assert file.decision is decision
    assert parsed.files == {file.sha256: b"\x89PNG\r\n\x1a\n."}


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="../../etc/passwd"', "passwd"),
        ('filename="C:\\\\windows\\\\run.exe"', "run.exe"),
        ('filename="a\u202egnp.exe"', "agnp.exe"),
        ('filename="a\x01b.txt"', "a b.txt"),
        ("filename*=utf-8''%E2%82%AC.txt", "€.txt"),
        ("filename*=utf-8''..%2F..%2Fx.txt", "x.txt"),
        ('filename="=?utf-8?q?=C3=9Cber.txt?="', "Über.txt"),
        ('filename=".."', "attachment-1.txt"),
        (f'filename="{"a" * 300}.pdf"', f"{'a' * 146}.pdf"),
    ],
)
def test_names_are_plain_and_safe(written: str, name: str) -> None:
    (file,) = mail_with(b"words", f"Content-Disposition: attachment; {written}").document.files
    assert file.name == name


def test_attached_mail_keeps_every_byte_and_takes_its_subject() -> None:
    inner = b"Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe/1?=\r\nX-Odd:   spaces \r\n\r\nbody  \r\n\r\n"
    raw = (
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n"
        + inner
    )
    parsed = parse(raw + b"\r\n--b--\r\n", ParsingPolicy())
    (file,) = parsed.document.files
    assert file.name == "Grüße-1.eml"
    assert parsed.files[file.sha256] == inner


def packed(level: int, name: int, data: bytes) -> bytes:
    return struct.pack("<BHHI", level, name, 0, len(data)) + data + struct.pack("<H", sum(data) & 0xFFFF)


def test_winmail_gives_its_files() -> None:
    head = struct.pack("<IH", 0x223E9F78, 1)
    long_name = "long name.txt".encode("utf-16-le") + b"\0\0"
    padded = long_name + bytes(-len(long_name) % 4)
    properties = struct.pack("<IHHII", 1, 0x1F, 0x3707, 1, len(long_name)) + padded
    content = head + packed(2, 0x9002, bytes(14)) + packed(2, 0x8010, b"LONGNA~1.TXT\0")
    content += packed(2, 0x800F, b"hello") + packed(2, 0x9005, properties)
    (file,) = unpack(content)
    assert (file.name, file.content) == ("long name.txt", b"hello")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x78\x9f\x3e\x22\x00\x00",
        b"\x78\x9f\x3e\x22\x00\x00" + b"\xff" * 100,
        struct.pack("<IH", 0x223E9F78, 1) + packed(2, 0x9005, b"\xff" * 400),
        struct.pack("<IH", 0x223E9F78, 1) + packed(1, 0x9004, b"\xff" * 400),
    ],
)
def test_broken_winmail_is_told(content: bytes) -> None:
    with pytest.raises(TnefError):
        unpack(content)


def test_of_very_many_files_the_first_are_told_apart() -> None:
    files = (packed(2, 0x9002, b"") + packed(2, 0x800F, b"\x00\x01")) * 400
    container = base64.b64encode(struct.pack("<IH", 0x223E9F78, 1) + files)
    part = b"\n--b\nContent-Type: application/ms-tnef\nContent-Transfer-Encoding: base64\n\n"
    mail = b"Content-Type: multipart/mixed; boundary=b\n" + (part + container) * 3
    document = parse(mail, ParsingPolicy()).document
    assert len(document.files) == MAX_FILES
    assert "too_many_files" in [note.code for note in document.notes]


def test_lines_that_are_not_uuencoded_are_kept_as_they_are_among_those_that_are() -> None:
    part = b"\n--b\nContent-Type: text/x-log; name=a.txt\nContent-Transfer-Encoding: x-uuencode\n\n"
    lines = b"begin 644 a.txt\n#0V%T\n+2&5L;&\\@=&AE<F4 ~\n2~~~\n`\nend\n"
    parsed = parse(
        b"Content-Type: multipart/mixed; boundary=b\n" + part + lines + b"--b--\n", ParsingPolicy()
    )
    (content,) = parsed.files.values()
    assert content.startswith(b"Cat")
    assert b"2~~~\n" in content
