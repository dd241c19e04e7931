"""Cases of placement: guessed numbers, forged references, stolen tokens, changed senders."""

from uuid import UUID

from tests.service.placement.cases import begun, case, named
from tests.service.placement.office import AGENT, Office, Placed, fresh_id
from tests.walk.letters import letter

MALLORY = "Mallory <m@evil.example>"
FAILED = "spf=fail smtp.mailfrom=firm.example; dkim=none; dmarc=fail action=none header.from=firm.example"
FORGED = {"Authentication_Results": FAILED}


@case(
    "A guessed number, from a stranger",
    "new",
    "its subject names a ticket that its sender takes no part in",
    same=False,
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter(f"[#{await office.number(ticket)}] Hi", sender=MALLORY))


@case(
    "A guessed number as the tenant writes it, from a stranger",
    "new",
    "its subject names a ticket that its sender takes no part in",
    same=False,
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    await office.choose(ticket_number_format="HD-{number:06}")
    ticket, _ = await begun(office)
    guessed = f"[HD-{await office.number(ticket):06}] Hi"
    return ticket, await office.receives(letter(guessed, sender=MALLORY))


@case(
    "The number with the year of another ticket, from a participant",
    "new",
    "nothing in it points to a ticket",
    same=False,
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    await office.choose(ticket_number_format="{year}-{number}")
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter(f"Hi [2019-{await office.number(ticket)}]"))


@case(
    "A guessed number under a participant's name, which the receiving server saw through",
    "held",
    "its subject names this ticket, but it may not be from whom it says",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter(f"[#{await office.number(ticket)}] Hi", at=None, **FORGED))


@case(
    "References to a mail of the ticket, from a stranger",
    "held",
    "it answers a mail of this ticket, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    return ticket, await office.receives(letter("Re: Lift", sender=MALLORY, references=theirs))


@case(
    "References to a mail that was split off, from somebody of the ticket that it was on",
    "held",
    "it answers a mail of this ticket, which was split, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office, cc="Dora <dora@other.example>")
    second = fresh_id()
    more = await office.receives(named(letter("Re: Lift is stuck", in_reply_to=theirs), second))
    own = await office.splits(ticket, more.mail)
    raw = letter("Re: Lift", sender="Dora <dora@other.example>", references=f"{theirs} {second}")
    return own, await office.receives(raw)


@case(
    "The same, dressed as automatic mail",
    "held",
    "it answers a mail of this ticket, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    dressed = {"references": theirs, "Auto_Submitted": "auto-replied"}
    return ticket, await office.receives(letter("Re: Lift", sender=MALLORY, at=None, **dressed))


@case(
    "References under a participant's name, which the receiving server saw through",
    "held",
    "it answers a mail of this ticket, but it may not be from whom it says",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    return ticket, await office.receives(letter("Re: Lift", references=theirs, at=None, **FORGED))


@case(
    "The same, with a forged success below the receiving server's field",
    "held",
    "it answers a mail of this ticket, but it may not be from whom it says",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, theirs = await begun(office)
    raw = letter("Re: Lift", references=theirs, Authentication_Results="mx.evil.example; dmarc=pass")
    return ticket, await office.receives(f"Authentication-Results: {FAILED}\r\n".encode() + raw)


@case(
    "A stolen token, from a stranger",
    "held",
    "it answers a mail that we signed, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    return ticket, await office.receives(letter("Re: Lift", sender=MALLORY, in_reply_to=f"<{ours}>"))


@case(
    "A token whose ticket was exchanged for another",
    "new",
    "nothing in it points to a ticket",
    same=False,
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    mine, _ = await begun(office, sender=MALLORY)
    own, stolen = [(await office.answers(each)).split(".") for each in (mine, ticket)]
    swapped = ".".join([*own[:2], stolen[2], *own[3:]])
    return ticket, await office.receives(letter("Re: Lift", sender=MALLORY, in_reply_to=f"<{swapped}>"))


@case(
    "A stolen address, from a stranger",
    "held",
    "it came to an address that we signed, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    return ticket, await office.receives(letter("Hi", sender=MALLORY, to=await office.reply_address(ticket)))


@case(
    "An address whose number was exchanged",
    "new",
    "nothing in it points to a ticket",
    same=False,
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    mine, _ = await begun(office, sender=MALLORY)
    own, number = await office.reply_address(mine), await office.number(ticket)
    forged = own.replace(f"+{await office.number(mine)}.", f"+{number}.")
    return ticket, await office.receives(letter("Hi", to=forged))


@case(
    "Somebody who was in the thread before, under a new address",
    "held",
    "it answers a mail that we signed, but its sender is new to it",
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    ticket, _ = await begun(office)
    ours = await office.answers(ticket)
    raw = letter(
        "Re: Lift is stuck", sender="Ann Archer <ann.archer@private.example>", references=f"<{ours}>"
    )
    return ticket, await office.receives(raw)


@case(
    "A forward under an employee's name, which the receiving server saw through: it is not unwrapped",
    "new",
    "nothing in it points to a ticket",
    same=False,
    hostile=True,
)
async def _(office: Office) -> tuple[UUID | None, Placed]:
    text = "---------- Forwarded message ---------\nFrom: Ann <ann@firm.example>\nSubject: Pay\n\nPay me."
    return None, await office.receives(letter("Fwd: Pay", text, sender=AGENT, at=None, **FORGED))
