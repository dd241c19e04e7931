"""The first mail of a ticket that was opened to write to somebody."""

from datetime import datetime
from uuid import uuid5

from services.desk.asking.commands import Answer, ask
from services.desk.composing.addressing import Recipients
from services.desk.composing.replying import Reply, command_to_send
from services.desk.composing.writing import Words
from services.desk.desk import Desk
from services.desk.errors import NotHere
from services.desk.languages import gettext
from services.desk.queries.people import User
from services.desk.queries.ticket import full_ticket
from shared.contracts.tickets import OpenTicket


async def mail_the_first(  # noqa: PLR0917 - by whom, which, what and when
    desk: Desk, user: User, number: int, opened: OpenTicket, words: Words, send_at: datetime | None = None
) -> Answer:
    """Hand the first mail to the mailer. Asked again for the same opening, it is sent once."""
    wanted = Reply(uuid5(opened.id, "mail"), words, Recipients((opened.contact,)), send_at)
    async with desk.reading_all(user.tenant) as reading:
        ticket = await full_ticket(reading, number)
        if ticket is None:
            raise NotHere(gettext("There is no ticket %(number)s.", number=number))
        command = await command_to_send(desk, reading, user, ticket, wanted)
    return await ask(desk, command.model_copy(update={"files": opened.files, "subject": opened.subject}))
