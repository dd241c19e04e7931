"""What ingest hears: a mail that the parser could not read goes to quarantine."""

from services.ingest import repository
from shared.contracts.mail import MailUnreadable
from shared.messaging.topology import Service
from shared.messaging.unit import Units

ingest = Service("ingest")


@ingest.on(MailUnreadable)
async def quarantine(message: MailUnreadable, units: Units) -> None:
    async with units.handling(message) as unit:
        await repository.quarantine(unit.db, message.mail, message.reason, message.detail)
