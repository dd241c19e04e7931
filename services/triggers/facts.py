"""What conditions may ask of an event: its facts by name, and nothing else."""

from pydantic import JsonValue

from shared.contracts.hours import WEEKDAYS, BusinessClock
from shared.contracts.mail import Address
from shared.contracts.tickets import Actor, TicketChanged, TicketCreated, TicketEvent


def facts_of(event: TicketEvent, clock: BusinessClock) -> dict[str, JsonValue]:
    """Return every fact of an event by its name in `shared.contracts.triggers`; what is not so is None."""
    ticket = event.ticket.model_dump(mode="json", exclude={"fields", "thread", "contact_address"})
    contact, local = event.ticket.contact_address, clock.local(event.occurred_at)
    return {
        **ticket,
        "contact_address": contact.address if contact else None,
        "contact_domain": _domain(contact),
        **{f"fields.{key}": value for key, value in event.ticket.fields.items()},
        **_of_post(event),
        "actor": _actor(event.actor),
        "changed_fields": _changed(event),
        "time.weekday": WEEKDAYS[local.weekday()],
        "time.hour": local.hour,
        "time.date": local.date().isoformat(),
        "time.business_hours": clock.is_open(event.occurred_at),
    }


def _of_post(event: TicketEvent) -> dict[str, JsonValue]:
    post = event.post if isinstance(event, TicketCreated) else None
    if post is None:
        return {}
    return {
        "post.kind": post.kind,
        "post.author": post.author.address if post.author else None,
        "post.author_domain": _domain(post.author),
        "post.automatic": post.automatic,
        "post.by_person": post.by_person,
    }


def _changed(event: TicketEvent) -> list[JsonValue]:
    return [change.field for change in event.changes] if isinstance(event, TicketChanged) else []


def _actor(actor: Actor) -> str:
    named = (("user", actor.user), ("trigger", actor.trigger), ("mail", actor.mail))
    return next((kind for kind, one in named if one is not None), "system")


def _domain(person: Address | None) -> str | None:
    return person.address.rpartition("@")[2].lower() or None if person else None
