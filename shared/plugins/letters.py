"""The words of a mail from its templates: subject, text and HTML, the same for a preview and for the mail."""

from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue

from shared.plugins.markup import safe_html, text_of_html
from shared.plugins.templates import Form, TemplateError, render_template


@dataclass(frozen=True)
class Letter:
    """Words as they leave."""

    subject: str
    text: str
    html: str | None = None


def letter_of(subject: str, text: str, html: str | None, facts: Mapping[str, JsonValue]) -> Letter:
    """Fill the templates. Facts are escaped in the HTML, and what it must not have is taken out; without a
    text, that is made from the HTML.

    Raises:
        TemplateError: with the template that is wrong, its line, and the fact it names.
    """
    line = " ".join(_filled("subject", subject, facts).split())
    page = safe_html(_filled("html", html, facts, "html")) if html else None
    if text.strip() or page is None:
        return Letter(line, _filled("text", text, facts), page)
    return Letter(line, text_of_html(page), page)


def _filled(name: str, template: str, facts: Mapping[str, JsonValue], form: Form = "text") -> str:
    try:
        return render_template(template, facts, form)
    except TemplateError as error:
        raise TemplateError(f"{name}: {error}") from error
