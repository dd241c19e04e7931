"""Ask ingest to examine a mailbox: the desk has no key to it."""

from dataclasses import dataclass
from uuid import UUID

from services.desk.asking.commands import Done, Refused, StillWorking, ask
from services.desk.desk import Desk
from services.desk.errors import Conflict
from services.desk.languages import gettext
from services.desk.making import actor_of
from services.desk.queries.people import User
from services.desk.wording.reported import reported
from shared.contracts.examining import ExamineMailbox


@dataclass(frozen=True)
class Asked:
    """The examination that answers. `taken`: ingest knows of it."""

    id: UUID
    taken: bool


async def ask_to_examine(desk: Desk, user: User, mailbox: UUID, key: UUID, *, send: bool) -> Asked:
    """Ask, and return the examination: the one that runs, if one does.

    Raises:
        Conflict: ingest refused.
    """
    command = ExamineMailbox(id=key, tenant=user.tenant, mailbox=mailbox, send=send, actor=actor_of(user))
    match await ask(desk, command):
        case Done(facts):
            return Asked(UUID(str(facts["examination"])), taken=True)
        case StillWorking():
            return Asked(key, taken=False)
        case Refused(why):
            raise Conflict(reported(why), remedy=gettext("Read the mailboxes again."))
