"""docs/templates.md names exactly the facts that templates may name, and the filters they have."""

import re
from pathlib import Path

from services.desk.configuration.templating import EVENT_FACTS, SIGNER_FACTS, TEMPLATE_FACTS
from shared.plugins.templates import FILTERS

DOC = Path(__file__).parents[2] / "docs" / "templates.md"


def rows() -> list[tuple[list[str], str]]:
    """Return the facts of each row of the table, and where they are."""
    table = DOC.read_text().partition("## Facts")[2].partition("Filters:")[0]
    cells = [line.strip("|").split("|") for line in table.splitlines() if line.startswith("| `")]
    return [(re.findall(r"`([^`]+)`", facts), where.strip()) for facts, _, where in cells]


def test_every_fact_of_every_event_is_in_the_table_and_no_other() -> None:
    everywhere = {f"{group}.{name}" for group, facts in TEMPLATE_FACTS.items() for name in facts}
    told = {fact for facts, where in rows() if where == "all" for fact in facts}
    assert told == everywhere - {"ticket.fields"} | {"ticket.fields.KEY"}
    signers = {"agent.name", "agent.address", "department.name"}
    assert set(SIGNER_FACTS) == {"agent", "department"}
    assert {fact for facts, where in rows() if where == "signatures" for fact in facts} == signers
    for type_, facts in EVENT_FACTS.items():
        assert {fact for named, where in rows() if where == f"`{type_}`" for fact in named} == set(facts)


def test_every_filter_is_named() -> None:
    (line,) = (one for one in DOC.read_text().splitlines() if one.startswith("Filters:"))
    assert set(re.findall(r"`([^`]+)`", line)) == set(FILTERS)
