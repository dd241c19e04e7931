"""Agents of the demo: they answer tickets and close some, by the same commands as the desk's pages."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid5

from sqlalchemy import Row, select

from postroom.demo.stage import Stage
from shared.contracts.mail import Address
from shared.contracts.sending import Draft, SendMail, WrittenBody
from shared.contracts.tickets import Actor, ChangeTicket, TicketSnapshot
from shared.storage.engine import in_tenant
from shared.storage.tickets import posts, tickets
from shared.storage.triggers import events

TEXTS = (
    "thank you for writing. Please switch it off, wait ten seconds and switch it on again.",
    "I have looked into it: the order left our house yesterday and will be with you tomorrow before noon.",
    "you are right, the invoice named the wrong period. I have sent it to our accounts to be corrected.",
    "the form opens again since this morning. Would you try it once more and tell me what you see?",
    "that date is free. I have noted you for half past nine and will confirm it in writing.",
)


async def answerable(stage: Stage, tenant: str, most: int) -> list[TicketSnapshot]:
    """Choose tickets of customers that wait for an answer, oldest first."""
    async with in_tenant(stage.house.engine("desk"), tenant) as db:
        rows = await db.execute(
            select(events.c.payload)
            .join(tickets, tickets.c.id == events.c.ticket)
            .join(posts, posts.c.ticket == tickets.c.id)
            .where(
                events.c.contract == "ticket.created.v1",
                tickets.c.kind == "external",
                tickets.c.waiting_since.is_not(None),
                posts.c.kind == "mail_in",
                posts.c.automatic.is_(None),
            )
            .order_by(tickets.c.number)
        )
        found = [TicketSnapshot.model_validate(row.payload["ticket"]) for row in rows]
    unique = {one.id: one for one in found if one.contact_address and one.contact_address.address}
    return list(unique.values())[:most]


async def answer(stage: Stage, tenant: str, user: Row[Any], wanted: Sequence[TicketSnapshot]) -> list[UUID]:
    """Let an agent answer each ticket; return the effects, by which the mails are known."""
    house, effects = stage.house, []
    for index, ticket in enumerate(wanted):
        contact = ticket.contact_address or Address(address="")
        name, words = contact.name or contact.address, TEXTS[index % len(TEXTS)]
        text = f"Hello {name},\n\n{words}\n\nKind regards\n{user.name}\n"
        blob = await house.blobs.put(tenant, Draft(text=text).model_dump_json().encode())
        effect = uuid5(ticket.id, "demo answer")
        async with house.units("desk").acting(tenant) as unit:
            unit.emit(
                SendMail(
                    tenant=tenant,
                    ticket=ticket,
                    effect=effect,
                    written_by="person",
                    actor=Actor(user=user.id, name=user.name),
                    to=(contact,),
                    subject=f"Re: {ticket.subject}",
                    body=WrittenBody(blob=blob),
                )
            )
        effects.append(effect)
    return effects


async def close(stage: Stage, tenant: str, user: Row[Any], wanted: Sequence[TicketSnapshot]) -> None:
    """Let an agent close tickets."""
    async with stage.house.units("desk").acting(tenant) as unit:
        for ticket in wanted:
            unit.emit(
                ChangeTicket(
                    tenant=tenant,
                    ticket=ticket.id,
                    changes={"status": "closed"},
                    actor=Actor(user=user.id, name=user.name),
                )
            )
