"""The words of a mail: which parts are text, what they say, and their split into reply and quote."""

import html as markup
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import dropwhile

from services.parser.charsets import charset_in_html, decode_text
from services.parser.cutting import Html, html_lines, inner_html
from services.parser.flowed import unflowed
from services.parser.lines import Line, joined, text_lines, unified
from services.parser.mime import Part
from services.parser.protection import without_armor
from services.parser.quotes import Split, signed_as, split_lines
from services.parser.sanitising import sanitised
from services.parser.vocabulary import Vocabulary
from shared.contracts.documents import Body, Note

MAX_TEXT_PARTS = 50
"""Text parts that are shown; more are files."""

# What some programs call plain text.
_WHOLE_HTML = re.compile(rb"\s{0,50}(?:<!doctype html[^>]{0,200}>\s{0,50})?<html[\s>]", re.IGNORECASE)
# A text alternative this much shorter than the HTML is a stub such as "your client cannot show this".
_STUB_SHARE = 8
_STUB_CHARACTERS = 200


@dataclass(frozen=True)
class Form:
    """One stretch of a mail's words, as text, as HTML, or as both."""

    texts: tuple[Part, ...] = ()
    htmls: tuple[Part, ...] = ()


@dataclass(frozen=True)
class Words:
    """A mail's words as sent; `text` is None when some of them exist as HTML only."""

    text: str | None
    html: Html | None
    notes: tuple[Note, ...] = ()
    clear_signed: bool = False
    """They stood in the armor of a PGP signature, which is taken off."""

    @property
    def whole(self) -> str:
        return self.text if self.text is not None else joined(self.text_lines)

    @property
    def text_lines(self) -> list[Line]:
        if self.text is not None:
            return text_lines(self.text)
        if self.html is None:
            return []
        rest = self.html.tamed.rest
        return [*self.html.lines, *(text_lines(unified(rest)) if rest.strip() else ())]


def forms_of(root: Part) -> tuple[Form, ...]:
    """The stretches of text in order; every leaf that is in none of them is a file."""
    forms = tuple(_forms(root))[:MAX_TEXT_PARTS]
    if not forms:
        first = next((p for p in root.leaves() if _is_shown(p) and p.disposition.value != "attachment"), None)
        forms = (_form(first),) if first is not None else ()
    return forms


def read_words(forms: Sequence[Form]) -> Words:
    notes: dict[str, Note] = {}
    texts = ["\n".join(_read(part, notes) for part in form.texts) if form.texts else None for form in forms]
    text = "\n".join(one for one in texts if one is not None) if None not in texts else None
    html = None
    if any(form.htmls for form in forms):
        pieces = [_html(form, text_of, notes) for form, text_of in zip(forms, texts, strict=True)]
        several = len(pieces) > 1 or any(len(form.htmls) > 1 for form in forms)
        html = html_lines("".join(inner_html(piece) for piece in pieces) if several else pieces[0])
        if html.tamed.rest:
            notes["html_cut"] = Note(code="html_cut", detail="the end of very long HTML is shown as text")
        if html.tamed.simplified:
            notes["html_simplified"] = Note(code="html_simplified")
    if text is not None and html is not None and _is_stub(text, html):
        text = None
    clear_signed = bool(notes.pop("clear_signed", None))
    return Words(text, html, tuple(notes.values()), clear_signed)


def body_of(words: Words, vocabulary: Vocabulary, *, forward: bool = False) -> Body:
    """The words split; each form by itself, and the text follows the HTML where only that shows a quote."""
    lines = words.text_lines
    html = words.html
    if html is None:
        return _text_body(lines, split_lines(lines, vocabulary, forward=forward))
    html_split = split_lines(html.lines, vocabulary, forward=forward)
    if words.text is None and not html.tamed.rest:
        split = html_split
    else:
        split = split_lines(lines, vocabulary, forward=forward)
    if html_split.quoted and words.text is not None and not split.quoted:
        lines, split = html.lines, html_split
    if not split.signature and html_split.signed.rule == "container":
        split = signed_as(split, lines, html_split, html.lines)
    cuts = bool(html_split.quoted) and html.can_cut(html_split.quoted)
    uncut = range(0)
    body = _text_body(lines, split)
    ruling = html_split if cuts else split
    return body.model_copy(
        update={
            "reply_html": sanitised(html.except_for(html_split.quoted if cuts else uncut)),
            "quoted_html": sanitised(html.only(html_split.quoted)) if cuts else None,
            "signature_images": tuple(html.images(html_split.signature)),
            "remote_images": html.remote_images,
            "rule": ruling.rule,
            "confidence": ruling.confidence,
        }
    )


def _text_body(lines: Sequence[Line], split: Split) -> Body:
    reply = [line for part in split.reply for line in lines[part.start : part.stop]]
    quoted = list(lines[split.quoted.start : split.quoted.stop])
    signature = list(lines[split.signature.start : split.signature.stop])
    return Body(
        reply_text=_without_blank_edges(reply),
        quoted_text=_without_blank_edges(quoted),
        signature_text=_without_blank_edges(signature),
        rule=split.rule,
        confidence=split.confidence,
    )


def _without_blank_edges(lines: Sequence[Line]) -> str:
    """The text from its first line that says something to its last."""
    return joined(list(dropwhile(lambda line: not line.words, lines))).rstrip()


def _forms(part: Part) -> list[Form]:
    if not part.children:
        return [_form(part)] if _is_shown(part) and not _is_named_file(part) else []
    forms = [form for child in part.children for form in _forms(child)]
    if part.media_type != "multipart/alternative" or not forms:
        return forms
    htmls = tuple(html for form in forms for html in form.htmls)
    texts = tuple(text for form in forms for text in form.texts)
    return [Form(texts, htmls)]


def _form(part: Part) -> Form:
    is_html = part.media_type == "text/html" or _WHOLE_HTML.match(part.content) is not None
    return Form(htmls=(part,)) if is_html else Form(texts=(part,))


def _is_shown(part: Part) -> bool:
    return not part.children and part.media_type in ("text/plain", "text/html")


def _is_named_file(part: Part) -> bool:
    named = part.disposition.get("filename") or part.content_type.get("name")
    return part.disposition.value == "attachment" or bool(named)


def _read(part: Part, notes: dict[str, Note]) -> str:
    label = part.content_type.get("charset")
    if not label and part.media_type == "text/html":
        label = charset_in_html(part.content)
    decoded = decode_text(part.content, label)
    if decoded.note:
        notes.setdefault("charset", Note(code="charset", detail=decoded.note))
    text, was_signed = without_armor(unified(decoded.text))
    if part.media_type == "text/plain" and part.content_type.get("format").lower() == "flowed":
        text = unflowed(text, delete_space=part.content_type.get("delsp").lower() == "yes")
    if was_signed:
        notes["clear_signed"] = Note(code="clear_signed")
    return text


def _html(form: Form, text: str | None, notes: dict[str, Note]) -> str:
    if form.htmls:
        return "\n".join(_read(part, notes) for part in form.htmls)
    return f'<div style="white-space:pre-wrap">{markup.escape(text or "")}</div>'


def _is_stub(text: str, html: Html) -> bool:
    filled = len(text.strip())
    shown = sum(len(line.text) for line in html.lines)
    return not filled or (filled < _STUB_CHARACTERS and filled * _STUB_SHARE < shown)
