"""Mailboxes: how each stands, added, changed, fetched now, put away; never their secrets."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, JsonValue, SecretStr, ValidationError

from services.desk.api.answering import NOT_HERE, REFUSED, CommandAnswer, Key, carried_out
from services.desk.api.paging import Page, whole
from services.desk.configuration.mailboxes import AddressTaken, MailboxSettings, archive_mailbox
from services.desk.configuration.secrets import SecretWrong, Typed
from services.desk.desk import Desk, TheDesk
from services.desk.enrolling import alter, enrol, problems_in, the_mailbox
from services.desk.errors import Conflict, Invalid, NotHere
from services.desk.forms.plugins import GROUP
from services.desk.queries.mailboxes import (
    Light,
    folder_choices,
    mailbox_rows,
    scan_period,
)
from services.desk.queries.people import User
from services.desk.signin.auth import AdminToken
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent
from shared.contracts.folders import ListFolders
from shared.contracts.waking import WakeMailbox
from shared.plugins.loading import plugin
from shared.plugins.proofs import Entered

router = APIRouter(prefix="/mailboxes", tags=["mailboxes"])


class MailboxOut(BaseModel):
    id: UUID
    address: str = Field(examples=["help@acme.test"])
    aliases: list[str] = Field(description="Other addresses whose mail comes here.")
    provider: str = Field(examples=["graph"])
    folder: str
    state: Light
    last_scan_at: datetime | None
    last_success_at: datetime | None
    error_code: str | None = Field(description="The provider's own.", examples=["AADSTS7000222"])
    error_text: str | None
    secret_expires_at: datetime | None = Field(description="As a person or the certificate said.")
    waiting: int = Field(description="Mails listed and not yet kept.")
    imported: int = Field(description="Mails from before the mailbox was added, listed so far.")
    importing: int = Field(description="Of these, those not yet kept.")
    notified_until: datetime | None = Field(
        description="Until when the provider tells of new mail; null: it does not."
    )
    notify_code: str | None = Field(description="Why it does not; mail is found by looking all the same.")
    notify_text: str | None


class MailboxDetails(MailboxOut):
    """With what people set of it; its secret is told by nobody."""

    name: str
    settings: dict[str, JsonValue] = Field(description="The provider's own.")
    has_secret: bool
    department: UUID | None
    enabled: bool
    after_storing: str
    move_to: str | None
    backfill: str
    backfill_since: datetime | None
    import_as: str


class MailboxIn(MailboxSettings):
    secret: SecretStr | None = Field(
        default=None, description="A client secret, or a certificate with its key (PEM). Left out: as it was."
    )
    passphrase: SecretStr = Field(default=SecretStr(""), description="Of the key, where it has one.")
    secret_expires: date | None = None

    @property
    def plain(self) -> MailboxSettings:
        """Without the secret. Raises ValidationError, or Permanent: the provider is not installed."""
        model: type[BaseModel] = plugin(GROUP, self.provider).settings
        own = model.model_validate(self.settings).model_dump(mode="json")
        named = {name: getattr(self, name) for name in MailboxSettings.model_fields}
        return MailboxSettings.model_validate(named | {"settings": own})

    @property
    def typed(self) -> Typed:
        content = self.secret.get_secret_value().encode() if self.secret else b""
        entered = Entered(content, self.passphrase.get_secret_value()) if content else None
        return Typed(entered, self.secret_expires)


class FolderOut(BaseModel):
    id: str = Field(description="The provider's own; a mailbox's `folder` and `move_to` take it.")
    path: str = Field(examples=["Inbox/Orders"])


@router.get("", summary="List mailboxes")
async def list_mailboxes(desk: TheDesk, user: AdminToken) -> Page[MailboxOut]:
    """All of them."""
    async with desk.reading(user) as reading:
        rows, period = await mailbox_rows(reading), await scan_period(reading)
    now = desk.clock()
    names = set(MailboxOut.model_fields) - {"state"}
    return whole(
        [
            MailboxOut(state=row.light(now, period), **{name: getattr(row, name) for name in names})
            for row in rows
        ]
    )


@router.post("", status_code=201, summary="Add a mailbox", responses=REFUSED)
async def add(desk: TheDesk, user: AdminToken, wanted: MailboxIn, response: Response) -> MailboxDetails:
    """It is examined once; `Location` is where that is read. An address is added once, whoever asks twice."""
    with _told():
        mailbox, run = await enrol(desk, user.tenant, wanted.plain, wanted.typed)
    response.headers["Location"] = f"/api/v1/mailboxes/{mailbox}/examinations/{run}"
    return await _details(desk, user, mailbox)


@router.get("/{mailbox}", summary="Read a mailbox", responses=NOT_HERE)
async def read(desk: TheDesk, user: AdminToken, mailbox: UUID) -> MailboxDetails:
    return await _details(desk, user, mailbox)


@router.put("/{mailbox}", summary="Change a mailbox", responses=NOT_HERE | REFUSED)
async def replace(desk: TheDesk, user: AdminToken, mailbox: UUID, wanted: MailboxIn) -> MailboxDetails:
    """The whole of it; what is not named has its default. Its secret stays unless one is named."""
    async with desk.reading(user) as reading:
        row = await the_mailbox(reading, mailbox)
    with _told():
        await alter(desk, user.tenant, row, wanted.plain, wanted.typed)
    return await _details(desk, user, mailbox)


@router.delete("/{mailbox}", status_code=204, summary="Archive a mailbox", responses=NOT_HERE)
async def remove(desk: TheDesk, user: AdminToken, mailbox: UUID) -> Response:
    """It is fetched no more; its tickets keep it."""
    async with desk.writing(user.tenant) as db:
        if not await archive_mailbox(db, user.tenant, mailbox, at=desk.clock()):
            raise NotHere("There is no such mailbox.")
    return Response(status_code=204)


@router.post("/{mailbox}/scan", status_code=202, summary="Fetch a mailbox now", responses=NOT_HERE | REFUSED)
async def scan(desk: TheDesk, user: AdminToken, mailbox: UUID) -> MailboxDetails:
    """Instead of when its turn comes. Asked twice, it is looked at once more."""
    async with desk.reading(user) as reading:
        row = await the_mailbox(reading, mailbox)
    if not row.enabled:
        raise Conflict(f"{row.address} is off.", remedy="Set enabled first.")
    async with desk.units.acting(user.tenant) as unit:
        unit.emit(WakeMailbox(tenant=user.tenant, mailbox=mailbox))
    return await _details(desk, user, mailbox)


@router.get("/{mailbox}/folders", summary="List the folders of a mailbox", responses=NOT_HERE)
async def list_folders(desk: TheDesk, user: AdminToken, mailbox: UUID) -> Page[FolderOut]:
    """All of them, as ingest last saw them; empty before the mailbox was read for the first time."""
    async with desk.reading(user) as reading:
        found = await folder_choices(reading, mailbox)
    return whole([FolderOut(id=one, path=path) for one, path in found])


@router.post("/{mailbox}/folders", summary="List the folders of a mailbox anew", responses=NOT_HERE | REFUSED)
async def list_folders_anew(
    desk: TheDesk, user: AdminToken, mailbox: UUID, key: Key, response: Response
) -> CommandAnswer:
    """Ingest asks the provider with the next scan, which comes at once; `GET` tells them when it has."""
    async with desk.reading(user) as reading:
        await the_mailbox(reading, mailbox)
    return await carried_out(desk, key, ListFolders(id=key.id, tenant=user.tenant, mailbox=mailbox), response)


@contextmanager
def _told() -> Iterator[None]:
    """Say what is wrong with a mailbox as every other problem is said."""
    try:
        yield
    except ValidationError as error:
        named = {f"settings.{name}".removesuffix("."): what for name, what in problems_in(error).items()}
        raise Invalid("The settings do not fit the provider.", errors=named) from error
    except SecretWrong as error:
        raise Invalid(sentence(str(error)), errors={"secret": sentence(str(error))}) from error
    except (AddressTaken, Permanent) as error:
        raise Conflict(sentence(str(error))) from error


async def _details(desk: Desk, user: User, mailbox: UUID) -> MailboxDetails:
    async with desk.reading(user) as reading:
        row, period = await the_mailbox(reading, mailbox), await scan_period(reading)
    names = set(MailboxDetails.model_fields) - {"state"}
    facts = {name: getattr(row, name) for name in names}
    return MailboxDetails(state=row.light(desk.clock(), period), **facts)
