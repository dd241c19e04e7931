"""Examinations of a mailbox: what ingest was asked to look at, and what it found."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from sqlalchemy import Row, select

from services.desk.queries.paging import latest
from services.desk.queries.reading import Reading
from shared.plugins.mailboxes import Finding, Verdict
from shared.storage.ingest import examinations

Stage = Literal["waiting", "running", "done", "failed"]
SHOWN = 20


@dataclass(frozen=True)
class Examination:
    id: UUID
    state: Stage
    send: bool
    asked_by: str | None
    """None: it was examined because it was new."""
    asked_at: datetime
    began_at: datetime | None
    ended_at: datetime | None
    reason: str | None
    """Why it ended before its time."""
    findings: tuple[Finding, ...]

    @property
    def open(self) -> bool:
        return self.ended_at is None

    @property
    def verdict(self) -> Verdict:
        """The worst that was found so far."""
        found = {finding.verdict for finding in self.findings}
        return next((one for one in (Verdict.FAILED, Verdict.WARNING) if one in found), Verdict.OK)

    def count(self, verdict: str) -> int:
        return sum(finding.verdict == verdict for finding in self.findings)


async def examinations_of(
    reading: Reading, mailbox: UUID, most: int = SHOWN, before: tuple[datetime, UUID] | None = None
) -> list[Examination]:
    """Return the latest first, from before a place in the list."""
    c = examinations.c
    mine = (reading.own(examinations), c.mailbox == mailbox)
    query = latest(select(examinations).where(*mine), c.asked_at, c.id, before, most)
    return [_examination(row) for row in await reading.db.execute(query)]


async def latest_examination(reading: Reading, mailbox: UUID) -> Examination | None:
    return next(iter(await examinations_of(reading, mailbox, 1)), None)


async def examination(reading: Reading, mailbox: UUID, run: UUID) -> Examination | None:
    c = examinations.c
    mine = (reading.own(examinations), c.mailbox == mailbox, c.id == run)
    row = (await reading.db.execute(select(examinations).where(*mine))).one_or_none()
    return None if row is None else _examination(row)


# Any: the columns of the table
def _examination(row: Row[Any]) -> Examination:
    findings = tuple(Finding(**{**one, "verdict": Verdict(one["verdict"])}) for one in row.findings)
    plain = ("id", "state", "send", "asked_by", "asked_at", "began_at", "ended_at", "reason")
    return Examination(**{name: getattr(row, name) for name in plain}, findings=findings)
