"""Templates: the environment, what every template may use, and pages with and without the frame."""

import hashlib
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from services.desk import events, words
from shared.contracts.references import written

STATIC = Path(__file__).parent / "static"


@cache
def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        static=static_url,
        status_sign=words.status_sign,
        priority_sign=words.priority_sign,
        link_words=words.LINKS,
        send_sign=words.send_sign,
        verdict_sign=words.verdict_sign,
        receipts=words.RECEIPTS,
        ledger_reasons=words.LEDGER_REASONS,
        automatic_word=words.automatic_word,
        event_word=events.event_word,
        event_span=events.event_span,
        field_word=words.field_word,
        initials=words.initials,
        ground=words.ground,
        waited=words.waited,
        lateness=words.lateness,
        ago=words.ago,
        span_of=words.span_of,
        counted=words.counted,
        tally=words.tally,
        same_subject=words.same_subject,
        reference=written,
        priorities=tuple(words.PRIORITIES),
    )
    environment.filters.update(
        size=words.size, sentence=sentence, exact=exact, shown=words.shown_time, pairs=pairs
    )
    return environment


# Any: what a template is given differs by template; StrictUndefined finds what is missing
def render(name: str, **context: Any) -> str:
    return templates().get_template(name).render(context)


def bare_page(
    request: Request, name: str, status: int = 200, **context: Any
) -> HTMLResponse:  # Any: as above
    """A page without the frame: nobody is signed in, or nothing of theirs may be shown."""
    return HTMLResponse(render(name, path=request.url.path, now=datetime.now(UTC), **context), status)


@cache
def static_url(path: str) -> str:
    """The address of a static file; another content is another address, so it may be kept for ever."""
    digest = hashlib.sha256((STATIC / path).read_bytes()).hexdigest()[:12]
    return f"/static/{path}?v={digest}"


def sentence(text: str) -> str:
    """Begin with a capital and end with a full stop, as our sentences do."""
    text = text.strip()
    if not text:
        return ""
    whole = text[0].upper() + text[1:]
    return whole if whole[-1] in ".!?:" else f"{whole}."


def exact(moment: datetime | None) -> Markup | str:
    """A moment in full, with its zone, for a tooltip."""
    return f"{moment.astimezone(UTC):%a %d %b %Y %H:%M:%S} UTC" if moment else ""


def pairs(choices: Iterable[Any], key: str = "", word: str = "") -> list[tuple[str, str]]:  # Any: as above
    """What a select offers: the value and the word of each, which without names are the same."""
    return [(str(getattr(one, key)), str(getattr(one, word))) if key else (one, one) for one in choices]
