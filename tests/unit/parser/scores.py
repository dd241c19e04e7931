"""docs/parser-scores.md: how many golden mails come out as a person would want them, by client, language
and kind of mail: `python -m tests.unit.parser.scores`."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from services.parser.parsing import parse
from tests.unit.parser.golden import MAILS, POLICY, facts, golden

PAGE = Path(__file__).parents[3] / "docs" / "parser-scores.md"
MARK = "<!-- All below is written by `python -m tests.unit.parser.scores`. -->\n"
FACTS = {"reply": "Reply", "signature": "Signature", "submitter": "Forward sender", "automatic": "Automatic"}
"""The facts that count -> how the page calls them."""


@dataclass(frozen=True)
class Scored:
    name: str
    client: str
    language: str
    kind: str
    wanted: frozenset[str]
    """Facts of which a person would want something else than the golden facts say."""
    missed: frozenset[str]
    """Facts of which something else comes out."""


@cache
def scored() -> tuple[Scored, ...]:
    return tuple(_scored(mail) for mail in sorted(MAILS.glob("*.eml")))


def _scored(mail: Path) -> Scored:
    said = golden(mail)
    found, wanted = facts(parse(mail.read_bytes(), POLICY).document), said.get("wanted", {})
    missed = {fact for fact in FACTS if (found.get(fact) or None) != ({**said, **wanted}.get(fact) or None)}
    about = said["about"]
    return Scored(
        mail.stem, about["client"], about["language"], about["kind"], frozenset(wanted), frozenset(missed)
    )


def written(page: str) -> str:
    mails = scored()
    exact = sum(not one.missed for one in mails)
    parts = (
        f"{len(mails)} mails, {exact} of them exactly as wanted.\n",
        _table("Client", mails, lambda one: one.client),
        _table("Language", mails, lambda one: one.language),
        _table("Kind", mails, lambda one: one.kind),
        _misses(mails),
    )
    return page.partition(MARK)[0] + MARK + "\n" + "\n".join(parts)


def _table(title: str, mails: Sequence[Scored], of: Callable[[Scored], str]) -> str:
    heads = [title, "Mails", "Exact", *FACTS.values()]
    rows = [f"| {' | '.join(heads)} |", f"| --- |{' ---: |' * (len(heads) - 1)}"]
    for value in sorted({of(one) for one in mails}, key=str.casefold):
        group = [one for one in mails if of(one) == value]
        counts = (sum(fact not in one.missed for one in group) for fact in FACTS)
        exact = sum(not one.missed for one in group)
        rows.append(f"| {value} | {len(group)} | {exact} | {' | '.join(map(str, counts))} |")
    return "\n".join([f"## By {title.lower()}", *rows, ""])


def _misses(mails: Sequence[Scored]) -> str:
    rows = [
        f"- `{one.name}`: {', '.join(name.lower() for fact, name in FACTS.items() if fact in one.missed)}"
        for one in mails
        if one.missed
    ]
    return "\n".join(["## Not yet as wanted", *(rows or ["None."]), ""])


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text("utf-8")), "utf-8")
