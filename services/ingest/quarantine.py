"""Take a mail out of quarantine: fetch it again, read it again, make a ticket of it anyway, or none."""

from typing import Any
from uuid import UUID

import structlog
from sqlalchemy import Row

from services.ingest import repository
from shared.connecting import mailbox_row
from shared.contracts.mail import MailStored
from shared.contracts.quarantine import Decision
from shared.messaging.unit import Unit

log = structlog.get_logger()

NOT_HERE = "this mail is not in quarantine, or somebody was faster"
ACCEPTED = "accepted"
"""The reason of a mail that is a ticket because a person wanted it."""


async def decide(unit: Unit, mail: UUID, decision: Decision, who: str) -> str | None:
    """Do what a person decided, also of a mail that was dropped; or refuse, and return why."""
    row = await repository.set_aside(unit.db, mail)
    if row is None:
        return NOT_HERE
    if row.blob is not None:
        return await _read_again(unit, row, decision, who)
    if decision is Decision.ACCEPT:
        return (
            "its bytes were never fetched; retry it, and give an oversized one a higher POSTROOM_LARGEST_MAIL"
        )
    await repository.leave_quarantine(unit.db, mail, state="listed", due_at=unit.now, attempts=0)
    unit.wake()
    log.info("mail.retried", mail=str(mail))
    return None


async def drop(unit: Unit, mail: UUID, who: str) -> str | None:
    """Make no ticket of a mail; or refuse, and return why. What is to be done in its mailbox stays due."""
    row = await repository.set_aside(unit.db, mail)
    if row is None or row.state == "dropped":
        return NOT_HERE
    await repository.drop_quarantined(unit.db, mail, who, unit.now)
    log.info("mail.dropped", mail=str(mail))
    return None


# Any: the columns of the ledger
async def _read_again(unit: Unit, row: Row[Any], decision: Decision, who: str) -> str | None:
    mailbox = await mailbox_row(unit.db, unit.tenant, row.mailbox)
    if mailbox is None:
        return "its mailbox is not there any more"
    accepted = decision is Decision.ACCEPT
    unit.emit(
        MailStored(
            tenant=unit.tenant,
            mail=row.id,
            mailbox=mailbox.id,
            mailbox_address=mailbox.address,
            blob=row.blob,
            size=row.size,
            received_at=row.received_at,
            policy=await repository.parsing_policy(unit.db, unit.tenant),
            imported=row.imported,
            accepted=accepted,
        )
    )
    told = {"reason": ACCEPTED, "detail": f"{who} wanted a ticket of it"} if accepted else {}
    state = "stored" if row.settled_at is None else "settled"
    await repository.leave_quarantine(unit.db, row.id, state=state, **told)
    log.info("mail.read_again", mail=str(row.id), accepted=accepted)
    return None
