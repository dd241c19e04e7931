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

from services.desk import keys
from services.desk.languages import gettext, ngettext
from services.desk.reader import reader
from services.desk.timeline import events
from services.desk.wording import accounts, amounts, makers, plugins, signs, states, times
from services.desk.wording.plain import sentence
from services.desk.wording.reported import reported, reported_inside
from shared.contracts.references import written

STATIC = Path(__file__).parent / "static"
SAID: dict[str, object] = {
    "status_sign": signs.status_sign,
    "priority_sign": signs.priority_sign,
    "link_word": signs.link_word,
    "send_sign": signs.send_sign,
    "verdict_sign": signs.verdict_sign,
    "receipt_word": signs.receipt_word,
    "ledger_reason": signs.ledger_reason,
    "automatic_word": signs.automatic_word,
    "state_word": states.state_word,
    "choice_word": plugins.choice_word,
    "maker": makers.maker,
    "fact_name": accounts.fact_name,
    "fact_value": accounts.fact_value,
    "event_word": events.event_word,
    "event_span": events.event_span,
    "field_word": signs.field_word,
    "initials": signs.initials,
    "ground": signs.ground,
    "waited": times.waited,
    "lateness": times.lateness,
    "ago": times.ago,
    "span_of": times.span_of,
    "counted": amounts.counted,
    "tally": amounts.tally,
    "number": amounts.number,
    "same_subject": signs.same_subject,
    "reference": written,
    "priorities": tuple(signs.PRIORITIES),
}
"""What every template may say."""


@cache
def templates() -> Environment:
    environment = Environment(
        loader=PackageLoader("services.desk"),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    # the extension puts these two there, for whoever reads; newstyle: what is filled in is escaped
    environment.install_gettext_callables(gettext, ngettext, newstyle=True)  # type: ignore[attr-defined]
    environment.globals.update(SAID, reader=reader, static=static_url, all_keys=keys.ALL)
    environment.filters.update(
        size=amounts.size,
        sentence=sentence,
        reported=reported,
        reported_inside=reported_inside,
        begun=begun,
        translated=gettext,
        exact=times.exact,
        in_field=times.in_field,
        shown=times.shown_time,
        pairs=pairs,
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


def static_url(path: str) -> str:
    """The address of a static file, and by it of what it loads itself; other contents are other addresses, so
    it may be kept for ever."""
    return f"/static/{static_version()}/{path}"


@cache
def static_version() -> str:
    """Tell the contents of all static files in one word."""
    digest = hashlib.sha256()
    for file in sorted(path for path in STATIC.rglob("*") if path.is_file()):
        digest.update(f"{file.relative_to(STATIC)} {file.stat().st_size} ".encode() + file.read_bytes())
    return digest.hexdigest()[:12]


def begun(text: str) -> str:
    """Begin with a capital, and leave the rest: German has more of them."""
    return text[:1].upper() + text[1:]


def pairs(choices: Iterable[Any], key: str = "", word: str = "") -> list[tuple[str, str]]:  # Any: as above
    """What a select offers: the value and the word of each, which without names are the same."""
    return [(str(getattr(one, key)), str(getattr(one, word))) if key else (one, one) for one in choices]
