"""Set options of a tenant or a department: checked as a whole, only what differs is written, each change kept
with who made it."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from pydantic import JsonValue, ValidationError
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.departments import OTHERS
from services.desk.configuration.remembering import Made, remember
from services.desk.configuration.templating import wrong_signatures
from services.desk.languages import gettext
from services.desk.wording.plain import sentence
from services.desk.wording.problems import plainly
from shared.contracts.options import PER_DEPARTMENT, Options, lines_of
from shared.storage.config import department_options, departments, options
from shared.storage.options import Values, overrides_of, values_of

RULES_OF = "reminder_before_ticket_close_days"
"""Where an error about two options together is shown."""
OF_DEPARTMENTS, OF_LINES = "outgoing_mails_per_department", "filter_regexes"
ORDINARY = ("Hi", "Yes", "Dank u")
"""Lines of mails that share no letter: what fits all of them fits no particular line."""
DEFAULTS: dict[str, JsonValue] = Options().model_dump(mode="json")


@dataclass(frozen=True)
class Saved:
    """The names of what was changed; none when everything was so already."""

    changed: tuple[str, ...]


@dataclass(frozen=True)
class Wrong:
    """What is not valid, by option. Nothing was saved."""

    errors: dict[str, str]

    def __str__(self) -> str:
        return "; ".join(f"{name}: {what}" for name, what in self.errors.items())


async def set_options(
    db: AsyncConnection,
    tenant: str,
    wanted: Mapping[str, object],
    *,
    by: str,
    at: datetime,
    department: UUID | None = None,
) -> Saved | Wrong:
    """Set the named options; the others stay. None puts one back: to its default, or for a department to what
    its tenant has set."""
    # two who set options that are valid alone and not together must not pass each other
    await db.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(f"options/{tenant}", 0))))
    if department is None:
        return await _set_for_tenant(db, tenant, wanted, Made(by, at))
    return await _set_for_department(db, tenant, wanted, Made(by, at), department)


async def _set_for_tenant(
    db: AsyncConnection, tenant: str, wanted: Mapping[str, object], made: Made
) -> Saved | Wrong:
    values = await values_of(db, tenant)
    given = {name: DEFAULTS.get(name) if value is None else value for name, value in wanted.items()}
    checked = await _checked(db, tenant, {**values, **given}, wanted)
    if isinstance(checked, Wrong):
        return checked
    now, was = as_json(checked), as_json(Options.model_validate(values))
    for department, own in (await overrides_of(db, tenant)).items():
        together = check({**now, **own})
        if isinstance(together, Wrong):
            name = await _name_of(db, department)
            return Wrong(
                {
                    field: gettext("In the department %(name)s: %(what)s", name=name, what=what)
                    for field, what in together.errors.items()
                }
            )
    changed = tuple(name for name in wanted if now[name] != was[name])
    for name in changed:
        await _write(db, tenant, name, now[name], made)
        await remember(db, tenant, made, name, old=was[name], new=now[name])
    return Saved(changed)


async def _set_for_department(
    db: AsyncConnection, tenant: str, wanted: Mapping[str, object], made: Made, department: UUID
) -> Saved | Wrong:
    if foreign := [name for name in wanted if name in Options.model_fields and name not in PER_DEPARTMENT]:
        return Wrong(
            dict.fromkeys(foreign, gettext("This is set for the whole tenant, not for a department."))
        )
    own = (await overrides_of(db, tenant)).get(department, {})
    kept = {name: value for name, value in {**own, **wanted}.items() if value is not None}
    if unknown := [name for name in wanted if name not in Options.model_fields]:
        return Wrong(dict.fromkeys(unknown, gettext("There is no option of this name.")))
    checked = await _checked(db, tenant, {**await values_of(db, tenant), **kept}, wanted)
    if isinstance(checked, Wrong):
        return checked
    now = {name: value for name, value in as_json(checked).items() if name in kept}
    changed = tuple(name for name in wanted if now.get(name) != own.get(name))
    for name in changed:
        await _write_own(db, tenant, department, name, now.get(name), made)
        old, new = own.get(name), now.get(name)
        await remember(db, tenant, made, name, old=old, new=new, department=department)
    return Saved(changed)


async def _checked(
    db: AsyncConnection, tenant: str, values: Mapping[str, object], wanted: Mapping[str, object]
) -> Options | Wrong:
    """Check options as a whole, and in what is wanted the facts that signatures name."""
    checked, wrong = check(values), await wrong_signatures(db, tenant, wanted)
    wrong |= await _wrong_departments(db, tenant, wanted) | _too_wide(wanted)
    if not wrong:
        return checked
    return Wrong(wrong if isinstance(checked, Options) else checked.errors | wrong)


async def _wrong_departments(
    db: AsyncConnection, tenant: str, wanted: Mapping[str, object]
) -> dict[str, str]:
    """Refuse departments that are not there; what stands there already may stay."""
    given = wanted.get(OF_DEPARTMENTS)
    kept = (await values_of(db, tenant)).get(OF_DEPARTMENTS, DEFAULTS[OF_DEPARTMENTS])
    keys = await db.scalars(select(departments.c.key).where(departments.c.tenant == tenant))
    known = [OTHERS, *sorted(keys)]
    fresh = set(given) - set(kept) if isinstance(given, dict) and isinstance(kept, dict) else set()
    if not (unknown := sorted(fresh - set(known))):
        return {}
    why = gettext(
        "There is no department %(key)s; there are %(known)s.", key=unknown[0], known=", ".join(known)
    )
    return {OF_DEPARTMENTS: why}


def _too_wide(wanted: Mapping[str, object]) -> dict[str, str]:
    """Refuse an expression that ordinary lines fit: from the first of them on, all would be quoted."""
    listed = lines_of(wanted.get(OF_LINES) or ())
    for pattern in listed if isinstance(listed, list | tuple) else ():
        try:
            fits = re.compile(str(pattern), re.IGNORECASE)
        except (re.error, OverflowError, RecursionError):
            continue  # refused by its model
        if fits.search("") or all(map(fits.search, ORDINARY)):
            return {
                OF_LINES: gettext(
                    "%(pattern)s fits nearly every line, so whole mails would be quotes. Name words of the "
                    "line at which a quote begins.",
                    pattern=pattern,
                )
            }
    return {}


def check(values: Mapping[str, object]) -> Options | Wrong:
    """Check options as a whole, with an error for each that is not valid."""
    try:
        return Options.model_validate(dict(values))
    except ValidationError as error:
        errors: dict[str, str] = {}
        for problem in error.errors(include_url=False):
            name = str(problem["loc"][0]) if problem["loc"] else RULES_OF
            unknown = problem["type"] == "extra_forbidden"
            said = gettext("There is no option of this name.") if unknown else plainly(problem)
            errors.setdefault(name, sentence(said))
        return Wrong(errors)


def as_json(values: Options) -> Values:
    dumped: Values = values.model_dump(mode="json")
    return dumped


async def _name_of(db: AsyncConnection, department: UUID) -> str:
    found = await db.execute(select(departments.c.name).where(departments.c.id == department))
    return str(found.scalar_one_or_none() or department)


async def _write(db: AsyncConnection, tenant: str, name: str, new: JsonValue, made: Made) -> None:
    values = {"value": new, "changed_at": made.at, "changed_by": made.by}
    await db.execute(
        upsert(options)
        .values(tenant=tenant, name=name, **values)
        .on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
    )


async def _write_own(  # noqa: PLR0917 - the columns of a row
    db: AsyncConnection, tenant: str, department: UUID, name: str, new: JsonValue, made: Made
) -> None:
    values = {"value": new, "changed_at": made.at, "changed_by": made.by}
    await db.execute(
        upsert(department_options)
        .values(tenant=tenant, department=department, name=name, **values)
        .on_conflict_do_update(index_elements=["department", "name"], set_=values)
    )
