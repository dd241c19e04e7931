"""A ticket as an address names it."""

from typing import Annotated

from fastapi import Path

from services.desk.errors import NotHere
from services.desk.queries.reading import Reading
from services.desk.queries.ticket import FullTicket, full_ticket
from services.desk.queries.tickets import LARGEST_NUMBER

Number = Annotated[int, Path(ge=1, le=LARGEST_NUMBER, description="The ticket's number.", examples=[4711])]


async def the_ticket(reading: Reading, number: int) -> FullTicket:
    """Return the ticket of a number.

    Raises:
        NotHere: there is none.
    """
    ticket = await full_ticket(reading, number)
    if ticket is None:
        raise NotHere(f"There is no ticket {number}.")
    return ticket
