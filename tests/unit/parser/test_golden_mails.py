"""Every mail in tests/mail must parse to the facts beside it, and the scores in docs are theirs."""

import json
from pathlib import Path

import pytest

from services.parser.parsing import parse
from tests.unit.parser.golden import BY_HAND, MAILS, POLICY, facts, golden
from tests.unit.parser.scores import PAGE, Scored, scored, written


@pytest.mark.parametrize("mail", sorted(MAILS.glob("*.eml")), ids=lambda mail: mail.stem)
def test_mail_parses_to_its_golden_facts(mail: Path) -> None:
    parsed = parse(mail.read_bytes(), POLICY)
    # A round through JSON turns tuples into lists, as the file has them.
    found = json.loads(json.dumps(facts(parsed.document)))
    assert found == {name: fact for name, fact in golden(mail).items() if name not in BY_HAND}


@pytest.mark.parametrize("mail", sorted(MAILS.glob("*.eml")), ids=lambda mail: mail.stem)
def test_the_same_mail_gives_the_same_answer(mail: Path) -> None:
    raw = mail.read_bytes()
    assert parse(raw, POLICY) == parse(raw, POLICY)


def test_the_page_of_scores_tells_these_mails() -> None:
    page = PAGE.read_text("utf-8")
    assert written(page) == page, "python -m tests.unit.parser.scores"


@pytest.mark.parametrize("one", scored(), ids=lambda one: one.name)
def test_what_is_wanted_and_comes_out_is_not_said_twice(one: Scored) -> None:
    """Once the parser gives what was wanted, the golden facts say it and `wanted` goes."""
    assert {fact for fact in one.wanted if fact not in one.missed} == set()
