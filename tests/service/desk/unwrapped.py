"""Words of a template that are said in English to everybody: they stand outside `_("…")`."""

import re
from collections.abc import Iterator

from jinja2 import Environment

GAP = "\N{OBJECT REPLACEMENT CHARACTER}"
LETTERS = re.compile(r"[A-Za-z]{2}|\b[A-Z]\b")
SPOKEN = re.compile(
    r"""\b(?:title|aria-label|placeholder|alt|data-(?:words|moved|now|away|undo|dismiss|keep|done|lost))=(?:"([^"]*)"|'([^']*)')"""
)
PROSE = re.compile(r"^[A-Z][a-z]|[A-Za-z,;:]{2,} [A-Za-z]{2,}|^[A-Za-z]{2,} $|^ [A-Za-z]{2,}[: ]")
NO_PROSE = re.compile(r"[=<]|%[A-Za-z]|^ is-|\.(?:js|html|css|svg)$|^%Y|^[\w-]+/")
WRAPS = {"_", "gettext", "ngettext", "counted"}
TAG = re.compile(r"<!--.*?-->|</?[a-zA-Z!][^<>]*>", re.DOTALL)
BARE = re.compile(r"<(code|kbd|pre|style)\b[^>]*>.*?</\1>", re.DOTALL)
"""What stands in these is not said: a command, a key, a type."""

NOT_SAID = re.compile(
    r"{%\s*block (?:body_class|followed)\s*%}.*?{%\s*endblock\s*%}|{%\s*set drawing\s*%}.*?{%\s*endset\s*%}",
    re.DOTALL,
)
"""Classes, addresses and attributes."""

NAMES = {"Postroom", "Message-ID", "Entra ID", "API", "HTML", "UTC", "URL"}
SAME = {
    "de",
    ", cc",
    "de-AT",
    "Anna Steiner &lt;anna@example.com&gt;",
    "backend",
    "serial",
    "with_vendor",
    "acme.example",
    "acme.example acme.co.uk",
    "vip, printer",
    "-----BEGIN PRIVATE KEY-----",
    "info@example.com, sales@example.com",
    "name@example.com",
    "Ctrl Shift Enter",
    "main wide",
}
"""The same in every language."""


def unwrapped(source: str) -> list[str]:
    """Return what a template says outside the catalogues: its texts, its attributes, strings in its code."""
    flat, strings = _apart(NOT_SAID.sub("", source))
    flat = re.sub(r"<noscript>.*?</noscript>", "", flat, flags=re.DOTALL)
    texts = TAG.sub("\n\n", BARE.sub(GAP, flat)).split("\n\n")
    attributes = [one or other for one, other in SPOKEN.findall(flat)]
    said = [" ".join(text.replace(GAP, " ").split()) for text in [*texts, *attributes]]
    return [text for text in said if text not in SAME and LETTERS.search(_nameless(text))] + strings


def _nameless(text: str) -> str:
    for name in NAMES:
        text = text.replace(name, "")
    return re.sub(r"&\w+;|https?://\S+|\S+@\S+|[\w-]+=\"[^\"]*\"", "", text)


def _apart(source: str) -> tuple[str, list[str]]:
    """The markup with gaps where its code stands, and the strings of that code that are prose."""
    flat: list[str] = []
    strings: list[str] = []
    for block in _blocks(source):
        if isinstance(block, str):
            flat.append(block)
        else:
            strings += _prose_in(block)
            flat.append(GAP if block[0][1] == "variable_begin" else "")
    return "".join(flat), strings


def _blocks(source: str) -> Iterator[str | list[tuple[int, str, str]]]:
    code: list[tuple[int, str, str]] = []
    for token in Environment(extensions=["jinja2.ext.i18n"], autoescape=True).lex(source):
        match token[1]:
            case "data":
                yield token[2]
            case kind if kind.startswith("comment"):
                pass
            case "variable_end" | "block_end":
                yield code
                code = []
            case "whitespace":
                pass
            case _:
                code.append(token)


def _prose_in(code: list[tuple[int, str, str]]) -> Iterator[str]:
    if len(code) > 1 and code[1][2] in {"from", "import", "extends", "include", "block"}:
        return
    calls: list[str] = []
    for before, (_, kind, value) in zip([(0, "", ""), *code], code, strict=False):
        if value in {"(", "[", "{"}:
            calls.append(before[2] if value == "(" and before[1] == "name" else "")
        elif value in {")", "]", "}"}:
            calls.pop()
        elif kind == "string" and not (calls and calls[-1] in WRAPS):
            text = value[1:-1]
            if PROSE.search(text) and not NO_PROSE.search(text) and text not in SAME | NAMES:
                yield text
