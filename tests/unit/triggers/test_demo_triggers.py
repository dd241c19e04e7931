"""The triggers that the demo begins with."""

from uuid import UUID

from postroom.demo.showing import ACKNOWLEDGE
from services.triggers.conditions import Fires, fires
from shared.contracts.tickets import Actor, TicketCreated
from shared.contracts.triggers import condition_of, when_of
from tests.unit.triggers.test_split_tickets import TICKET


def test_the_acknowledgement_answers_mail_and_not_a_ticket_that_an_agent_opened() -> None:
    when = when_of.validate_python({"type": ACKNOWLEDGE.type, **ACKNOWLEDGE.when})
    only = condition_of.validate_python(ACKNOWLEDGE.conditions)
    told = {
        name: fires(when, only, TicketCreated(tenant="default", ticket=TICKET, actor=actor))
        for name, actor in (("mail", Actor(mail=UUID(int=1))), ("desk", Actor(user=UUID(int=2))))
    }
    assert told["mail"] == Fires()
    assert not isinstance(told["desk"], Fires)
