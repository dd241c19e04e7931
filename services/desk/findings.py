"""What an examination found, in the words and signs of a page. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from services.desk.queries.examinations import Examination
from services.desk.rendering import sentence
from services.desk.words import Sign, counted
from shared.plugins.mailboxes import Finding, Verdict

VERDICTS = {
    Verdict.OK: Sign("circle-check", "Passed", "ok"),
    Verdict.WARNING: Sign("triangle-alert", "Warning", "warn"),
    Verdict.FAILED: Sign("circle-x", "Failed", "bad"),
    Verdict.SKIPPED: Sign("circle-dashed", "Skipped", "text-2"),
}
NEVER = Sign("circle-dashed", "Not checked yet")
ASKED = Sign("clock", "Waiting for ingest to begin", "info")


@dataclass(frozen=True)
class Row:
    """One line: a finding, or several that were skipped for the same reason."""

    sign: Sign
    checks: tuple[str, ...]
    finding: Finding

    @property
    def title(self) -> str:
        """Names of folders keep their capitals."""
        (first, *others) = self.checks
        return counted(len(self.checks), "check") if others else first[:1].upper() + first[1:]

    @property
    def text(self) -> str:
        """What was found as a sentence; an address that it begins with stays as it is."""
        found = self.finding.found
        return f"{found}." if "@" in found.split(" ", 1)[0] else sentence(found)


def headline(found: Examination | None, *, asked: bool = False) -> Sign:
    """Say how it stands. `asked`: for one that ingest does not know of yet."""
    match found:
        case None:
            return ASKED if asked else NEVER
        case Examination(state="waiting"):
            return ASKED
        case Examination(state="running"):
            return Sign("loader-circle", f"Checking: {counted(len(found.findings), 'result')} so far", "info")
        case Examination(state="failed"):
            return Sign("circle-x", f"Not finished: {found.reason}", "bad")
        case _:
            return _of(found)


def _of(found: Examination) -> Sign:
    failed, warnings = found.count("failed"), found.count("warning")
    also = f", {counted(warnings, 'warning')}" if warnings else ""
    match found.verdict:
        case Verdict.FAILED:
            return Sign("circle-x", f"{counted(failed, 'check')} failed{also}", "bad")
        case Verdict.WARNING:
            return Sign("triangle-alert", f"It works, with {counted(warnings, 'warning')}", "warn")
        case _:
            return Sign("circle-check", "Everything works", "ok")


def rows_of(findings: Iterable[Finding]) -> list[Row]:
    """The findings in their order; those skipped one after the other for one reason share a line."""
    rows = []
    for (verdict, _), group in groupby(findings, key=_kind):
        some = tuple(group)
        if verdict is Verdict.SKIPPED:
            rows.append(Row(VERDICTS[verdict], tuple(one.check for one in some), some[0]))
        else:
            rows += [Row(VERDICTS[one.verdict], (one.check,), one) for one in some]
    return rows


def _kind(finding: Finding) -> tuple[Verdict, str]:
    return finding.verdict, finding.found if finding.verdict is Verdict.SKIPPED else ""
