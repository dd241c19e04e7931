"""What a trigger waits for, checked against the fields and statuses that a tenant has when it is saved."""

from collections.abc import Mapping
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.wording.signs import FIELDS, PRIORITIES
from shared.contracts.custom_fields import PREFIX, CustomField, FieldType, Unfit, fitting
from shared.contracts.errors import Permanent
from shared.contracts.statuses import BUILT_IN, MERGED
from shared.contracts.tickets import Kind
from shared.contracts.triggers import FieldChanged, NewTicket, When
from shared.storage.config import statuses

BY_ID = ("assignee", "contact", "department", "mailbox", "organization")
"""Fields whose value is an id."""


async def check_when(db: AsyncConnection, tenant: str, when: When, known: Mapping[str, CustomField]) -> None:
    """Refuse to wait for what cannot happen. `known`: the custom fields of the tenant.

    Raises:
        Permanent: with the field or value that is not there, and what is.
    """
    if isinstance(when, NewTicket):
        return
    if not isinstance(when, FieldChanged):
        if when.status is not None:
            _refuse("status", await wrong_value(db, tenant, "status", when.status))
        return
    values = {name: value for name in ("old", "new") if (value := getattr(when, name)) is not None}
    if when.field is None:
        _refuse("field", f"{' and '.join(values)} belong to a field: name it" if values else None)
    elif when.field.startswith(PREFIX):
        field = _custom_field(when.field.removeprefix(PREFIX), known)
        for name, value in values.items():
            _refuse(name, _unfit(field, value))
    elif when.field not in FIELDS:
        there = ", ".join(sorted(FIELDS))
        _refuse("field", f"a ticket has no {when.field!r}; it has {there}, and {PREFIX}KEY of custom fields")
    else:
        for name, value in values.items():
            _refuse(name, await wrong_value(db, tenant, when.field, value))


def _refuse(name: str, why: str | None) -> None:
    if why is not None:
        raise Permanent(f"when.{name}: {why}", code="trigger")


async def wrong_value(db: AsyncConnection, tenant: str, field: str, value: JsonValue) -> str | None:
    """Say what is wrong with a value of a built-in field, if anything."""
    match field:
        case "status":
            own = await db.scalars(select(statuses.c.key).where(statuses.c.tenant == tenant))
            return _not_among([*BUILT_IN, MERGED, *own], value)
        case "priority":
            return _not_among([*PRIORITIES], value)
        case "kind":
            return _not_among([*Kind], value)
        case "merged_into":
            return None if isinstance(value, int) else "it is the number of a ticket"
        case _ if field in BY_ID:
            return None if _is_id(value) else f"{field} is named by an id"
        case _:
            return f"of {field} it can only be asked whether it changed"


def _not_among(there: list[str], value: JsonValue) -> str | None:
    return None if value in there else f"there is no {value!r}; there are {', '.join(there)}"


def _is_id(value: JsonValue) -> bool:
    try:
        return bool(UUID(str(value)))
    except ValueError:
        return False


def _custom_field(key: str, known: Mapping[str, CustomField]) -> CustomField:
    if key not in known:
        there = ", ".join(known) or "none"
        raise Permanent(f"when.field: there is no custom field {key!r}; there are: {there}", code="trigger")
    return known[key]


def _unfit(field: CustomField, value: JsonValue) -> str | None:
    if field.type is FieldType.MULTI:
        return f"of {field.name} it can only be asked whether it changed"
    fits = fitting(field, value)
    return fits.why if isinstance(fits, Unfit) else None
