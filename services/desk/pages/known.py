"""Whom one may mean: contacts for the lines of recipients, colleagues for a note."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import JSONResponse, Response

from services.desk.desk import TheDesk
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.queries.known import colleagues_on, contacts_like
from services.desk.signin.auth import Signed

router = APIRouter(include_in_schema=False)

Asked = Annotated[str, Query(max_length=100)]


@router.get("/people")
async def people(desk: TheDesk, signed: Signed, q: Asked = "") -> Response:
    """Contacts and colleagues whose name or address begins like this; never ourselves."""
    async with desk.reading(signed.user) as reading:
        found = await contacts_like(reading, q)
    return JSONResponse([{"address": one.address, "name": one.name} for one in found])


@router.get("/tickets/{number}/colleagues")
async def colleagues(desk: TheDesk, signed: Signed, number: Number, q: Asked = "") -> Response:
    """Those who may see the ticket: only they can be told of a note on it."""
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        found = await colleagues_on(reading, ticket.department, ticket.assignee, q)
    return JSONResponse([{"address": one.address, "name": one.name} for one in found])
