"""docs/placement.md, whose table is made of the cases: `python -m tests.service.placement.page`."""

from pathlib import Path

from tests.service.placement import honest, hostile, noticed, rearranged
from tests.service.placement.cases import CASES, Case

STORIES = (honest, hostile, noticed, rearranged)
"""Where the cases are."""

PAGE = Path(__file__).parents[3] / "docs" / "placement.md"
MARK = "<!-- The table below is written by `python -m tests.service.placement.page`. -->\n"


def table() -> str:
    rows = [f"| {each.what} | {_decision(each)} | {each.reason} |" for each in CASES]
    return "\n".join(["| Case | Decision | Reason, as it is shown |", "| --- | --- | --- |", *rows, ""])


def _decision(each: Case) -> str:
    words = {
        "new": "a ticket of its own",
        "append": "joins the ticket",
        "reopen": "joins, and the ticket is open again",
        "held": "held on the ticket, for one click",
        "duplicate": "no second post",
        "automatic": "joins; the status stays" if each.reason.startswith("it answers") else "dropped",
    }
    return words[each.outcome]


def written(page: str) -> str:
    return page.partition(MARK)[0] + MARK + "\n" + table()


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
