"""The signature below a mail: filled from a template, put in once, never into quoted text. Pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from pydantic import JsonValue
from selectolax.lexbor import LexborHTMLParser, LexborNode

from shared.contracts.mail import Address
from shared.plugins.letters import Letter, letter_of

DASHES = "-- "
"""The line above a signature (RFC 3676); it is how the parser knows one in an answer."""


@dataclass(frozen=True)
class Signature:
    """As it stands below a mail, in both forms."""

    text: str
    html: str


def signer_facts(agent: Address | None, department: str) -> dict[str, JsonValue]:
    """What a signature may name besides the facts of every template; without an agent a trigger writes."""
    name = (agent.name or agent.address) if agent else ""
    return {
        "agent": {"name": name, "address": agent.address if agent else ""},
        "department": {"name": department},
    }


def signature_of(text: str, html: str, facts: Mapping[str, JsonValue]) -> Signature | None:
    """Fill the templates of a signature; each form is made from the other when that is missing. None: there
    is nothing to say.

    Raises:
        TemplateError: with the template that is wrong, its line, and the fact it names.
    """
    if not text and not html:
        return None
    made = letter_of("", text, html or None, facts)
    words = _lines(made.text)
    return Signature(words, made.html or as_html(words)) if words else None


def signed(letter: Letter, signature: Signature) -> Letter:
    """Put a signature below the words, above what they quote at their end; one that is there is enough."""
    own, quoted = _parted(_lines(letter.text))
    if _folded(own).endswith(_folded(signature.text)):
        return letter
    below = f"\n\n{quoted}" if quoted else ""
    text = f"{own}\n\n{DASHES}\n{signature.text}{below}"
    if letter.html is None and signature.html == as_html(signature.text):
        return Letter(letter.subject, text)
    html = letter.html if letter.html is not None else f"<div>{as_html(own)}</div>{_quoted_html(quoted)}"
    return Letter(letter.subject, text, _signed_html(html, signature.html))


def as_html(text: str) -> str:
    """Plain text as HTML that reads the same."""
    return escape(text).replace("\n", "<br>\n")


def _parted(text: str) -> tuple[str, str]:
    """Part words from a quote at their end, and the line that says whom it quotes."""
    lines = text.split("\n")
    at = len(lines)
    while at and (lines[at - 1].startswith(">") or not lines[at - 1].strip()):
        at -= 1
    if not any(line.startswith(">") for line in lines[at:]):
        return text, ""
    if at > 1 and lines[at - 1].rstrip().endswith(":"):
        at -= 1
    return "\n".join(lines[:at]).rstrip(), "\n".join(lines[at:]).strip("\n")


def _signed_html(html: str, signature: str) -> str:
    block = f"<div>{DASHES}<br>\n{signature}</div>"
    body = LexborHTMLParser(html).body
    last = body.last_child if body is not None else None
    while last is not None and last.tag == "-text" and not (last.text_content or "").strip():
        last = last.prev
    if body is None or last is None or last.tag != "blockquote":
        return f"{html}\n{block}"
    made = LexborHTMLParser(block).body
    assert made is not None
    assert isinstance(made.child, LexborNode)
    last.insert_before(made.child)
    return body.inner_html or ""


def _quoted_html(text: str) -> str:
    return f"<blockquote>{as_html(text)}</blockquote>" if text else ""


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n").rstrip()


def _folded(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()
