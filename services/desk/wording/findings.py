"""What an examination found, in the words and signs of a page. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby

from services.desk.languages import gettext, later
from services.desk.queries.examinations import Examination
from services.desk.wording.amounts import counted
from services.desk.wording.reported import checked, reported, reported_inside
from services.desk.wording.signs import Sign
from shared.plugins.mailboxes import Finding, Verdict

VERDICTS = {
    Verdict.OK: Sign("circle-check", later("Passed"), "ok"),
    Verdict.WARNING: Sign("triangle-alert", later("Warning"), "warn"),
    Verdict.FAILED: Sign("circle-x", later("Failed"), "bad"),
    Verdict.SKIPPED: Sign("circle-dashed", later("Skipped"), "text-2"),
}
NEVER = Sign("circle-dashed", later("Not checked yet"))
ASKED = Sign("clock", later("Waiting for ingest to begin"), "info")


@dataclass(frozen=True)
class Row:
    """One line: a finding, or several that were skipped for the same reason."""

    sign: Sign
    checks: tuple[str, ...]
    finding: Finding

    @property
    def title(self) -> str:
        (first, *others) = self.checks
        return counted(len(self.checks), "%(count)s check", "%(count)s checks") if others else first

    @property
    def text(self) -> str:
        """What was found as a sentence."""
        return reported(self.finding.found)

    @property
    def remedy(self) -> str:
        return reported_inside(self.finding.remedy or "")


def headline(found: Examination | None, *, asked: bool = False) -> Sign:
    """Say how it stands. `asked`: for one that ingest does not know of yet."""
    match found:
        case None:
            return ASKED.said if asked else NEVER.said
        case Examination(state="waiting"):
            return ASKED.said
        case Examination(state="running"):
            so_far = ("Checking: %(count)s result so far", "Checking: %(count)s results so far")
            return Sign("loader-circle", counted(len(found.findings), *so_far), "info")
        case Examination(state="failed"):
            return Sign("circle-x", gettext("Not finished: %(reason)s", reason=found.reason), "bad")
        case _:
            return _of(found)


def _of(found: Examination) -> Sign:
    failed, warnings = found.count("failed"), found.count("warning")
    match found.verdict:
        case Verdict.FAILED:
            told = [counted(failed, "%(count)s check failed", "%(count)s checks failed")]
            if warnings:
                told.append(counted(warnings, "%(count)s warning", "%(count)s warnings"))
            return Sign("circle-x", ", ".join(told), "bad")
        case Verdict.WARNING:
            word = counted(warnings, "It works, with %(count)s warning", "It works, with %(count)s warnings")
            return Sign("triangle-alert", word, "warn")
        case _:
            return Sign("circle-check", gettext("Everything works"), "ok")


def rows_of(findings: Iterable[Finding]) -> list[Row]:
    """The findings in their order; those skipped one after the other for one reason share a line."""
    rows = []
    for (verdict, _), group in groupby(findings, key=_kind):
        some = tuple(group)
        if verdict is Verdict.SKIPPED:
            rows.append(Row(VERDICTS[verdict].said, tuple(checked(one.check) for one in some), some[0]))
        else:
            rows += [Row(VERDICTS[one.verdict].said, (checked(one.check),), one) for one in some]
    return rows


def _kind(finding: Finding) -> tuple[Verdict, str]:
    return finding.verdict, finding.found if finding.verdict is Verdict.SKIPPED else ""
