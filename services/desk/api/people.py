"""Addresses of people, as programs name them."""

from services.desk.api.given import PersonIn
from services.desk.configuration.called import is_address
from services.desk.errors import Invalid
from shared.contracts.mail import LONGEST_ADDRESS, Address


def address_of(person: PersonIn) -> Address:
    """Return whom a mail can be sent to.

    Raises:
        Invalid: nobody can write to that address.
    """
    if not is_address(person.address):
        raise Invalid(
            f"“{person.address[:LONGEST_ADDRESS]}” is not an address.",
            remedy="Write name@example.com; it has at most 254 characters.",
        )
    return Address(address=person.address.lower(), name=person.name)


def addresses_of(people: list[PersonIn]) -> tuple[Address, ...]:
    """The same of several. Raises Invalid."""
    return tuple(address_of(person) for person in people)
