"""Signatures that are set, and one of them filled with a ticket, as it stands below a reply."""

from dataclasses import dataclass
from uuid import UUID

from services.desk.errors import Invalid, NotHere
from services.desk.languages import gettext
from services.desk.queries.departments import department_rows
from services.desk.queries.people import User
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import full_ticket, snapshot
from shared.plugins.signatures import Signature, signature_of, signer_facts
from shared.plugins.templates import TemplateError, ticket_facts
from shared.storage.options import options_of
from shared.storage.signing import signing_of


@dataclass(frozen=True)
class Kept:
    """A signature as it is set. One of a department may be empty: it then has none."""

    department: UUID | None
    """None: of all departments that have none of their own."""
    key: str
    name: str
    text: str
    html: str


async def signatures_set(reading: Reading) -> list[Kept]:
    """Return the tenant's, when it has one, and those of departments that differ from it."""
    ours = await options_of(reading.db, reading.tenant)
    everybody = Kept(None, "", "", ours.signature, ours.signature_html)
    found = [everybody] if ours.signature or ours.signature_html else []
    for one in await department_rows(reading):
        if one.archived_at is not None:
            continue
        own = await options_of(reading.db, reading.tenant, one.id)
        if (own.signature, own.signature_html) != (ours.signature, ours.signature_html):
            found.append(Kept(one.id, one.key, one.name, own.signature, own.signature_html))
    return found


async def signature_with(
    reading: Reading, user: User, department: UUID | None, number: int
) -> Signature | None:
    """Fill the signature of a department with a ticket, as if this user answered there; None: it is empty.

    Raises:
        NotHere: the user sees no such ticket.
        Invalid: the template cannot be filled; it says why.
    """
    ticket = await full_ticket(reading, number)
    if ticket is None:
        raise NotHere(gettext("There is no ticket %(number)s.", number=number))
    signing = await signing_of(reading.db, reading.tenant, department, user.id)
    if signing is None:
        return None
    facts = ticket_facts(await snapshot(reading, ticket)) | signer_facts(signing.agent, signing.department)
    try:
        return signature_of(signing.text, signing.html, facts)
    except TemplateError as error:
        raise Invalid(
            gettext("The signature cannot be filled: %(why)s.", why=error),
            remedy=gettext("Mend it in the options."),
        ) from error
