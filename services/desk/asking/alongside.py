"""The status that a ticket gets with a reply, and its way back when the reply is taken back."""

from uuid import UUID, uuid5

from services.desk.asking.commands import Done, Refused, ask
from services.desk.desk import Desk
from services.desk.making import actor_of
from services.desk.queries.alongside import status_given_with
from services.desk.queries.people import User
from shared.contracts.sending import SendMail
from shared.contracts.tickets import ChangeTicket

GIVEN = {"close": ("closed", "closed"), "wait": ("pending", "waits")}
"""The way to send, the status that goes with it, and what to say of it."""


async def give_status(desk: Desk, user: User, sent: SendMail, way: str) -> str:
    """Close the ticket, or let it wait, when that was asked for as well; return what to say."""
    status, word = GIVEN.get(way, ("", ""))
    if not status:
        return "sent"
    change = ChangeTicket(
        id=uuid5(sent.effect, way),
        tenant=user.tenant,
        ticket=sent.ticket.id,
        changes={"status": status},
        actor=actor_of(user),
    )
    return word if isinstance(await ask(desk, change), Done) else f"not-{word}"


async def take_back_status(desk: Desk, user: User, mail: UUID) -> bool:
    """Give the ticket the status it had before a mail, or say False: somebody changed it since."""
    async with desk.reading(user) as reading:
        given = await status_given_with(reading, mail, tuple(GIVEN))
    if given is None:
        return True
    if given.changed_since:
        return False
    change = ChangeTicket(
        id=uuid5(given.effect, "undo"),
        tenant=user.tenant,
        ticket=given.ticket,
        changes={"status": given.before},
        expected_version=given.version,
        actor=actor_of(user),
    )
    return not isinstance(await ask(desk, change), Refused)
