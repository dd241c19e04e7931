"""Mail that is held, on a ticket until somebody says whether it belongs, or on its way out; and mailboxes
that fail."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from shared.contracts.mail import Address, MailParsed
from shared.storage import ingest, sending
from shared.storage import tickets as tables
from tests.service.desk.conftest import NOW, House


async def held_mail(house: House, ticket: UUID, sender: str = "carl@new.test", **values: Any) -> UUID:
    """Hold a mail that may belong to a ticket, as placement would."""
    held, tenant, mail = uuid4(), values.pop("tenant", "default"), values.pop("mail", uuid4())
    person = Address(address=sender, name="Carl Stranger")
    message = MailParsed(
        tenant=tenant,
        mail=mail,
        mailbox=uuid4(),
        mailbox_address="help@acme.test",
        raw="0" * 64,
        document="0" * 64,
        received_at=NOW,
        message_id="x",
        fingerprint="f",
        sender=person,
        submitter=person,
    )
    facts = {"message": message.model_dump(mode="json"), "state": "open", "created_at": NOW}
    row = facts | {"reason": "its sender is new"} | values
    await house.add(tables.held, id=held, tenant=tenant, ticket=ticket, mail=mail, **row)
    return held


async def held_loop(
    house: House, ticket: UUID, word: str, *, address: str, tenant: str = "default", named: str = ""
) -> list[UUID]:
    """Add an incident that goes on, the mail that it holds, and that this mail came back from the address."""
    incident, until = UUID(named) if named else uuid4(), NOW + timedelta(hours=1)
    # Any: values of any column
    row: dict[str, Any] = {"id": incident, "tenant": tenant, "ticket": ticket, "address": word, "count": 1}
    facts = {"guard": "pair", "written_by": "system", "about": [word]}
    await house.add(sending.incidents, **row, **facts, opened_at=NOW, last_at=NOW, quiet_at=until)
    mail = await house.mail_out(ticket, "held", tenant=tenant, subject=word, incident=incident)
    spared = {"tenant": tenant, "address": address, "reason": word, "mail": mail}
    await house.add(sending.blocked, **spared, since=NOW, until=until)
    return [incident, mail]


async def failing(house: House, mailbox: UUID, text: str, **values: Any) -> UUID:  # Any: as above
    """Add an incident of a mailbox that has failed for an hour."""
    incident, facts = uuid4(), {"code": "AADSTS7000222", "began_at": NOW - timedelta(hours=1)} | values
    tenant = facts.pop("tenant", "default")
    await house.add(ingest.incidents, id=incident, tenant=tenant, mailbox=mailbox, text=text, **facts)
    return incident
