"""Notices to employees: mail that is on no ticket, recorded and returned. It goes out as all mail does."""

from dataclasses import dataclass
from typing import Literal
from uuid import UUID, uuid5

from services.mailer import repository
from services.mailer.recipients import Cleaned, cleaned
from shared.connecting import MailboxRow
from shared.contracts.mail import Address
from shared.contracts.notices import SendNotice
from shared.contracts.sending import SendState
from shared.contracts.thread_tokens import notice_id
from shared.contracts.tickets import Actor
from shared.messaging.unit import Unit
from shared.storage.addresses import own_addresses
from shared.storage.secrets import ThreadKeys

ACTOR = Actor(name="Notifications")


@dataclass(frozen=True)
class ToOne:
    """The lines of recipients of a notice."""

    to: tuple[Address, ...]
    cc: tuple[Address, ...] = ()
    bcc: tuple[Address, ...] = ()
    written_by: Literal["system"] = "system"


async def record(unit: Unit, message: SendNotice, keys: ThreadKeys) -> None:
    """Record a notice as outgoing mail, once. One that cannot leave stands among what was not delivered."""
    mailbox = await repository.mailbox_to_send_through(unit.db, unit.tenant, message.mailbox)
    people = cleaned(ToOne((message.to,)), await own_addresses(unit.db, unit.tenant))
    row = _row(unit, message, people, mailbox, keys)
    if problem := people.problem or (None if mailbox else "no mailbox of this tenant can send"):
        row |= {"state": SendState.FAILED, "reason": problem, "due_at": None}
    if await repository.accept(unit.db, row):
        unit.wake()


def _row(
    unit: Unit, message: SendNotice, people: Cleaned, mailbox: MailboxRow | None, keys: ThreadKeys
) -> dict[str, object]:
    outgoing: UUID = uuid5(message.effect, "mail")
    key_id, key = next(iter(keys.keys.items()))
    domain = mailbox.address.rpartition("@")[2] if mailbox else "postroom.invalid"
    return {
        "id": outgoing,
        "tenant": unit.tenant,
        "effect": message.effect,
        "about": list(message.tickets),
        "leads_to": message.leads_to,
        "state": SendState.QUEUED,
        "message_id": notice_id(outgoing, message.leads_to, domain, key_id, key),
        "written_by": "system",
        "actor": ACTOR.model_dump(mode="json"),
        "recipients": people.as_json(),
        "subject": message.subject,
        "body": message.body,
        "files": [],
        "mailbox": mailbox.id if mailbox else None,
        "created_at": unit.now,
        "due_at": unit.now,
    }
