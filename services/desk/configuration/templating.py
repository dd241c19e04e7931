"""What templates may name, checked against what a tenant has when one is saved."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.options import TOGETHER
from shared.contracts.tickets import Kind, TicketSnapshot
from shared.contracts.triggers import TriggerType
from shared.plugins.signatures import signature_of, signer_facts
from shared.plugins.templates import TemplateError, check_facts, ticket_facts
from shared.storage.defined import custom_fields_of

_NOBODY = TicketSnapshot(
    id=UUID(int=0),
    number=1,
    version=1,
    subject="",
    status="",
    priority="",
    kind=Kind.EXTERNAL,
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)
TEMPLATE_FACTS: dict[str, Any] = ticket_facts(_NOBODY)  # Any: nested JSON
"""What every template may name."""
EVENT_FACTS: dict[TriggerType, dict[str, JsonValue]] = {
    TriggerType.TICKET_FIELD_CHANGE: {"changes": []},
    TriggerType.NEW_TICKET_CREATED: {},
    TriggerType.CLOSE_TICKET: {"status_before": ""},
    TriggerType.CLOSE_TICKET_REMINDER: {"closes_at": ""},
}
"""What the events of a type add."""
SIGNER_FACTS: dict[str, JsonValue] = signer_facts(None, "")
"""What a signature may name too."""


def facts_with(keys: Iterable[str]) -> dict[str, JsonValue]:
    """Return what every template may name where these custom fields are."""
    return TEMPLATE_FACTS | {"ticket": {**TEMPLATE_FACTS["ticket"], "fields": dict.fromkeys(keys, "")}}


def texts_in(params: Mapping[str, JsonValue]) -> Iterator[tuple[str, str]]:
    """Return the templates among the parameters of an action, by name: `body`, or `texts.de.body`."""
    for name, value in params.items():
        if isinstance(value, dict):
            yield from ((f"{name}.{inner}", text) for inner, text in texts_in(value))
        elif isinstance(value, str) and ("{{" in value or "{%" in value):
            yield name, value


async def wrong_signatures(db: AsyncConnection, tenant: str, wanted: Mapping[str, object]) -> dict[str, str]:
    """Say which of the signatures that are to be set cannot be used, and why."""
    given = {name: text for name in TOGETHER if isinstance(text := wanted.get(name), str) and text}
    facts = facts_with(await custom_fields_of(db, tenant)) | SIGNER_FACTS if given else {}
    wrong = {}
    for name, text in given.items():
        try:
            check_facts(text, facts)
            signature_of(*(("", text) if name == "signature_html" else (text, "")), facts)
        except TemplateError as error:
            wrong[name] = f"{str(error)[:1].upper()}{str(error)[1:]}."
    return wrong
