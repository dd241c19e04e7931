"""Every part of which pages are made, beside each other: for whoever changes how the desk looks."""

import re
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from uuid import UUID

from fastapi import APIRouter
from fastapi.responses import Response
from pydantic import JsonValue

from services.desk.desk import TheDesk
from services.desk.pages.showing import show
from services.desk.reader import Density
from services.desk.rendering import STATIC
from services.desk.signin.auth import Signed
from services.desk.wording import signs
from shared.contracts.mail import FileDecision

router = APIRouter(prefix="/style", include_in_schema=False)

COLUMNS = ("priority", "contact", "subject", "marks", "assignee", "number", "waiting")


@dataclass(frozen=True)
class SampleTicket:
    """A line of the list, as the cells of the list want it."""

    number: int
    subject: str
    status: str
    priority: str
    contact_name: str
    contact_address: str
    created_at: datetime
    waiting_since: datetime | None = None
    is_unread: bool = False
    is_held: bool = False
    has_files: bool = False
    has_failed: bool = False
    is_forwarded: bool = False
    assignee: UUID | None = None
    assignee_name: str | None = None
    assignee_address: str | None = None
    fields: dict[str, JsonValue] = field(default_factory=dict)

    @property
    def category(self) -> str:
        return self.status


@dataclass(frozen=True)
class SampleFile:
    name: str
    size: int
    decision: FileDecision
    reason: str | None = None
    sha256: str = ""


@dataclass(frozen=True)
class SampleMail:
    files: tuple[SampleFile, ...]


@dataclass(frozen=True)
class Typed:
    """What stands in an editor."""

    text: str
    html: str = ""


@router.get("")
async def style_page(desk: TheDesk, signed: Signed) -> Response:
    async with desk.reading(signed.user) as reading:
        return await show(
            desk,
            reading,
            signed,
            "style.html",
            colours=named_in("desk.css", r"--(c-[a-z0-9-]+):"),
            icons=named_in("icons/icons.svg", r'<symbol id="([a-z0-9-]+)"'),
            signs=[
                ("Status", list(signs.STATUSES.values())),
                ("Priority", list(signs.PRIORITIES.values())),
                ("Mail", list(signs.SEND_STATES.values())),
                ("Verdict", list(signs.VERDICTS.values())),
            ],
            densities=[each.value for each in Density],
            columns=COLUMNS,
            rows=tickets(desk.clock(), signed.user.id, signed.user.name or signed.user.address),
            target=timedelta(hours=8),
            mail=SampleMail(FILES),
            typed=Typed("The fitter comes at nine."),
        )


@cache
def named_in(file: str, pattern: str) -> tuple[str, ...]:
    """Find names in a file of ours, each once, in its order: the page is never behind it."""
    return tuple(dict.fromkeys(re.findall(pattern, (STATIC / file).read_text(encoding="utf-8"))))


FILES = (
    SampleFile("plan.pdf", 48_000, FileDecision.KEPT),
    SampleFile("invoice.pdf.exe", 120_000, FileDecision.WARNED),
    SampleFile("film.mp4", 80_000_000, FileDecision.IGNORED, "80 MB; the limit is 25 MB"),
)


def tickets(now: datetime, user: UUID, name: str) -> list[SampleTicket]:
    def row(number: int, subject: str, status: str, priority: str, hours: int) -> SampleTicket:
        return SampleTicket(
            number, subject, status, priority, "Ann Archer", "ann@firm.example", now - timedelta(hours=hours)
        )

    new, late = row(1, "Lift is stuck", "new", "urgent", 1), row(2, "Printer on fire", "open", "high", 9)
    return [
        replace(new, waiting_since=new.created_at, is_unread=True),
        replace(late, waiting_since=late.created_at, has_files=True),
        replace(row(3, "Keys", "pending", "normal", 30), is_held=True, is_forwarded=True),
        replace(row(4, "Door", "closed", "low", 90), has_failed=True, assignee=user, assignee_name=name),
    ]
