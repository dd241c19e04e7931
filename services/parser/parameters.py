"""`type/subtype; name=value` headers with RFC 2231 continuations and the mistakes senders make."""

import re
from dataclasses import dataclass, field
from urllib.parse import unquote_to_bytes

from services.parser.charsets import best_guess, codec_for
from services.parser.headers import decode_words

MAX_HEADER = 16 * 1024
"""Characters of one such header that are looked at."""

_PARAMETER = re.compile(r';\s*([^\s=;"]{1,100})\s*=\s*(?:"((?:[^"\\]|\\.)*)"?|([^;]*))', re.DOTALL)
_ESCAPED = re.compile(r'\\([\\"])')
_SECTION = re.compile(r"([^*]+)\*(\d{1,4})(\*?)")
_MEDIA_TYPE = re.compile(r"[\w!#$&^.+-]{1,100}/[\w!#$&^.+-]{1,100}")


@dataclass(frozen=True)
class Structured:
    """A header value and its parameters, both in lower case where case means nothing."""

    value: str
    parameters: dict[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        return self.parameters.get(name, "")


def structured(text: str) -> Structured:
    text = text[:MAX_HEADER]
    value = text.partition(";")[0].strip().lower()
    plain: dict[str, str] = {}
    sections: dict[str, dict[int, tuple[str, bool]]] = {}
    for match in _PARAMETER.finditer(text, text.find(";") if ";" in text else len(text)):
        name, quoted, token = match.group(1).lower(), match.group(2), match.group(3)
        content = _ESCAPED.sub(r"\1", quoted) if quoted is not None else token.strip()
        section = _SECTION.fullmatch(name)
        if section:
            pieces = sections.setdefault(section.group(1), {})
            pieces.setdefault(int(section.group(2)), (content, bool(section.group(3))))
        elif name.endswith("*"):
            sections.setdefault(name[:-1], {}).setdefault(0, (content, True))
        else:
            plain.setdefault(name, decode_words(content))
    extended = {name: _joined(pieces) for name, pieces in sections.items()}
    return Structured(value, plain | extended)


def media_type(value: str, otherwise: str) -> str:
    """A usable media type, since senders write `text`, `image/pjpeg; ` and worse."""
    if _MEDIA_TYPE.fullmatch(value):
        return value
    return "text/plain" if value == "text" else otherwise


def _joined(pieces: dict[int, tuple[str, bool]]) -> str:
    first, is_extended = pieces.get(0, ("", False))
    charset = ""
    if is_extended and first.count("'") >= 2:  # noqa: PLR2004 - RFC 2231: charset'language'value
        charset, _, first = first.split("'", 2)
        pieces = pieces | {0: (first, True)}
    content = b"".join(
        unquote_to_bytes(text) if encoded else text.encode("utf-8", "replace")
        for _, (text, encoded) in sorted(pieces.items())
    )
    codec = codec_for(charset)
    return content.decode(codec, "replace") if codec else best_guess(content, None)
