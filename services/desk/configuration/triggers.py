"""Add, change and archive triggers; their action's parameters are checked by the action's own model."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any
from uuid import UUID, uuid4

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.asked import check_asked
from services.desk.configuration.places import Place
from services.desk.configuration.remembering import Made, remember
from services.desk.configuration.templating import EVENT_FACTS, facts_with, texts_in
from services.desk.configuration.waiting import check_when
from shared import matching
from shared.contracts.errors import Permanent
from shared.contracts.triggers import Conditions, When, facts_asked, patterns_in
from shared.plugins.actions import NamesAssignee
from shared.plugins.loading import plugin
from shared.plugins.templates import TemplateError, check_facts
from shared.storage.assignable import why_not_given
from shared.storage.config import triggers
from shared.storage.defined import custom_fields_of

LONGEST_NAME = 200
"""Characters; asked when one is saved, so that an older one can still be read."""

BETWEEN = 10
"""Between the places of two triggers when they are put in order: one by the API may stand between."""


class TriggerSettings(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    name: Annotated[str, Field(min_length=1)]
    when: When
    conditions: Conditions | None = None
    action: str
    params: dict[str, JsonValue] = Field(default_factory=dict)
    enabled: bool = True
    shadow: bool = Field(default=False, description="What it would do is written down and not done.")
    stops: bool = Field(default=False, description="When it fires, those behind it are not asked.")
    position: Place = 0


def checked_params(wanted: TriggerSettings) -> dict[str, JsonValue]:
    """Check the action's parameters.

    Raises:
        Permanent: nothing is installed under the action's name.
        ValidationError: its model refuses them.
    """
    model: type[BaseModel] = plugin("postroom.actions", wanted.action).params
    params: dict[str, JsonValue] = model.model_validate(wanted.params).model_dump(mode="json")
    return params


async def add_trigger(db: AsyncConnection, tenant: str, wanted: TriggerSettings, made: Made) -> UUID:
    """Add a trigger.

    Raises:
        Permanent: as `checked_params`, or it names a custom field that is not there.
        ValidationError: as `checked_params`.
    """
    values = values_of(wanted)
    await names_exist(db, tenant, wanted)
    trigger = uuid4()
    facts = {"id": trigger, "tenant": tenant, "created_at": made.at}
    await db.execute(insert(triggers).values(**facts, **values))
    await remember(db, tenant, made, f"triggers.{trigger}", old=None, new=_told(wanted))
    return trigger


async def change_trigger(
    db: AsyncConnection, tenant: str, trigger: UUID, wanted: TriggerSettings, made: Made
) -> bool:
    """Change a trigger; False when it is not there. Raises what `add_trigger` raises."""
    mine = (triggers.c.tenant == tenant, triggers.c.id == trigger, triggers.c.archived_at.is_(None))
    row = (await db.execute(select(triggers).where(*mine).with_for_update())).mappings().one_or_none()
    if row is None:
        return False
    values = values_of(wanted)
    await names_exist(db, tenant, wanted)
    await db.execute(update(triggers).where(*mine).values(values))
    await remember(db, tenant, made, f"triggers.{trigger}", old=_told_as_kept(row), new=_told(wanted))
    return True


async def order_triggers(db: AsyncConnection, tenant: str, order: Sequence[UUID], made: Made) -> bool:
    """Have all triggers asked in this order; False when these are not all that there are."""
    mine = (triggers.c.tenant == tenant, triggers.c.archived_at.is_(None))
    found = await db.execute(select(triggers).where(*mine).with_for_update())
    rows = {row["id"]: row for row in found.mappings()}
    if len(order) != len(rows) or set(order) != set(rows):
        return False
    for place, trigger in enumerate(order):
        row, position = rows[trigger], (place + 1) * BETWEEN
        if position != row["position"]:
            await db.execute(
                update(triggers).where(triggers.c.id == trigger, *mine).values(position=position)
            )
            old = _told_as_kept(row)
            await remember(
                db, tenant, made, f"triggers.{trigger}", old=old, new={**old, "position": position}
            )
    return True


async def archive_trigger(db: AsyncConnection, tenant: str, trigger: UUID, made: Made) -> bool:
    """Let a trigger hear nothing more; what it did stays."""
    done = await db.execute(
        update(triggers)
        .where(triggers.c.tenant == tenant, triggers.c.id == trigger, triggers.c.archived_at.is_(None))
        .values(archived_at=made.at)
        .returning(triggers)
    )
    row = done.mappings().one_or_none()
    if row is not None:
        old = _told_as_kept(row)
        await remember(db, tenant, made, f"triggers.{trigger}", old=old, new={**old, "archived": True})
    return row is not None


# Any: the columns of the table
def settings_of(row: Mapping[Any, Any]) -> TriggerSettings:
    """Read a trigger as it was saved; its action need not be installed any more.

    Raises:
        ValidationError: it is not valid any more: another version saved it.
    """
    facts = {name: row[name] for name in TriggerSettings.model_fields}
    return TriggerSettings.model_validate(facts | {"when": {"type": row["type"], **row["when"]}})


def values_of(wanted: TriggerSettings) -> dict[str, JsonValue]:
    """Return a trigger as its row has it. Raises what `checked_params` raises, and Permanent for a name
    without end and a regular expression that is none."""
    if len(wanted.name) > LONGEST_NAME:
        raise Permanent(f"the name has more than {LONGEST_NAME} characters", code="trigger")
    try:
        for pattern in sorted(patterns_in(wanted.conditions) if wanted.conditions else ()):
            matching.check(pattern)
    except matching.BadPattern as error:
        raise Permanent(str(error), code="trigger") from error
    values: dict[str, JsonValue] = wanted.model_dump(mode="json", exclude={"when": {"type"}})
    return values | {"type": wanted.when.type.value, "params": checked_params(wanted)}


async def names_exist(db: AsyncConnection, tenant: str, wanted: TriggerSettings) -> None:
    """Refuse what waits for, asks or names what is not there.

    Raises:
        Permanent: with what is missing, and what is there.
    """
    known = await custom_fields_of(db, tenant)
    await check_when(db, tenant, wanted.when, known)
    asked = facts_asked(wanted.conditions) if wanted.conditions else set()
    missing = {fact for fact in asked if fact.startswith("fields.")} - {f"fields.{key}" for key in known}
    if missing:
        raise Permanent(
            f"there is no custom field {min(missing).removeprefix('fields.')!r} that a condition could ask; "
            f"there are: {', '.join(known) or 'none'}",
            code="trigger",
        )
    if wanted.conditions:
        await check_asked(db, tenant, wanted.conditions)
    await _assignee_is_given(db, tenant, wanted)
    facts = facts_with(known) | EVENT_FACTS[wanted.when.type]
    for name, text in texts_in(wanted.params):
        try:
            check_facts(text, facts)
        except TemplateError as error:
            raise Permanent(f"{name}: {error}", code="trigger") from error


async def _assignee_is_given(db: AsyncConnection, tenant: str, wanted: TriggerSettings) -> None:
    action = plugin("postroom.actions", wanted.action)
    if isinstance(action, NamesAssignee):
        named = action.assignee_of(action.params.model_validate(wanted.params))
        if named and (why := await why_not_given(db, tenant, named)):
            raise Permanent(why, code="trigger")


def _told(wanted: TriggerSettings) -> dict[str, JsonValue]:
    return {**wanted.model_dump(mode="json"), "archived": False}


# Any: the columns of the table
def _told_as_kept(row: Mapping[Any, Any]) -> dict[str, JsonValue]:
    try:
        return _told(settings_of(row))
    except ValidationError:
        return {"name": row["name"], "action": row["action"], "position": row["position"], "archived": False}
