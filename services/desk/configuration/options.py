"""Set options: checked as a whole, only what differs is written, each change kept with who made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from pydantic import JsonValue, ValidationError
from sqlalchemy import insert, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.contracts.options import Options
from shared.storage.config import option_history, options

RULES_OF = "reminder_before_ticket_close_days"
"""Where an error about two options together is shown."""


@dataclass(frozen=True)
class Saved:
    """The names of what was changed; none when everything was so already."""

    changed: tuple[str, ...]


@dataclass(frozen=True)
class Wrong:
    """What is not valid, by option. Nothing was saved."""

    errors: dict[str, str]


async def set_options(
    db: AsyncConnection, tenant: str, wanted: Mapping[str, object], *, by: str, at: datetime
) -> Saved | Wrong:
    """Set the named options; the others stay."""
    before = await _locked(db, tenant)
    checked = check({**before, **wanted})
    if isinstance(checked, Wrong):
        return checked
    now = as_json(checked)
    was = as_json(Options.model_validate(before))
    changed = tuple(name for name in wanted if now[name] != was[name])
    for name in changed:
        await _write(db, tenant, name, was[name], now[name], by=by, at=at)
    return Saved(changed)


def check(values: Mapping[str, object]) -> Options | Wrong:
    """Check options as a whole, with an error for each that is not valid."""
    try:
        return Options.model_validate(dict(values))
    except ValidationError as error:
        errors: dict[str, str] = {}
        for problem in error.errors(include_url=False, include_context=False):
            name = str(problem["loc"][0]) if problem["loc"] else RULES_OF
            errors.setdefault(name, _words(str(problem["msg"]), problem["type"]))
        return Wrong(errors)


def as_json(values: Options) -> dict[str, JsonValue]:
    dumped: dict[str, JsonValue] = values.model_dump(mode="json")
    return dumped


def _words(message: str, kind: str) -> str:
    if kind == "extra_forbidden":
        return "There is no option of this name."
    text = message.removeprefix("Value error, ").removeprefix("Input should be ")
    begun = {"greater_than_equal": "Needs to be ", "less_than_equal": "Needs to be ", "enum": "Choose one: "}
    said = begun.get(kind, "Needs to be " if text != message and kind != "value_error" else "") + text
    return said[0].upper() + said[1:] + ("" if said.endswith(".") else ".")


async def _locked(db: AsyncConnection, tenant: str) -> dict[str, Any]:  # Any: JSON, checked by Options
    found = await db.execute(
        select(options.c.name, options.c.value).where(options.c.tenant == tenant).with_for_update()
    )
    return {row.name: row.value for row in found}


async def _write(
    db: AsyncConnection, tenant: str, name: str, old: JsonValue, new: JsonValue, *, by: str, at: datetime
) -> None:
    values = {"value": new, "changed_at": at, "changed_by": by}
    await db.execute(
        upsert(options)
        .values(tenant=tenant, name=name, **values)
        .on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
    )
    await db.execute(
        insert(option_history).values(
            tenant=tenant, name=name, old=old, new=new, changed_at=at, changed_by=by
        )
    )
