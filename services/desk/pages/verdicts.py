"""Why triggers fired on a ticket, and why others did not."""

from collections.abc import Mapping

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import JsonValue

from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.pages.ticket import Number, ticket_or_404
from services.desk.pages.ticketview import all_names
from services.desk.queries.paging import place_of, token_of
from services.desk.queries.verdicts import Asked, Verdict, of_ticket
from services.desk.signin.auth import Signed
from services.desk.timeline.weaving import happened, named

router = APIRouter(prefix="/tickets/{number}/triggers", include_in_schema=False)

PAGE = 50


@router.get("")
async def verdicts_page(desk: TheDesk, signed: Signed, number: Number, after: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        ticket = await ticket_or_404(reading, number)
        found = await of_ticket(reading, ticket.id, place_of(after), PAGE + 1)
        names = await all_names(reading)
        asked = [
            (one, happened(one.contract, one.changes, one.actor, names), _reasons(one, names))
            for one in found[:PAGE]
        ]
        return await show(
            desk,
            reading,
            signed,
            "verdicts.html",
            ticket=ticket,
            asked=asked,
            more=_next(found),
        )


def _reasons(one: Asked, names: Mapping[str, str]) -> list[tuple[Verdict, JsonValue]]:
    return [(verdict, named(verdict.why, names)) for verdict in one.verdicts]


def _next(found: list[Asked]) -> str | None:
    return token_of(found[PAGE - 1].at, found[PAGE - 1].id) if len(found) > PAGE else None
