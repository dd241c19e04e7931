"""Mail that is asked of the mailer directly, as the desk and triggers ask it."""

from uuid import uuid4

from shared.contracts.mail import Address
from shared.contracts.sending import Draft, SendMail, WrittenBody
from shared.contracts.tickets import Actor, Kind, TicketSnapshot
from tests.installation import TENANT, Installation


def snapshot_of(installation: Installation, number: int) -> TicketSnapshot:
    """A ticket that nobody but the mailer hears of."""
    return TicketSnapshot(
        id=uuid4(),
        number=number,
        version=1,
        subject=f"Question {number}",
        status="open",
        priority="normal",
        kind=Kind.EXTERNAL,
        created_at=installation.house.clock(),
    )


async def body_of(installation: Installation, text: str = "It is covered.") -> str:
    draft = Draft(text=text).model_dump_json().encode()
    return await installation.house.blobs.put(TENANT, draft)


def mail_to(
    installation: Installation, number: int, body: str, to: tuple[str, ...], **more: object
) -> SendMail:
    """Ask for one mail, by the system unless it is said otherwise."""
    facts: dict[str, object] = {"written_by": "system", "effect": uuid4()}
    return SendMail.model_validate(
        facts
        | {
            "tenant": TENANT,
            "ticket": snapshot_of(installation, number),
            "actor": Actor(name="test"),
            "to": tuple(Address(address=one) for one in to),
            "subject": f"Re: Question {number}",
            "body": WrittenBody(blob=body),
        }
        | more
    )
