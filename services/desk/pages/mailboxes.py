"""Mailboxes: how each stands, and adding or changing one."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import JsonValue, ValidationError
from starlette.datastructures import FormData, UploadFile

from services.desk.configuration.mailboxes import (
    AddressTaken,
    MailboxSettings,
    archive_mailbox,
)
from services.desk.configuration.secrets import SecretWrong, Typed
from services.desk.desk import Desk, TheDesk
from services.desk.enrolling import alter, enrol, problems_in, the_mailbox
from services.desk.errors import Conflict, NotHere
from services.desk.forms import meanwhile
from services.desk.forms.fields import id_in, text_of
from services.desk.forms.plugins import (
    as_typed,
    checked_settings,
    fields_of,
    looks_at_secrets,
    providers,
)
from services.desk.languages import gettext, later
from services.desk.pages.showing import back, show
from services.desk.queries.examinations import latest_examination
from services.desk.queries.mailboxes import MailboxRow, folder_choices, mailbox_rows, scan_period
from services.desk.queries.people import department_choices, perhaps_ours
from services.desk.queries.quotas import over_quota
from services.desk.queries.reading import Reading
from services.desk.signin.auth import Admin, FileForm, Form, SignedIn
from services.desk.wording.findings import headline
from services.desk.wording.plain import sentence
from shared.contracts.errors import Permanent
from shared.contracts.waking import WakeMailbox
from shared.plugins.proofs import Entered

router = APIRouter(prefix="/mailboxes", include_in_schema=False)

SECRETS = ("secret", "secret_text", "passphrase")
"""Fields that are never shown again."""
LABELS = {
    "address": later("Address"),
    "aliases": later("Other addresses"),
    "name": later("Display name"),
    "folder": later("Folder"),
    "department": later("Department"),
    "enabled": later("Read this mailbox"),
    "after_storing": later("Once a mail is kept"),
    "move_to": later("Move to"),
    "backfill": later("Mail that was there before"),
    "backfill_since": later("Since"),
    "import_as": later("Tickets made of it are"),
    "secret_expires": later("It expires on"),
}
PLAIN = ("address", "aliases", "name", "folder", "after_storing", "move_to", "backfill", "import_as")


@router.get("")
async def mailboxes_page(desk: TheDesk, signed: Admin, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        period = await scan_period(reading)
        rows = await mailbox_rows(reading)
        lights = {row.id: row.light(desk.clock(), period) for row in rows}
        return await show(
            desk,
            reading,
            signed,
            "mailboxes.html",
            said=said,
            rows=rows,
            lights=lights,
            quota=await over_quota(reading),
            place="mailboxes",
        )


@router.get("/new")
async def new_mailbox_page(desk: TheDesk, signed: Admin, provider: str = "", onward: str = "") -> Response:
    """`onward`: "welcome" when the first run goes on after it."""
    installed = [one.key for one in providers()]
    return await _form_page(
        desk,
        signed,
        None,
        {
            "provider": provider or next(iter(installed), ""),
            "enabled": "on",
            "folder": "inbox",
            "onward": onward,
        },
    )


@router.post("/new")
async def add(desk: TheDesk, signed: Admin, form: FileForm) -> Response:
    return await _save(desk, signed, None, form)


@router.get("/{mailbox}")
async def mailbox_page(desk: TheDesk, signed: Admin, mailbox: UUID, said: str = "") -> Response:
    async with desk.reading(signed.user) as reading:
        row = await the_mailbox(reading, mailbox)
    return await _form_page(desk, signed, row, _filled(row), said=said)


@router.post("/{mailbox}")
async def change(desk: TheDesk, signed: Admin, mailbox: UUID, form: FileForm) -> Response:
    async with desk.reading(signed.user) as reading:
        row = await the_mailbox(reading, mailbox)
    return await _save(desk, signed, row, form)


@router.post("/{mailbox}/scan")
async def scan_now(desk: TheDesk, signed: Admin, mailbox: UUID, form: Form) -> Response:
    """Have ingest look now instead of when its turn comes."""
    del form  # checked by its type; nothing else stands in it
    async with desk.reading(signed.user) as reading:
        row = await the_mailbox(reading, mailbox)
    if not row.enabled:
        raise Conflict(
            gettext("%(address)s is off.", address=row.address), remedy=gettext("Switch it on first.")
        )
    async with desk.units.acting(signed.tenant) as unit:
        unit.emit(WakeMailbox(tenant=signed.tenant, mailbox=mailbox))
    return back("/mailboxes", "scanning")


@router.post("/{mailbox}/archive")
async def archive(desk: TheDesk, signed: Admin, mailbox: UUID, form: Form) -> Response:
    del form  # checked by its type; nothing else stands in it
    async with desk.writing(signed.tenant) as db:
        if not await archive_mailbox(db, signed.tenant, mailbox, at=desk.clock()):
            raise NotHere(gettext("There is no such mailbox."))
    return back("/mailboxes", "archived")


async def _save(desk: Desk, signed: SignedIn, row: MailboxRow | None, form: FormData) -> Response:
    filled = {name: value for name, value in form.items() if isinstance(value, str) and name not in SECRETS}
    now = _filled(row) if row else {}
    kept = meanwhile.together(filled, filled.get(meanwhile.FIELD, ""), now)
    if row and kept.both:
        return await _form_page(desk, signed, row, kept.values | {meanwhile.FIELD: ""}, both=kept.both)
    try:
        wanted = _settings(kept.values)
        typed = Typed(await _entered(form), _day(kept.values.get("secret_expires", "").strip()))
        if row is None:
            mailbox, run = await enrol(desk, signed.tenant, wanted, typed)
            welcome = text_of(form, "onward") == "welcome"
            return back("/welcome" if welcome else f"/mailboxes/{mailbox}/doctor?run={run}", "added")
        await alter(desk, signed.tenant, row, wanted, typed)
    except ValidationError as error:
        return await _form_page(desk, signed, row, filled, problems_in(error))
    except SecretWrong as error:
        return await _form_page(desk, signed, row, filled, {"secret": sentence(str(error))})
    except AddressTaken as error:
        return await _form_page(desk, signed, row, filled, {"address": sentence(str(error))})
    except Permanent as error:
        return await _form_page(desk, signed, row, filled, {"": sentence(error.reason)})
    return back("/mailboxes", "saved")


def _settings(filled: dict[str, str]) -> MailboxSettings:
    """Read the form. Raises ValidationError, or Permanent when the provider is not installed."""
    texts = {name: value.strip() for name, value in filled.items()}
    provider = texts.get("provider", "")
    own = {name.removeprefix("own."): value for name, value in filled.items() if name.startswith("own.")}
    since = texts.get("backfill_since", "")
    begins: dict[str, Any] = {"backfill_since": _midnight(since)} if since else {}  # Any: into the model
    return MailboxSettings(
        **{name: texts[name] for name in PLAIN if texts.get(name)},
        **begins,
        provider=provider,
        settings=checked_settings(provider, own),
        department=id_in(texts.get("department", "")),
        enabled=bool(texts.get("enabled")),
    )


def _midnight(text: str) -> datetime | str:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return text


async def _entered(form: FormData) -> Entered | None:
    """The secret, in whichever field it came."""
    file = form.get("secret_file")
    content = await file.read() if isinstance(file, UploadFile) else b""
    content = content or (text_of(form, "secret_text") or text_of(form, "secret")).encode()
    return Entered(content, text_of(form, "passphrase")) if content else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError as error:
        raise SecretWrong("the day it expires is a date, such as 2027-01-31") from error


def _filled(row: MailboxRow) -> dict[str, str]:
    own: dict[str, JsonValue] = row.settings
    plain = {name: str(getattr(row, name) or "") for name in PLAIN} | {"aliases": ", ".join(row.aliases)}
    since = f"{row.backfill_since:%Y-%m-%d}" if row.backfill_since else ""
    return (
        {f"own.{name}": as_typed(value) for name, value in own.items()}
        | plain
        | {
            "provider": row.provider,
            "department": str(row.department or ""),
            "enabled": "on" if row.enabled else "",
            "backfill_since": since,
            "secret_expires": f"{row.secret_expires_at:%Y-%m-%d}" if row.secret_expires_at else "",
        }
    )


# Any: differs by name
async def _choices(reading: Reading, row: MailboxRow | None) -> dict[str, Any]:
    return {
        "departments": await department_choices(reading, also=row.department if row else None),
        "folders": await folder_choices(reading, row.id) if row else [],
        "seen_aliases": await perhaps_ours(reading, row.id, row.address) if row else [],
    }


async def _form_page(
    desk: Desk,
    signed: SignedIn,
    row: MailboxRow | None,
    filled: dict[str, str],
    errors: dict[str, str] | None = None,
    *,
    said: str = "",
    both: tuple[str, ...] = (),
) -> Response:
    now = _filled(row) if row else {}
    try:
        fields, files = fields_of(filled.get("provider", "")), looks_at_secrets(filled.get("provider", ""))
    except Permanent as error:
        fields, files, errors = [], False, {"provider": sentence(error.reason)} | (errors or {})
    async with desk.reading(signed.user) as reading:
        examined = await latest_examination(reading, row.id) if row else None
        return await show(
            desk,
            reading,
            signed,
            "mailbox.html",
            status=422 if errors else 409 if both else 200,
            said=said,
            meanwhile=meanwhile.in_words(both, LABELS, now | {"department": "", "enabled": ""}),
            as_shown=meanwhile.shown_with(filled, now),
            row=row,
            filled=filled,
            errors=errors or {},
            fields=fields,
            providers=providers(),
            provider=next((one for one in providers() if one.key == filled.get("provider")), None),
            **await _choices(reading, row),
            takes_files=files,
            can_seal=desk.sealer is not None,
            examined=examined,
            head=headline(examined),
            place="mailboxes",
        )
