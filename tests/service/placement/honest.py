"""Cases of placement: mail as people and their programs send it."""

from uuid import UUID

from tests.service.placement.cases import begun, case, named
from tests.service.placement.office import AGENT, SUPPORT, Office, Placed, fresh_id
from tests.walk.letters import abuse_report, accepted, letter

BEA, CARL = "Bea <bea@firm.example>", "Carl <carl@firm.example>"


@case("A new mail", "new", "nothing in it points to a ticket", same=False)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    return None, await office.receives(letter("Lift is stuck"))


@case("An answer to our mail, known by our signed Message-ID", "append", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    return ticket, await office.receives(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"))


@case("A mail to an address that we signed", "append", "it came to an address that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter("More about it", to=await office.reply_address(ticket)))


@case("The same, signed with a key that has been replaced", "append", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket, key=1)
    return ticket, await office.receives(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"))


@case("An answer to a mail of the ticket, known by its id", "append", "it answers a mail of this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    return ticket, await office.receives(letter("Re: Lift is stuck", references=theirs))


@case("A reply of a colleague who was in Cc", "append", "it answers a mail of this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office, cc="Dora <dora@other.example>")
    raw = letter("Re: Lift is stuck", sender="Dora <dora@other.example>", in_reply_to=theirs)
    return ticket, await office.receives(raw)


@case("A reply of a colleague who was not, of the same domain", "append", "it answers a mail of this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    return ticket, await office.receives(letter("Re: Lift is stuck", sender=CARL, in_reply_to=theirs))


@case(
    "A reply from the same free-mail domain as a participant's",
    "held",
    "it answers a mail of this ticket, but its sender is new to it",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office, sender="Ann <ann@gmail.com>")
    raw = letter("Re: Lift is stuck", sender="Who <who@gmail.com>", in_reply_to=theirs)
    return ticket, await office.receives(raw)


@case("A reply of an employee by their own mail program", "append", "it answers a mail of this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    return ticket, await office.receives(letter("Re: Lift is stuck", sender=AGENT, in_reply_to=theirs))


@case("The ticket's number in the subject, from a participant", "append", "its subject names this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter(f"Lift [#{await office.number(ticket)}]"))


@case("The number as the tenant writes it, from a participant", "append", "its subject names this ticket")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    await office.choose(ticket_number_format="HD-{number:06}")
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter(f"Lift [HD-{await office.number(ticket):06}]"))


@case(
    "The number, from a colleague of a participant",
    "held",
    "its subject names this ticket, but its sender is new to it",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter(f"Lift [#{await office.number(ticket)}]", sender=CARL))


@case(
    "A reply that arrives before the mail it answers: that mail",
    "append",
    "a mail of this ticket answers it, or the same mail",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    theirs = fresh_id()
    reply = await office.receives(letter("Re: Lift is stuck", sender=BEA, in_reply_to=theirs))
    return reply.ticket, await office.receives(named(letter("Lift is stuck", cc=BEA), theirs))


@case(
    "Two replies to a mail that never came",
    "append",
    "a mail of this ticket answers it, or the same mail",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    unseen = fresh_id()
    first = await office.receives(letter("Re: Lift is stuck", in_reply_to=unseen))
    return first.ticket, await office.receives(letter("Re: Lift is stuck", sender=BEA, in_reply_to=unseen))


@case(
    "An answer to a ticket that was merged: it is about the other one",
    "append",
    "it answers a mail that we signed",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    merged, _ = await begun(office)
    ours = await office.answers(merged)
    await office.merge(merged, ticket)
    return ticket, await office.receives(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"))


@case(
    "A mail that ties two tickets together, which its late answers had opened",
    "append",
    "it answers a mail that we signed",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours, theirs = await office.answers(ticket), fresh_id()
    late = await office.receives(letter("Re: Lift is stuck", in_reply_to=theirs))
    placed = await office.receives(named(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"), theirs))
    assert await office.ticket_of(late.mail) == ticket
    return ticket, placed


@case("A new subject on an old thread, as it comes", "append", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    return ticket, await office.receives(letter("Parking permit", in_reply_to=f"<{ours}>"))


@case(
    "A new subject on an old thread, with `new_subject_starts_new_ticket`",
    "new",
    "it answers a mail that we signed, but under a new subject",
    same=False,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    await office.choose(new_subject_starts_new_ticket=True)
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    return ticket, await office.receives(letter("Parking permit", in_reply_to=f"<{ours}>"))


@case("Our notification, forwarded back by an employee", "append", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    raw = letter("Fwd: Lift is stuck", "See below.", sender=AGENT, references=f"<{ours}>")
    return ticket, await office.receives(raw)


@case(
    "Our mail, forwarded by the customer to somebody elsewhere who writes to us",
    "held",
    "it answers a mail that we signed, but its sender is new to it",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    raw = letter("Re: Lift is stuck", sender="Finn <finn@lifts.example>", references=f"<{ours}>")
    return ticket, await office.receives(raw)


@case(
    "An answer to a closed ticket, `reopen_old_ticket`",
    "reopen",
    "it answers a mail that we signed, which was closed",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    return ticket, await office.receives(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"))


@case(
    "An answer to a closed ticket, `create_new_ticket`",
    "new",
    "it answers a mail that we signed, which is closed",
    same=False,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    await office.choose(response_to_closed_ticket_action="create_new_ticket")
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    return ticket, await office.receives(letter("Re: Lift is stuck", in_reply_to=f"<{ours}>"))


@case(
    "Nothing but thanks, within `thank_you_grace_hours` of closing: the ticket stays closed",
    "append",
    "it answers a mail that we signed, and says no more than thank you",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    return await thanked(office, hours=2)


@case(
    "Nothing but thanks, later than that",
    "reopen",
    "it answers a mail that we signed, which was closed",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    return await thanked(office, hours=73)


async def thanked(office: Office, hours: float) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    office.later(hours=hours)
    raw = letter("Re: Lift is stuck", "Thank you very much, Eva!", in_reply_to=f"<{ours}>")
    return ticket, await office.receives(raw)


@case("An out-of-office note to our mail on a closed ticket", "automatic", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    away = {"in_reply_to": f"<{ours}>", "Auto_Submitted": "auto-replied"}
    return ticket, await office.receives(letter("Away", "Back on Monday.", at=None, **away))


@case("An abuse report of our mail on a closed ticket", "automatic", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    return ticket, await office.receives(abuse_report(ours))


@case("Accepted, without a word, on a closed ticket", "automatic", "it answers a mail that we signed")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    return ticket, await office.receives(accepted(ours))


@case(
    "Accepted, with words beside it, on a closed ticket",
    "reopen",
    "it answers a mail that we signed, which was closed",
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    await office.change(ticket, status="closed")
    return ticket, await office.receives(accepted(ours, "But the lift is stuck again."))


@case("The same mail again", "duplicate", "the same Message-ID with the same content")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    raw = letter("Lift is stuck")
    first = await office.receives(raw)
    return first.ticket, await office.receives(raw)


@case("Our own mail comes back", "automatic", "our own mail came back")
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    return ticket, await office.receives(named(letter("Re: Lift is stuck", sender=SUPPORT), f"<{ours}>"))


@case(
    "An old mail of an import, answering a ticket its sender is new to",
    "new",
    "it answers a mail of this ticket, but its sender is new to it",
    same=False,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    raw = letter("Re: Lift is stuck", sender="Finn <finn@lifts.example>", in_reply_to=theirs)
    return ticket, await office.receives(raw, imported=True)
