"""Organizations, their domains and contacts: commands to ticketing, which keeps them."""

from typing import ClassVar
from uuid import UUID

from shared.contracts.base import Message
from shared.contracts.tickets import Actor


class CreateOrganization(Message):
    """A person enters an organization."""

    name: ClassVar[str] = "organization.create.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    called: str
    domains: tuple[str, ...] = ()
    actor: Actor


class ChangeOrganization(Message):
    """A person renames an organization, gives it domains, takes some away. All of it, or nothing."""

    name: ClassVar[str] = "organization.change.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    organization: UUID
    called: str | None = None
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    actor: Actor


class ApplyDomain(Message):
    """Move the contacts of a domain, and their tickets, to the organization that has it now, or to none."""

    name: ClassVar[str] = "organization.domain.apply.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    domain: str
    actor: Actor


class ChangeContact(Message):
    """A person names a contact, or says where they belong: that stays, whatever resources and domains say."""

    name: ClassVar[str] = "contact.change.v1"
    heard_by: ClassVar[tuple[str, ...]] = ("ticketing",)

    contact: UUID
    called: str | None = None
    organization: UUID | None = None
    by_domain: bool = False
    """Nobody says any more where they belong: their domain does."""
    language: str | None = None
    """A tag; empty: nobody says it any more, their mail does."""
    actor: Actor
