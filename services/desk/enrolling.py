"""Mailboxes as a person or a program wants them: the secret looked at and sealed, then added or changed."""

from functools import partial
from uuid import UUID

from pydantic import ValidationError

from services.desk.configuration.mailboxes import MailboxSettings, add_mailbox, change_mailbox
from services.desk.configuration.secrets import Before, Typed, secret_columns
from services.desk.desk import Desk
from services.desk.errors import NotHere
from services.desk.forms.plugins import problems_of
from services.desk.languages import gettext
from services.desk.queries.mailboxes import MailboxRow, mailbox_rows
from services.desk.queries.reading import Reading
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent
from shared.contracts.examining import ExamineMailbox


async def the_mailbox(reading: Reading, mailbox: UUID) -> MailboxRow:
    """Return the mailbox of an id. Raises NotHere."""
    found = await mailbox_rows(reading, mailbox)
    if not found:
        raise NotHere(gettext("There is no such mailbox."))
    return found[0]


async def enrol(desk: Desk, tenant: str, wanted: MailboxSettings, typed: Typed) -> tuple[UUID, UUID]:
    """Add a mailbox and have it examined once, so that whoever added it sees at once what is wrong; return
    both ids.

    Raises:
        SecretWrong, AddressTaken: it cannot be added so.
        Permanent: the provider is not installed, the quota is full, or no secret can be sealed here.
    """
    secret = secret_columns(wanted, None, typed, partial(_sealed, desk), desk.clock())
    async with desk.units.acting(tenant) as unit:
        mailbox = await add_mailbox(unit.db, tenant, wanted, secret, at=unit.now)
        asked = ExamineMailbox(tenant=tenant, mailbox=mailbox)
        unit.emit(asked)
    return mailbox, asked.id


async def alter(desk: Desk, tenant: str, row: MailboxRow, wanted: MailboxSettings, typed: Typed) -> None:
    """Change a mailbox; without a secret typed, the one that is kept stays. Raises as `enrol` does."""
    before = Before(row.provider, row.settings, row.has_secret, row.secret_thumbprint)
    secret = secret_columns(wanted, before, typed, partial(_sealed, desk), desk.clock())
    async with desk.writing(tenant) as db:
        await change_mailbox(db, tenant, row.id, wanted, secret)


def problems_in(error: ValidationError) -> dict[str, str]:
    """Say what is wrong, by field; a model names the field first where two belong together."""
    found = {}
    for name, text in problems_of(error).items():
        field, cut, rest = text.partition(": ")
        found[field.lower() if not name and cut else name] = sentence(rest if not name and cut else text)
    return found


def _sealed(desk: Desk, secret: str) -> bytes:
    if desk.sealer is None:
        raise Permanent(
            "this process has no key to seal a secret with: run `postroom keys make`", code="key_missing"
        )
    return desk.sealer.seal(secret)
