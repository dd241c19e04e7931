"""The palette: what a few letters may mean. The actions of a page are found by its own script."""

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from services.desk.desk import TheDesk
from services.desk.forms.options import SECTIONS
from services.desk.languages import gettext as _
from services.desk.queries.organizations import contacts_page
from services.desk.queries.reading import Reading
from services.desk.queries.search import find
from services.desk.queries.ticket import full_ticket
from services.desk.queries.tickets import LARGEST_NUMBER, Filters, ticket_page
from services.desk.rendering import render
from services.desk.signin.auth import Signed

router = APIRouter(include_in_schema=False)

EACH = 5
"""Entries of one kind: more is the work of a list."""
SHORTEST = 2
"""Letters from which on tickets and people are searched."""
LONGEST = 200


@dataclass(frozen=True)
class Entry:
    """One thing to go to."""

    icon: str
    text: str
    more: str
    path: str


@router.get("/palette")
async def palette(desk: TheDesk, signed: Signed, q: str = "") -> Response:
    """What fits the letters best first: the ticket of a number, then tickets, people and settings."""
    wanted = " ".join(q[:LONGEST].split())
    async with desk.reading(signed.user) as reading:
        entries = [
            *await _numbered(reading, wanted),
            *(await _tickets(reading, signed.user.id, wanted) if len(wanted) >= SHORTEST else ()),
            *(await _people(reading, wanted) if len(wanted) >= SHORTEST else ()),
        ]
    if signed.user.is_admin:
        entries += _settings(wanted)
    return HTMLResponse(render("palette.html", entries=entries))


async def _numbered(reading: Reading, wanted: str) -> list[Entry]:
    digits = wanted.removeprefix("#")
    if not digits.isascii() or not digits.isdecimal() or not 0 < int(digits) <= LARGEST_NUMBER:
        return []
    ticket = await full_ticket(reading, int(digits))
    return (
        [Entry("inbox", ticket.subject, f"#{ticket.number}", f"/tickets/{ticket.number}")] if ticket else []
    )


async def _tickets(reading: Reading, user: UUID, wanted: str) -> list[Entry]:
    found = await find(reading, wanted, user)
    if found.problems:
        return []
    page = await ticket_page(reading, Filters("all"), user, found, limit=EACH)
    return [Entry("inbox", row.subject, f"#{row.number}", f"/tickets/{row.number}") for row in page.rows]


async def _people(reading: Reading, wanted: str) -> list[Entry]:
    found = await contacts_page(reading, wanted, "", EACH)
    return [Entry("user", one.name or one.address, one.address, f"/contacts/{one.id}") for one in found]


def _settings(wanted: str) -> list[Entry]:
    """Find options by either name: the plain one and that of the original module."""
    letters = wanted.casefold()
    named = [(key, field) for key, _title, fields in SECTIONS for field in fields]
    return [
        Entry("settings", _(field.label), field.name, f"/settings#{field.name}")
        for _key, field in named
        if letters and (letters in _(field.label).casefold() or letters in field.name)
    ][:EACH]
