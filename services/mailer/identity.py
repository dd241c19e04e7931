"""Which address speaks for a mail: the one it came to, or the person's own."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from shared.contracts.options import FromAddress

DEFAULT = "default"
"""The key of the setting that counts where a department has none of its own."""


@dataclass(frozen=True)
class Mailbox:
    """The mailbox a ticket's first mail came to; through it the mail goes out."""

    id: UUID
    address: str
    name: str = ""


@dataclass(frozen=True)
class Speaker:
    """The person who acts."""

    address: str
    name: str
    may_send_as: bool
    """Whether this person's own address may stand in From."""


@dataclass(frozen=True)
class Identity:
    """Who a mail is from, and a sentence that says why."""

    address: str
    name: str
    mailbox_id: UUID
    reason: str


def choice_for(setting: Mapping[str, FromAddress], department_key: str | None) -> FromAddress:
    """The department's own choice, else the default."""
    fallback = setting.get(DEFAULT, FromAddress.RECEIVING_EMAIL)
    return fallback if department_key is None else setting.get(department_key, fallback)


def sender_for(choice: FromAddress, receiving: Mailbox, actor: Speaker | None) -> Identity:
    """Decide who speaks. Without an actor the system does."""
    match choice, actor:
        case FromAddress.RECEIVING_EMAIL, _:
            reason = "The setting is receiving_email: the address that the ticket's first mail came to."
            return Identity(receiving.address, receiving.name, receiving.id, reason)
        case _, None:
            reason = "The setting is logged_in_user, but the system acts: sent from the receiving address."
            return Identity(receiving.address, receiving.name, receiving.id, reason)
        case _, Speaker(may_send_as=True) as person:
            reason = "The setting is logged_in_user: the address of the person who acts."
            return Identity(person.address, person.name, receiving.id, reason)
        case _, person:
            return instead_of_person(receiving, person, "this person may not send as their own address")


def instead_of_person(receiving: Mailbox, person: Speaker, why: str) -> Identity:
    """The receiving address with the person's name; also when the provider refuses the person's address."""
    reason = f"The setting is logged_in_user, but {why}: sent from the receiving address with their name."
    return Identity(receiving.address, person.name or receiving.name, receiving.id, reason)
