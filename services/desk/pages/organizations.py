"""Organizations: their names and domains, and a domain applied to the tickets that are there."""

import re
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from starlette.datastructures import FormData

from services.desk.asking.commands import Done, ask
from services.desk.desk import Desk, TheDesk
from services.desk.errors import NotHere
from services.desk.forms import meanwhile
from services.desk.forms.fields import key_of, text_of
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.pages.showing import back, outcome, show
from services.desk.queries.organizations import organization_of, organizations_page, preview_of
from services.desk.signin.auth import Admin, Form, SignedIn
from shared.contracts.people import ApplyDomain, ChangeOrganization, CreateOrganization
from shared.domains import as_kept, why_not

router = APIRouter(prefix="/organizations", include_in_schema=False)

SHOWN = 200


@router.get("")
async def organizations_room(desk: TheDesk, signed: Admin, find: str = "", said: str = "") -> Response:
    return await _list(desk, signed, find=find, said=said)


@router.post("")
async def create(desk: TheDesk, signed: Admin, form: Form) -> Response:
    command = CreateOrganization(
        id=key_of(form),
        tenant=signed.tenant,
        called=text_of(form, "name"),
        domains=_domains(form),
        actor=actor_of(signed.user),
    )
    answer = await ask(desk, command)
    said, wrong = outcome(answer, "organized")
    if wrong:
        return await _list(desk, signed, wrong=wrong, filled=form)
    at = f"/{answer.facts['organization']}" if isinstance(answer, Done) else ""
    return back(f"/organizations{at}", said)


@router.get("/{organization}")
async def organization_page(
    desk: TheDesk, signed: Admin, organization: UUID, domain: str = "", said: str = ""
) -> Response:
    return await _one(desk, signed, organization, domain=domain, said=said)


@router.post("/{organization}")
async def change(desk: TheDesk, signed: Admin, organization: UUID, form: Form) -> Response:
    """Rename it, add the domains that were typed, or take the one away whose button was pressed."""
    called = text_of(form, "name") if "name" in form else None
    async with desk.reading(signed.user) as reading:
        found = await organization_of(reading, organization)
    if called is not None and found is not None:
        kept = meanwhile.together({"name": called}, text_of(form, meanwhile.FIELD), {"name": found.name})
        if kept.both:
            return await _one(desk, signed, organization, form=FormData(name=called), both=kept.both)
        called = kept.values["name"]
    command = ChangeOrganization(
        id=key_of(form),
        tenant=signed.tenant,
        organization=organization,
        called=called,
        add=_domains(form),
        remove=(text_of(form, "remove"),) if "remove" in form else (),
        actor=actor_of(signed.user),
    )
    said, wrong = outcome(await ask(desk, command), "organized")
    if wrong:
        return await _one(desk, signed, organization, wrong=wrong, form=form)
    return back(f"/organizations/{organization}", said)


@router.post("/{organization}/apply")
async def apply(desk: TheDesk, signed: Admin, organization: UUID, form: Form) -> Response:
    domain = text_of(form, "domain")
    command = ApplyDomain(id=key_of(form), tenant=signed.tenant, domain=domain, actor=actor_of(signed.user))
    said, wrong = outcome(await ask(desk, command), "applying")
    if wrong:
        return await _one(desk, signed, organization, wrong=wrong)
    return back(f"/organizations/{organization}?domain={as_kept(domain)}", said)


def _domains(form: FormData) -> tuple[str, ...]:
    """Return what was typed, parted by spaces, lines, commas or semicolons."""
    return tuple(filter(None, re.split(r"[\s,;]+", text_of(form, "domains"))))


async def _list(
    desk: Desk,
    signed: SignedIn,
    *,
    find: str = "",
    said: str = "",
    wrong: str = "",
    filled: FormData | None = None,
) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "organizations.html",
            status=409 if wrong else 200,
            said=said,
            wrong=wrong,
            rows=await organizations_page(reading, find.strip(), None, SHOWN),
            most=SHOWN,
            find=find,
            filled={name: text_of(filled, name) if filled else "" for name in ("name", "domains")},
            place="organizations",
        )


async def _one(
    desk: Desk,
    signed: SignedIn,
    organization: UUID,
    *,
    domain: str = "",
    said: str = "",
    wrong: str = "",
    form: FormData | None = None,
    both: tuple[str, ...] = (),
) -> Response:
    async with desk.reading(signed.user) as reading:
        found = await organization_of(reading, organization)
        if found is None:
            raise NotHere(gettext("There is no such organization."))
        given = form or FormData()
        shown = domain and not why_not(domain)
        return await show(
            desk,
            reading,
            signed,
            "organization.html",
            status=409 if wrong or both else 200,
            said=said,
            wrong=wrong,
            meanwhile=meanwhile.in_words(both, {"name": gettext("Name")}, {"name": found.name}),
            as_shown=text_of(given, meanwhile.FIELD) or meanwhile.marks({"name": found.name}),
            called=text_of(given, "name") or found.name,
            one=found,
            preview=await preview_of(reading, as_kept(domain)) if shown else None,
            place="organizations",
        )
