"""The rows that ticketing keeps of people: a contact for each address, an organization for each firm."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, any_, case, func, literal, select
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ticketing.people import Who
from shared.messaging.unit import Unit
from shared.plugins.resources import Firm
from shared.storage.tickets import contacts, organizations


@dataclass(frozen=True)
class Belongs:
    """The contact and the organization of a new ticket."""

    contact: UUID | None
    organization: UUID | None


async def belonging(unit: Unit, who: Who, language: str | None = None) -> Belongs:
    """Return the rows of a person and of where they belong, made or brought up to date. `language`: of their
    mail; the first one stays."""
    firm = await _organization(unit, who.firm, who.firm_by) if who.firm else None
    if not who.address.address:
        return Belongs(None, firm)
    name = (who.person and who.person.name) or who.address.name or (who.employee and who.employee.name) or ""
    row = {
        "id": uuid4(),
        "tenant": unit.tenant,
        "address": who.address.address,
        "name": name,
        "organization": firm,
        "language": language,
        "resource": who.person_by,
        "reference": (who.person.reference or None) if who.person and who.person_by else None,
        "created_at": unit.now,
    }
    made = upsert(contacts).values(row)
    kept = made.on_conflict_do_update(
        index_elements=["tenant", "address"],
        set_={
            "name": _name(made.excluded.name, follows=bool(who.person_by and who.person and who.person.name)),
            "organization": _unless_chosen("organization", made.excluded.organization),
            "language": func.coalesce(contacts.c.language, made.excluded.language),
            "resource": func.coalesce(made.excluded.resource, contacts.c.resource),
            "reference": func.coalesce(made.excluded.reference, contacts.c.reference),
        },
    ).returning(contacts.c.id, contacts.c.organization, contacts.c.chosen)
    contact = (await unit.db.execute(kept)).one()
    return Belongs(contact.id, contact.organization if "organization" in contact.chosen else firm)


# Any: a column of the table, or of the row that came
def _name(told: ColumnElement[Any], *, follows: bool) -> ColumnElement[Any]:
    """A name that a person chose stays; one of an outside resource follows it; else the first one stays."""
    if follows:
        return _unless_chosen("name", told)
    return func.coalesce(func.nullif(contacts.c.name, ""), told)


# Any: as above
def _unless_chosen(field: str, told: ColumnElement[Any]) -> ColumnElement[Any]:
    kept = contacts.c[field]
    return case((literal(field) == any_(contacts.c.chosen), kept), else_=func.coalesce(told, kept))


async def _organization(unit: Unit, firm: Firm, resource: str | None) -> UUID | None:
    """Return our row of a firm. One that an outside resource told of has a row by that resource and its key
    there, under the name that was told last."""
    known = select(organizations.c.id).where(
        organizations.c.tenant == unit.tenant, organizations.c.id == firm.id
    )
    if resource is None:
        ours: UUID | None = (await unit.db.execute(known)).scalar_one_or_none()
        return ours
    key = {"tenant": unit.tenant, "resource": resource, "reference": firm.reference or firm.name}
    same = and_(*(organizations.c[name] == value for name, value in key.items()))
    there = select(organizations.c.id).where(same, organizations.c.name == firm.name)
    # as a rule it is: then nothing is written, and no mail waits for another of the same firm
    if (known_as := (await unit.db.execute(there)).scalar_one_or_none()) is not None:
        return UUID(str(known_as))
    row = {"id": uuid4(), "name": firm.name, "created_at": unit.now, **key}
    made = upsert(organizations).values(row)
    kept = made.on_conflict_do_update(
        index_elements=["tenant", "resource", "reference"], set_={"name": made.excluded.name}
    ).returning(organizations.c.id)
    organization: UUID = (await unit.db.execute(kept)).scalar_one()
    return organization
