"""What holds for a mail of any bytes; the fuzzer and the unit tests of its findings ask it."""

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser

from services.parser.cutting import Html, html_lines
from services.parser.lines import joined
from services.parser.parsing import Parsed, Reading, parsed, read
from shared.contracts.documents import Body, Document
from shared.contracts.mail import ParsingPolicy

POLICY = ParsingPolicy(
    mail_forwarding_domains=("partner.example", "branch.example"),
    allowed_mime_types=("image/*", "text/*", "application/pdf", "message/rfc822"),
    max_file_size=50_000,
    own_addresses=("help@helpdesk.example",),
)
_QUOTE_MARKS = re.compile(r"(?m)^[ \t]*(?:>[ \t]?)+")
_SCRIPTS = (
    "script, style, iframe, object, embed, svg, math, form, input, link, meta, base, template, noscript"
)


def broken_by(raw: bytes) -> str | None:
    """The name of the first property that does not hold for this mail. Raises whatever parsing raises."""
    found = read(raw, POLICY)
    return next(_broken(found, parsed(found, POLICY)), None)


def _broken(found: Reading, result: Parsed) -> Iterator[str]:
    document, body = result.document, result.document.body
    if Document.model_validate_json(document.model_dump_json()) != document:
        yield "the document is not what it was when it comes back from JSON"
    if not document.message_id or len(document.fingerprint) != 64:
        yield "the mail cannot be told apart from others"
    if set(result.files) != {file.sha256 for file in document.files if file.sha256 in result.files}:
        yield "a file is kept that the document does not name"
    yield from _parts(found, body)
    yield from _html(f"{body.reply_html or ''}{body.quoted_html or ''}")


def _parts(found: Reading, body: Body) -> Iterator[str]:
    html = found.shown.html
    parts = sorted(words(f"{body.reply_text}\n{body.quoted_text}\n{body.signature_text}"))
    wholes = [
        sorted(words(joined(list(lines)))) for lines in (found.shown.text_lines, html.lines if html else [])
    ]
    if parts not in wholes:
        yield "the parts of the text are not the whole"
    if html is None:
        return
    halves = [html_lines(half or "") for half in (body.reply_html, body.quoted_html)]
    # What is written out grows by its entities, and may become too much for one tag only then.
    if any(half.tamed.simplified for half in halves):
        return
    if sum(map(_letters, halves), Counter()) != _letters(html):
        yield "the parts of the HTML are not the whole"


def _html(html: str) -> Iterator[str]:
    tree = LexborHTMLParser(html)
    if tree.css_first(_SCRIPTS) is not None:
        yield "the HTML holds what may not be shown"
    if any(name.startswith("on") for node in tree.css("*") for name in node.attributes):
        yield "the HTML holds an event handler"
    if tree.css_first("[href^='javascript:' i], [src]:not([src^='cid:' i])") is not None:
        yield "the HTML holds an address that may not be there"


def _letters(html: Html) -> Counter[str]:
    """All that is written in HTML but blanks: what breaks a line by its class alone does so no more when that
    is gone. Which `>` begins a line and is a quote mark depends on where it was cut."""
    return Counter("".join(joined(html.lines).replace(">", " ").split()))


def words(text: str) -> list[str]:
    """The words of a text in order, whatever is around them; quote marks are none."""
    return _QUOTE_MARKS.sub("", text).split()
