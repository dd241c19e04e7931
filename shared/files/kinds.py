"""The media type of a file by its content; where that is silent, by its name and what its sender declares."""

import codecs
import mimetypes
import re

import puremagic

HEAD = 8 * 1024
"""Bytes at the beginning that are examined."""

_ZIP_NAMES = 64 * 1024
_OFFICE = "application/vnd.openxmlformats-officedocument."
_IN_ZIP = (
    (b"word/", f"{_OFFICE}wordprocessingml.document"),
    (b"xl/", f"{_OFFICE}spreadsheetml.sheet"),
    (b"ppt/", f"{_OFFICE}presentationml.presentation"),
    (b"META-INF/MANIFEST.MF", "application/java-archive"),
    (b"AndroidManifest.xml", "application/vnd.android.package-archive"),
)
_SIGNATURES = (
    (b"MZ", "application/vnd.microsoft.portable-executable"),
    (b"\x7fELF", "application/x-executable"),
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"\x1f\x8b", "application/gzip"),
    (b"Rar!\x1a\x07", "application/vnd.rar"),
    (b"7z\xbc\xaf\x27\x1c", "application/x-7z-compressed"),
    (b"\x78\x9f\x3e\x22", "application/ms-tnef"),
    (b"{\\rtf", "application/rtf"),
    (b"L\x00\x00\x00\x01\x14\x02\x00", "application/x-ms-shortcut"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_IN_OLE = {
    "doc": "application/msword",
    "xls": "application/vnd.ms-excel",
    "ppt": "application/vnd.ms-powerpoint",
    "msg": "application/vnd.ms-outlook",
    "msi": "application/x-msi",
}
_OLE_STREAMS = (
    ("WordDocument", "application/msword"),
    ("Workbook", "application/vnd.ms-excel"),
    ("Book", "application/vnd.ms-excel"),
    ("PowerPoint Document", "application/vnd.ms-powerpoint"),
    ("__properties_version1.0", "application/vnd.ms-outlook"),
)
_OLE_ENTRY = 128
"""Bytes of an entry in the directory of such a file, which begins with its name."""
# Text by content, yet no two programs treat it alike; only the name tells.
_TEXTUAL = {
    "csv": "text/csv",
    "json": "application/json",
    "xml": "application/xml",
    "md": "text/markdown",
    "js": "text/javascript",
    "css": "text/css",
    "vbs": "text/vbscript",
    "bat": "application/x-bat",
    "cmd": "application/x-bat",
    "ps1": "application/x-powershell",
    "sh": "application/x-sh",
    "py": "text/x-python",
    "hta": "application/hta",
    "eml": "message/rfc822",
    "log": "text/plain",
    "svg": "image/svg+xml",
}
# Possessive: what was passed over is never read again in another way, of which there are too many.
_MARKUP = re.compile(
    rb"(?:<\?xml[^>]{0,200}\?>|<!--.{0,500}?-->|<!doctype[^>]{0,300}>|\s++)*+<(\w{1,20})",
    re.IGNORECASE | re.DOTALL,
)
_ENOUGH = 0.4
_TABLE = mimetypes.MimeTypes(filenames=())


def media_type_of(content: bytes, name: str, declared: str) -> str:
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    head = content[:HEAD]
    found = _binary(content, head, extension) or _text(head, extension)
    if found:
        return found
    by_name = _TABLE.guess_type(f"file.{extension}")[0] if extension.isalnum() else None
    return by_name or _plausible(declared) or "application/octet-stream"


def shown_type(content: bytes, name: str) -> str:
    """The type that the content shows, whatever its name says; only kinds of text are told apart by name."""
    if content.startswith(_OLE):
        return _ole(content)
    extension = name.rpartition(".")[2].lower() if "." in name else ""
    kind = "" if extension == "svg" else extension
    head = content[:HEAD]
    found = _binary(content, head, extension) or _text(head, kind) if content else "text/plain"
    return found or "application/octet-stream"


def extension_for(media_type: str) -> str:
    known = {
        "image/jpeg": ".jpg",
        "text/plain": ".txt",
        "message/rfc822": ".eml",
        "application/gzip": ".gz",
        "text/calendar": ".ics",
    }
    return known.get(media_type) or _TABLE.guess_extension(media_type) or ".bin"


def _binary(content: bytes, head: bytes, extension: str) -> str | None:
    if head.startswith(b"PK\x03\x04"):
        return _zip(content[:_ZIP_NAMES], content[-_ZIP_NAMES:])
    if head.startswith(_OLE):
        return _IN_OLE.get(extension, "application/x-ole-storage")
    for signature, media_type in _SIGNATURES:
        if head.startswith(signature):
            return media_type
    return None if _is_text(head) else _by_magic(head)


def _zip(head: bytes, tail: bytes) -> str:
    """What is in the container, by the names in it; an OpenDocument file says so in its first entry."""
    if head[30:38] == b"mimetype":
        size = int.from_bytes(head[18:22], "little")
        written = head[38 : 38 + min(size, 100)].decode("ascii", "replace").strip()
        return written if re.fullmatch(r"application/[\w.+-]{1,90}", written) else "application/zip"
    for name, media_type in _IN_ZIP:
        if name in head or name in tail:
            return media_type
    return "application/zip"


def _ole(content: bytes) -> str:
    """Which program wrote it, by the names in its directory."""
    for name, media_type in _OLE_STREAMS:
        written = f"{name}\x00".encode("utf-16-le")
        at = content.find(written)
        while at >= 0:
            if at % _OLE_ENTRY == 0:
                return media_type
            at = content.find(written, at + 1)
    return "application/x-ole-storage"


def _by_magic(head: bytes) -> str | None:
    try:
        matches = puremagic.magic_string(head)
    except (puremagic.PureError, ValueError):
        return None
    return next((m.mime_type for m in matches if m.mime_type and m.confidence >= _ENOUGH), None)


def _text(head: bytes, extension: str) -> str | None:
    if not head or not _is_text(head):
        return None
    if head.startswith(b"BEGIN:VCALENDAR"):
        return "text/calendar"
    if head[:11].upper() == b"BEGIN:VCARD":
        return "text/vcard"
    markup = _MARKUP.match(head)
    tag = markup.group(1).lower() if markup else b""
    if tag == b"svg":
        return "image/svg+xml"
    if tag in (b"html", b"head", b"body", b"script"):
        return "text/html"
    return _TEXTUAL.get(extension, "text/plain")


def _is_text(head: bytes) -> bool:
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return True
    return b"\x00" not in head and len(head.translate(None, bytes(range(9)) + bytes(range(14, 27)))) == len(
        head
    )


def _plausible(declared: str) -> str | None:
    return declared if "/" in declared and not declared.startswith(("multipart/", "text/plain")) else None
