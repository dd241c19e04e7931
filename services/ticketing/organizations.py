"""Organizations, their domains and contacts as people change them; every query on these."""

from collections.abc import Sequence
from uuid import UUID, uuid4

from pydantic import JsonValue
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from services.ticketing.lifecycle import invalid
from shared.contracts.languages import language_tag
from shared.contracts.people import ApplyDomain, ChangeContact, ChangeOrganization, CreateOrganization
from shared.domains import as_kept, why_not
from shared.messaging.unit import Unit
from shared.storage.lists import among
from shared.storage.people import regroupings
from shared.storage.tickets import contacts, organization_domains, organizations

Answer = dict[str, JsonValue]
LONGEST_NAME = 300


async def create(unit: Unit, message: CreateOrganization) -> Answer:
    """Make an organization with its domains, or say why not."""
    called = " ".join(message.called.split())
    if wrong := [*_wrong_name(called), *_wrong_domains(message.domains)]:
        return invalid(*wrong)
    if taken := await _taken(unit, None, message.domains):
        return {"refused": "; ".join(taken)}
    # the command's id: a command that is asked twice names the same
    row = {"id": message.id, "tenant": unit.tenant, "name": called, "created_at": unit.now}
    await unit.db.execute(insert(organizations).values(row))
    await _give(unit, message.id, message.domains)
    return {"ok": True, "organization": str(message.id)}


async def change(unit: Unit, message: ChangeOrganization) -> Answer:
    """Rename an organization and change its domains: all of it, or nothing and why."""
    found = await unit.db.execute(
        select(organizations.c.resource)
        .where(organizations.c.tenant == unit.tenant, organizations.c.id == message.organization)
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        return {"refused": "there is no such organization"}
    called = None if message.called is None else " ".join(message.called.split())
    if wrong := [*(_wrong_name(called) if called is not None else ()), *_wrong_domains(message.add)]:
        return invalid(*wrong)
    refused = await _taken(unit, message.organization, message.add)
    if called is not None and row.resource:
        refused.append(f"its name comes from the resource {row.resource}: change it there")
    if refused:
        return {"refused": "; ".join(refused)}
    if called is not None:
        renamed = update(organizations).where(organizations.c.id == message.organization)
        await unit.db.execute(renamed.values(name=called))
    await _take_away(unit, message.organization, message.remove)
    await _give(unit, message.organization, message.add)
    return {"ok": True}


async def change_contact(unit: Unit, message: ChangeContact) -> Answer:
    """Note what a person chose of a contact; it stays until a person changes it."""
    found = await unit.db.execute(
        select(contacts.c.chosen)
        .where(contacts.c.tenant == unit.tenant, contacts.c.id == message.contact)
        .with_for_update()
    )
    row = found.one_or_none()
    if row is None:
        return {"refused": "there is no such contact"}
    chosen, values = set(row.chosen), dict[str, object]()
    if message.called is not None:
        called = " ".join(message.called.split())
        if wrong := _wrong_name(called):
            return invalid(*wrong)
        values["name"] = called
        chosen.add("name")
    if message.language is not None:
        values["language"] = language_tag(message.language)
        if message.language and values["language"] is None:
            return invalid("this is not a language; write a tag such as de or de-AT")
        chosen = chosen | {"language"} if message.language else chosen - {"language"}
    if message.by_domain:
        chosen.discard("organization")
    elif message.organization is not None:
        if not await _is_there(unit, message.organization):
            return invalid("there is no such organization")
        values["organization"] = message.organization
        chosen.add("organization")
    changed = update(contacts).where(contacts.c.id == message.contact)
    await unit.db.execute(changed.values(**values, chosen=sorted(chosen)))
    return {"ok": True}


async def apply(unit: Unit, message: ApplyDomain) -> Answer:
    """Let a domain be applied to what is there; one that is being applied begins anew."""
    domain = as_kept(message.domain)
    if why := why_not(message.domain):
        return invalid(why)
    begun = {
        "actor": message.actor.model_dump(mode="json"),
        "cause": message.id,
        "contacts": 0,
        "tickets": 0,
        "started_at": unit.now,
        "finished_at": None,
        "due_at": unit.now,
    }
    row = upsert(regroupings).values(id=uuid4(), tenant=unit.tenant, domain=domain, **begun)
    await unit.db.execute(row.on_conflict_do_update(index_elements=["tenant", "domain"], set_=begun))
    unit.wake()
    return {"ok": True}


def _wrong_name(called: str) -> list[str]:
    return [] if 0 < len(called) <= LONGEST_NAME else [f"a name has 1 to {LONGEST_NAME} characters"]


def _wrong_domains(typed: Sequence[str]) -> list[str]:
    return [why for domain in typed if (why := why_not(domain))]


async def _taken(unit: Unit, organization: UUID | None, typed: Sequence[str]) -> list[str]:
    """Say of each domain that it is another organization's. One at a time in a tenant: of two who enter the
    same domain, the second is told."""
    key = func.hashtextextended(f"{unit.tenant}/domains", 0)
    await unit.db.execute(select(func.pg_advisory_xact_lock(key)))
    c = organization_domains.c
    taken = await unit.db.execute(
        select(c.domain, organizations.c.name)
        .join(organizations, organizations.c.id == c.organization)
        .where(c.tenant == unit.tenant, among(c.domain, map(as_kept, typed)))
        .where(c.organization.is_distinct_from(organization))
        .order_by(c.domain)
    )
    return [f"{row.domain} belongs to {row.name}: take it away there first" for row in taken]


async def _give(unit: Unit, organization: UUID, typed: Sequence[str]) -> None:
    domains = sorted({as_kept(domain) for domain in typed})
    rows = [{"tenant": unit.tenant, "domain": one, "organization": organization} for one in domains]
    if rows:
        await unit.db.execute(upsert(organization_domains).on_conflict_do_nothing(), rows)


async def _take_away(unit: Unit, organization: UUID, typed: Sequence[str]) -> None:
    c = organization_domains.c
    named = among(c.domain, map(as_kept, typed))
    own = (c.tenant == unit.tenant, c.organization == organization)
    await unit.db.execute(delete(organization_domains).where(*own, named))


async def _is_there(unit: Unit, organization: UUID) -> bool:
    known = select(organizations.c.id).where(
        organizations.c.tenant == unit.tenant, organizations.c.id == organization
    )
    return (await unit.db.execute(known)).first() is not None
