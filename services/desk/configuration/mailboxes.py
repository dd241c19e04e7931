"""Add and change mailboxes: what people set, never what ingest tracks."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Self
from uuid import UUID, uuid4

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationInfo,
    field_validator,
    model_validator,
)
from sqlalchemy import insert, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from services.desk.configuration.quotas import require_room
from services.desk.languages import gettext
from shared.contracts.mail import LONGEST_ADDRESS
from shared.contracts.mailboxes import AfterStoring, Backfill, ImportAs
from shared.storage.config import mailboxes


def _address(value: object) -> object:
    text = str(value).strip().lower()
    if text.count("@") != 1 or text.startswith("@") or "." not in text.rpartition("@")[2]:
        raise ValueError(gettext("%(text)s is not an address; write help@example.com", text=repr(text)))
    if len(text.encode(errors="replace")) > LONGEST_ADDRESS:
        raise ValueError(
            gettext("is too long for an address; it has at most %(most)s characters", most=LONGEST_ADDRESS)
        )
    return text


def _one_by_one(value: object) -> object:
    """Take them one by one, or as a person types them into one line."""
    return [one for one in re.split(r"[\s,;]+", value) if one] if isinstance(value, str) else value


def _empty_is_none(value: object) -> object:
    return None if value == "" else value


YEARS_OF_MAIL = range(1970, 2101)


class MailboxSettings(BaseModel):
    """What a person sets of a mailbox; its secret goes a way of its own."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)

    address: Annotated[str, BeforeValidator(_address)]
    aliases: Annotated[
        tuple[Annotated[str, BeforeValidator(_address)], ...], BeforeValidator(_one_by_one)
    ] = ()
    """Other addresses whose mail comes here. Mail to them is ours, so they are never answered."""
    name: str = ""
    """The display name beside the address in mail that goes out."""
    provider: Annotated[str, Field(min_length=1)]
    settings: dict[str, JsonValue] = Field(default_factory=dict)
    """The provider's own; checked by its model."""
    folder: Annotated[str, Field(min_length=1)] = "inbox"
    department: Annotated[UUID | None, BeforeValidator(_empty_is_none)] = None
    enabled: bool = True
    after_storing: AfterStoring = AfterStoring.LEAVE
    move_to: Annotated[str | None, BeforeValidator(_empty_is_none)] = None
    backfill: Backfill = Backfill.IGNORE
    backfill_since: Annotated[AwareDatetime | None, BeforeValidator(_empty_is_none)] = None
    import_as: ImportAs = ImportAs.NEW
    """The status of tickets made from mail that was there before."""

    @field_validator("aliases")
    @classmethod
    def _others_than_its_own(cls, aliases: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        return tuple(one for one in dict.fromkeys(aliases) if one != info.data.get("address"))

    @model_validator(mode="after")
    def _choices_are_whole(self) -> Self:
        if self.after_storing is AfterStoring.MOVE and not self.move_to:
            raise ValueError("move_to: " + gettext("name the folder to move to"))
        if self.backfill is Backfill.SINCE and self.backfill_since is None:
            raise ValueError("backfill_since: " + gettext("name the date to begin at"))
        if self.backfill_since is not None and self.backfill_since.year not in YEARS_OF_MAIL:
            raise ValueError("backfill_since: " + gettext("name a date from 1970 to 2100"))
        return self


class AddressTaken(ValueError):
    """The tenant has a mailbox with this address."""


async def add_mailbox(
    db: AsyncConnection, tenant: str, wanted: MailboxSettings, secret: Mapping[str, object], *, at: datetime
) -> UUID:
    """Add a mailbox. `secret`: see `secret_columns`. Raises AddressTaken, or Permanent beyond the quota."""
    await require_room(db, tenant, "mailboxes")
    mailbox = uuid4()
    values = wanted.model_dump() | dict(secret) | {"id": mailbox, "tenant": tenant, "created_at": at}
    try:
        async with db.begin_nested():
            await db.execute(insert(mailboxes).values(values))
    except IntegrityError as error:
        raise AddressTaken(_taken(wanted.address)) from error
    return mailbox


async def change_mailbox(
    db: AsyncConnection, tenant: str, mailbox: UUID, wanted: MailboxSettings, secret: Mapping[str, object]
) -> bool:
    """Change a mailbox. `secret`: see `secret_columns`. Raises AddressTaken."""
    values = wanted.model_dump() | dict(secret)
    mine = (mailboxes.c.tenant == tenant, mailboxes.c.id == mailbox)
    try:
        async with db.begin_nested():
            done = await db.execute(update(mailboxes).where(*mine).values(values).returning(mailboxes.c.id))
    except IntegrityError as error:
        raise AddressTaken(_taken(wanted.address)) from error
    return done.first() is not None


async def archive_mailbox(db: AsyncConnection, tenant: str, mailbox: UUID, *, at: datetime) -> bool:
    """Archive a mailbox: it is scanned no more, and its tickets keep its name."""
    done = await db.execute(
        update(mailboxes)
        .where(mailboxes.c.tenant == tenant, mailboxes.c.id == mailbox, mailboxes.c.archived_at.is_(None))
        .values(archived_at=at, enabled=False)
        .returning(mailboxes.c.id)
    )
    return done.first() is not None


def _taken(address: str) -> str:
    return gettext(
        "%(address)s is a mailbox of this tenant already, perhaps an archived one", address=address
    )
