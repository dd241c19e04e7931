"""Cases of placement: people of ours changed who takes part, or split the ticket."""

from uuid import UUID

from tests.service.placement.cases import begun, case, named
from tests.service.placement.office import Office, Placed, fresh_id
from tests.walk.letters import letter


@case(
    "An answer to a mail that was split off, which names ours, that stayed, as well",
    "append",
    "it answers a mail of this ticket, which was split",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    ours, second = await office.answers(ticket), fresh_id()
    thread = f"{theirs} <{ours}>"
    more = named(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>", references=thread), second)
    own = await office.splits(ticket, (await office.receives(more)).mail)
    raw = letter("Re: Lift is stuck", in_reply_to=second, references=f"{thread} {second}")
    return own, await office.receives(raw)


@case(
    "An answer to our mail that stayed when others were split off",
    "append",
    "it answers a mail of this ticket, which was split",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    ours = await office.answers(ticket)
    more = await office.receives(letter("Re: Lift is stuck", in_reply_to=theirs))
    await office.splits(ticket, more.mail)
    return ticket, await office.receives(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"))


@case("A reply of somebody whom we added", "append", "it answers a mail of this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    await office.lets_answer(ticket, "dora@other.example")
    raw = letter("Re: Lift is stuck", sender="Dora <dora@other.example>", in_reply_to=theirs)
    return ticket, await office.receives(raw)


@case(
    "A reply of a participant whom we removed",
    "held",
    "it answers a mail of this ticket, but its sender was removed from it",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office, cc="Dora <dora@firm.example>")
    await office.removes(ticket, "dora@firm.example")
    raw = letter("Re: Lift is stuck", sender="Dora <dora@firm.example>", in_reply_to=theirs)
    return ticket, await office.receives(raw)
