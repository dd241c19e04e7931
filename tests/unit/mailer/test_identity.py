"""Which address speaks."""

from uuid import UUID

import pytest

from services.mailer.identity import Mailbox, Speaker, choice_for, instead_of_person, sender_for
from shared.contracts.options import FromAddress

RECEIVING = FromAddress.RECEIVING_EMAIL
LOGGED_IN = FromAddress.LOGGED_IN_USER
SUPPORT = Mailbox(UUID(int=1), "support@acme.example", "Acme Support")
ANN = Speaker("ann@acme.example", "Ann Archer", may_send_as=True)
BOB = Speaker("bob@acme.example", "Bob Baker", may_send_as=False)
NAMELESS = Speaker("nn@acme.example", "", may_send_as=False)


@pytest.mark.parametrize(
    ("choice", "actor", "address", "name", "says"),
    [
        (RECEIVING, ANN, "support@acme.example", "Acme Support", "receiving_email"),
        (RECEIVING, None, "support@acme.example", "Acme Support", "receiving_email"),
        (LOGGED_IN, ANN, "ann@acme.example", "Ann Archer", "person who acts"),
        (LOGGED_IN, BOB, "support@acme.example", "Bob Baker", "may not send as"),
        (LOGGED_IN, NAMELESS, "support@acme.example", "Acme Support", "may not send as"),
        (LOGGED_IN, None, "support@acme.example", "Acme Support", "the system acts"),
    ],
)
def test_setting_and_actor_give_the_sender(
    choice: FromAddress, actor: Speaker | None, address: str, name: str, says: str
) -> None:
    identity = sender_for(choice, SUPPORT, actor)
    assert (identity.address, identity.name, identity.mailbox_id) == (address, name, SUPPORT.id)
    assert says in identity.reason


def test_provider_that_refuses_the_person_gets_the_receiving_address() -> None:
    identity = instead_of_person(SUPPORT, ANN, "the provider refused (ErrorSendAsDenied)")
    assert (identity.address, identity.name) == ("support@acme.example", "Ann Archer")
    assert "ErrorSendAsDenied" in identity.reason


@pytest.mark.parametrize(
    ("setting", "department", "choice"),
    [
        ({"default": RECEIVING, "backend": LOGGED_IN}, "backend", LOGGED_IN),
        ({"default": RECEIVING, "backend": LOGGED_IN}, "sales", RECEIVING),
        ({"default": LOGGED_IN}, None, LOGGED_IN),
        ({"backend": LOGGED_IN}, None, RECEIVING),
        ({}, "sales", RECEIVING),
    ],
)
def test_department_overrides_the_default(
    setting: dict[str, FromAddress], department: str | None, choice: FromAddress
) -> None:
    assert choice_for(setting, department) is choice
