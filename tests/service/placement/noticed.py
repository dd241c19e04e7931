"""Mail that answers a notice to an employee."""

from uuid import UUID, uuid4

from shared.contracts.thread_tokens import notice_id
from tests.service.placement.cases import begun, case
from tests.service.placement.office import AGENT, DOMAIN, Office, Placed
from tests.walk.letters import letter

DROPPED = "it is an automatic answer to a notice to an employee"


def notice_of(office: Office, ticket: UUID | None) -> str:
    """Return the Message-ID of a notice that left."""
    key_id, key = next(iter(office.keys.keys.items()))
    return f"<{notice_id(uuid4(), ticket, DOMAIN, key_id, key)}>"


@case("An out-of-office note to a notice to an employee", "automatic", DROPPED, same=False)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    away = {"in_reply_to": notice_of(office, ticket), "Auto_Submitted": "auto-replied"}
    return ticket, await office.receives(letter("Away", "Back on Monday.", sender=AGENT, at=None, **away))


@case("The same, to a notice about several tickets", "automatic", DROPPED, same=False)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    away = {"in_reply_to": notice_of(office, None), "Auto_Submitted": "auto-replied"}
    return ticket, await office.receives(letter("Away", "Back on Monday.", sender=AGENT, at=None, **away))


@case("An employee answers a notice about one ticket", "append", "it answers a notice about this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    raw = letter("Assigned to you", "I come.", sender=AGENT, in_reply_to=notice_of(office, ticket))
    return ticket, await office.receives(raw)


@case(
    "An employee answers a notice about several tickets",
    "new",
    "nothing in it points to a ticket",
    same=False,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    raw = letter("2 tickets for you", "Which?", sender=AGENT, in_reply_to=notice_of(office, None))
    return ticket, await office.receives(raw)


@case(
    "Somebody to whom a notice was passed on answers it",
    "held",
    "it answers a notice about this ticket, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    notice = notice_of(office, ticket)
    raw = letter("Assigned to you", sender="Mal <mal@elsewhere.example>", in_reply_to=notice)
    return ticket, await office.receives(raw)


@case(
    "An out-of-office note to a mail of ours, in a thread that began with a notice",
    "automatic",
    "it answers a mail that we signed",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = f"<{await office.answers(ticket)}>"
    thread = {"in_reply_to": ours, "references": f"{notice_of(office, ticket)} {ours}"}
    away = letter("Away", "Back on Monday.", at=None, Auto_Submitted="auto-replied", **thread)
    return ticket, await office.receives(away)
