"""Every mail in tests/mail must parse to the facts beside it."""

import json
from pathlib import Path

import pytest

from services.parser.parsing import parse
from tests.unit.parser.golden import MAILS, POLICY, facts


@pytest.mark.parametrize("mail", sorted(MAILS.glob("*.eml")), ids=lambda mail: mail.stem)
def test_mail_parses_to_its_golden_facts(mail: Path) -> None:
    parsed = parse(mail.read_bytes(), POLICY)
    # A round through JSON turns tuples into lists, as the file has them.
    found = json.loads(json.dumps(facts(parsed.document)))
    assert found == json.loads(mail.with_suffix(".json").read_text("utf-8"))


@pytest.mark.parametrize("mail", sorted(MAILS.glob("*.eml")), ids=lambda mail: mail.stem)
def test_the_same_mail_gives_the_same_answer(mail: Path) -> None:
    raw = mail.read_bytes()
    assert parse(raw, POLICY) == parse(raw, POLICY)
