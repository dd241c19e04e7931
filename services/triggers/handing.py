"""Effects on a ticket that are no fields and no mail, as the commands that ticketing hears."""

from hashlib import sha256
from urllib.parse import urlsplit

from shared.contracts.acting import AssignInTurn, TagTicket
from shared.contracts.tickets import Actor, TicketEvent
from shared.plugins.actions import AssignNext, CallHook, PutNote, SetTags

Handed = SetTags | AssignNext
Told = Handed | PutNote | CallHook


def what_is_done(effect: Told) -> str:
    """Say an effect in a line, without words of the note."""
    match effect:
        case PutNote():
            return "puts a note on the ticket"
        case SetTags(add, remove):
            told = [
                f"{verb} the tag {tag}" for verb, tags in (("adds", add), ("removes", remove)) for tag in tags
            ]
            return ", ".join(told)
        case AssignNext():
            return "assigns the member of the department whose turn it is"
        case CallHook(url):
            return f"calls {urlsplit(url).hostname}"


def target_of(effect: Told) -> str:
    """Return what an effect acts on: part of the key under which it happens once."""
    match effect:
        case PutNote(text):
            return f"note {sha256(text.encode()).hexdigest()[:16]}"
        case SetTags(add, remove):
            return ",".join([*(f"+{tag}" for tag in sorted(add)), *(f"-{tag}" for tag in sorted(remove))])
        case AssignNext(department):
            return f"next of {department}"
        case CallHook(url):
            return url


def command_for(event: TicketEvent, effect: Handed, actor: Actor) -> TagTicket | AssignInTurn:
    """Return the command that has an effect done."""
    tenant, ticket = event.tenant, event.ticket.id
    match effect:
        case SetTags(add, remove):
            return TagTicket(tenant=tenant, ticket=ticket, add=add, remove=remove, actor=actor)
        case AssignNext(department, only_unassigned):
            return AssignInTurn(
                tenant=tenant,
                ticket=ticket,
                department=department,
                only_unassigned=only_unassigned,
                actor=actor,
            )
