"""Mailboxes: what people set, beside what ingest tracks."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy import and_, case, func, select, true

from services.desk.queries.reading import Reading
from services.desk.wording.secrets import ending_in_words
from shared.plugins.proofs import step_of
from shared.storage.config import departments, mailboxes
from shared.storage.ingest import cursors, folders, subscriptions
from shared.storage.ingest import mails as ledger
from shared.storage.options import options_of

Light = Literal["fetching", "idle", "behind", "failing", "off"]
WAITING = ("listed",)


@dataclass(frozen=True)
class MailboxRow:
    id: UUID
    address: str
    aliases: list[str]
    """Other addresses whose mail comes here."""
    name: str
    provider: str
    settings: dict[str, JsonValue]
    has_secret: bool
    secret_expires_at: datetime | None
    secret_thumbprint: str | None
    folder: str
    folder_path: str | None
    """How people call the folder, when it is known by its id."""
    department: UUID | None
    department_name: str | None
    enabled: bool
    after_storing: str
    move_to: str | None
    backfill: str
    backfill_since: datetime | None
    import_as: str
    last_scan_at: datetime | None
    last_success_at: datetime | None
    due_at: datetime | None
    lease_until: datetime | None
    error_code: str | None
    error_text: str | None
    error_since: datetime | None
    throttled: bool
    last_mail_at: datetime | None
    waiting: int
    first_round_done: bool | None
    imported: int
    """Mails that were there before and are wanted, as far as they are listed."""
    importing: int
    """Of these, how many are not kept yet."""
    folders_at: datetime | None
    """When its folders were listed last; None: they are listed with its next scan."""
    notified_until: datetime | None
    """Until when its provider tells of new mail, unless that is renewed."""
    notify_code: str | None
    """Why it does not."""
    notify_text: str | None

    def ending(self, now: datetime) -> str:
        """Say when its secret ends; nothing while that is far or not known."""
        if self.secret_expires_at is None or step_of(self.secret_expires_at, now) is None:
            return ""
        return ending_in_words(self.secret_expires_at, now, certificate=bool(self.secret_thumbprint))

    def light(self, now: datetime, period: timedelta) -> Light:
        """Say how it stands; behind is held up by the provider's limits, or not read for two periods."""
        if not self.enabled:
            return "off"
        if self.error_code or self.error_text:
            return "behind" if self.throttled else "failing"
        if self.lease_until and self.lease_until > now:
            return "fetching"
        late = self.last_success_at is None or now - self.last_success_at > 2 * period + timedelta(minutes=1)
        return "behind" if late else "idle"


async def mailbox_rows(reading: Reading, mailbox: UUID | None = None) -> list[MailboxRow]:
    """Return the mailboxes by their addresses; or the one that is named."""
    named = mailboxes.c.id == mailbox if mailbox else true()
    own = ledger.c.mailbox == mailboxes.c.id
    last_mail = select(func.max(ledger.c.received_at)).where(own).scalar_subquery()
    waiting = select(func.count()).where(own, ledger.c.state.in_(WAITING)).scalar_subquery()
    old = select(func.count()).where(own, ledger.c.there_before, ledger.c.state != "ignored")
    of_mailbox = ("id", "address", "aliases", "name", "provider", "settings", "department", "enabled")
    of_storing = ("folder", "after_storing", "move_to", "backfill", "backfill_since", "import_as")
    of_cursor = ("first_round_done", "last_scan_at", "last_success_at", "due_at", "lease_until", "folders_at")
    of_error = ("error_code", "error_text", "error_since", "throttled")
    found = await reading.db.execute(
        select(
            *(mailboxes.c[name] for name in (*of_mailbox, *of_storing)),
            *(cursors.c[name] for name in (*of_cursor, *of_error)),
            mailboxes.c.secret.is_not(None).label("has_secret"),
            mailboxes.c.secret_expires_at,
            mailboxes.c.secret_thumbprint,
            departments.c.name.label("department_name"),
            folders.c.path.label("folder_path"),
            case((subscriptions.c.provider_id.is_not(None), subscriptions.c.expires_at)).label(
                "notified_until"
            ),
            subscriptions.c.error_code.label("notify_code"),
            subscriptions.c.error_text.label("notify_text"),
            last_mail.label("last_mail_at"),
            waiting.label("waiting"),
            old.scalar_subquery().label("imported"),
            old.where(ledger.c.state.in_(WAITING)).scalar_subquery().label("importing"),
        )
        .select_from(
            mailboxes.outerjoin(cursors, cursors.c.id == mailboxes.c.id)
            .outerjoin(subscriptions, subscriptions.c.id == mailboxes.c.id)
            .outerjoin(departments, departments.c.id == mailboxes.c.department)
            .outerjoin(folders, and_(folders.c.mailbox == mailboxes.c.id, folders.c.id == mailboxes.c.folder))
        )
        .where(reading.own(mailboxes), mailboxes.c.archived_at.is_(None), named)
        .order_by(mailboxes.c.address)
    )
    return [MailboxRow(**row) for row in found.mappings()]


async def folder_choices(reading: Reading, mailbox: UUID) -> list[tuple[str, str]]:
    """The id and path of each folder, as ingest last saw them."""
    mine = (reading.own(folders), folders.c.mailbox == mailbox)
    found = await reading.db.execute(
        select(folders.c.id, folders.c.path).where(*mine).order_by(folders.c.path)
    )
    return [(row.id, row.path) for row in found]


async def scan_period(reading: Reading) -> timedelta:
    return timedelta(minutes=(await options_of(reading.db, reading.tenant)).mail_scan_frequency)
