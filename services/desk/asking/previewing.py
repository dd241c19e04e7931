"""Ask triggers what a trigger would do with one ticket, and read their answer; nothing of it is kept."""

from uuid import uuid4

from services.desk.asking.commands import Done, Refused, StillWorking, ask
from services.desk.configuration.triggers import TriggerSettings, names_exist, values_of
from services.desk.desk import Desk
from services.desk.errors import Conflict, NotHere
from services.desk.languages import gettext, later
from services.desk.queries.people import User
from services.desk.queries.ticket import full_ticket, snapshot
from services.desk.wording.reported import reported
from shared.blobs.store import BlobMissing
from shared.contracts.trials import Preview, PreviewTrigger

AGAIN = later("Nothing was sent. Ask again in a moment.")


async def ask_for_preview(desk: Desk, user: User, wanted: TriggerSettings, number: int) -> Preview:
    """Ask, wait, and take the answer away: it has words of a mail.

    Raises:
        Permanent: nothing is installed under the action's name, or it names what is not there.
        ValidationError: the action refuses its parameters.
        NotHere: this user sees no such ticket.
        Conflict: triggers refused, with the template and the fact that is wrong, or have not answered.
    """
    settings = values_of(wanted)
    async with desk.reading(user) as reading:
        await names_exist(reading.db, user.tenant, wanted)
        ticket = await full_ticket(reading, number)
        if ticket is None:
            raise NotHere(gettext("There is no ticket %(number)s.", number=number))
        shot = await snapshot(reading, ticket)
    command = PreviewTrigger(id=uuid4(), tenant=user.tenant, settings=settings, ticket=shot)
    match await ask(desk, command):
        case Refused(why):
            raise Conflict(reported(why), remedy=gettext("Nothing was sent."))
        case Done(facts):
            return await _taken(desk, user.tenant, str(facts["preview"]))
        case StillWorking():
            raise Conflict(gettext("Triggers have not answered yet."), remedy=gettext(AGAIN))


async def _taken(desk: Desk, tenant: str, blob: str) -> Preview:
    try:
        read = await desk.blobs.get(tenant, blob)
    except BlobMissing as error:
        raise Conflict(gettext("The preview is gone."), remedy=gettext(AGAIN)) from error
    await desk.blobs.remove(tenant, blob)
    return Preview.model_validate_json(read)
