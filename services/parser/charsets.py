"""Bytes to text: the label is believed when the bytes agree with it, and there is always an answer."""

import codecs
import re
from dataclasses import dataclass

import charset_normalizer

SAMPLE_BYTES = 8 * 1024
"""How much of a text with an unknown charset is examined; examining is the dear part."""

_LABEL = re.compile(r"[A-Za-z0-9_.:\-]{1,40}")
_TEXT_CODEC = re.compile(
    r"ascii|utf-8(-sig)?|utf-(16|32)(-[bl]e)?|cp\d+|iso8859-\d+|koi8-[rut]|mac-\w+|big5(hkscs)?|gb(2312|k|18030)"
    r"|hz|euc_\w+|shift_jis\w*|iso2022_\w+|johab|tis-620|ptcp154|kz1048|hp-roman8"
)
# What senders write on the left; the superset that browsers and mail clients read it with on the right.
_SUPERSETS = {
    "iso8859-1": "cp1252",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "tis-620": "cp874",
    "iso8859-9": "cp1254",
    "iso2022_jp": "iso2022_jp_ext",
}
_ALIASES = {
    "ks_c_5601-1987": "cp949",
    "x-gbk": "gb18030",
    "x-sjis": "cp932",
    "x-mac-roman": "mac-roman",
    "utf8mb4": "utf-8",
    "unicode": "utf-16",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "x-unknown": "",
    "unknown-8bit": "",
    "default": "",
    "_autodetect": "",
}
# What mail without a label is written in: a few bytes always look like one of the rarer charsets too.
# fmt: off
_USUAL = [
    "utf_8", "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "koi8_r",
    "koi8_u", "iso8859_2", "iso8859_5", "iso8859_15", "cp932", "euc_jp", "iso2022_jp", "gb18030", "big5",
    "cp949", "cp874", "utf_16",
]
# fmt: on
_META = re.compile(rb"<meta\b[^>]{0,300}?charset\s*=\s*[\"']?([A-Za-z0-9_.:-]{1,40})", re.IGNORECASE)
_META_BYTES = 2_000
"""In which HTML says its charset."""
_MULTIBYTE = re.compile(rb"[\xc2-\xf4][\x80-\xbf]")
_WESTERN = ("cp1252", "ascii", "iso8859-15", "cp1254")
_HIGH = re.compile(rb"[\x80-\xff]")


@dataclass(frozen=True)
class Decoded:
    text: str
    note: str = ""
    """Set when the label was missing or wrong: what was done instead."""


def codec_for(label: str | None) -> str | None:
    """The Python codec of a charset label; None when it is unknown, no text codec, or refused (utf-7)."""
    label = (label or "").strip().strip("\"'").lower()
    label = _ALIASES.get(label, label)
    if not _LABEL.fullmatch(label):
        return None
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        return None
    # A codec such as punycode, idna or zlib is no charset, and some of them are not linear.
    return _SUPERSETS.get(name, name) if _TEXT_CODEC.fullmatch(name) else None


def decode_text(content: bytes, label: str | None) -> Decoded:
    """The text of a body; tries the label, UTF-8, an examination of the bytes, then Windows-1252."""
    codec = codec_for(label)
    if codec in _WESTERN and _HIGH.search(content):
        text = _strictly(content, "utf-8")
        if text is not None:
            return Decoded(text, f"labelled {codec}, read as utf-8")
    if codec is not None:
        text = _strictly(content, codec)
        if text is not None:
            return Decoded(text)
    return _repaired(content, codec, label)


def charset_in_html(content: bytes) -> str:
    """The charset that HTML names in itself, for when its part names none."""
    match = _META.search(content[:_META_BYTES])
    return match.group(1).decode("ascii") if match else ""


def best_guess(content: bytes, eight_bit: str | None) -> str:
    """The text of a header: UTF-8, else the charset of the body, else Windows-1252."""
    text = _strictly(content, "utf-8")
    if text is not None:
        return text
    codec = codec_for(eight_bit)
    if codec is not None and not codec.startswith("utf"):
        return content.decode(codec, "replace")
    return content.decode("cp1252", "replace")


def _repaired(content: bytes, codec: str | None, label: str | None) -> Decoded:
    text = _strictly(content, "utf-8")
    if text is not None:
        # Plain ASCII needs no excuse: most senders of unlabelled mail mean it.
        plain = not label and not _HIGH.search(content)
        return Decoded(text, "" if plain else "read as utf-8")
    if codec is not None:
        text = content.decode(codec, "replace")
        if text.count("\ufffd") * 50 <= len(text) + 50:
            text = _by_lines(content) if codec == "utf-8" else text
            return Decoded(text, f"some bytes are not {codec}")
    guessed = _examined(content)
    return Decoded(content.decode(guessed, "replace"), f"charset unknown, read as {guessed}")


def _by_lines(content: bytes) -> str:
    """UTF-8 into which some program has pasted lines of an older charset."""
    lines = []
    for line in content.split(b"\n"):
        text = _strictly(line, "utf-8")
        if text is None:
            text = line.decode("utf-8" if _MULTIBYTE.search(line) else "cp1252", "replace")
        lines.append(text)
    return "\n".join(lines)


def _examined(content: bytes) -> str:
    first = _HIGH.search(content)
    start = max(0, first.start() - SAMPLE_BYTES // 2) if first else 0
    found = charset_normalizer.from_bytes(content[start : start + SAMPLE_BYTES], cp_isolation=_USUAL).best()
    return (codec_for(found.encoding) if found else None) or "cp1252"


def _strictly(content: bytes, codec: str) -> str | None:
    try:
        text = content.decode(codec)
    except (UnicodeError, ValueError):
        return None
    return text.removeprefix("\ufeff")
