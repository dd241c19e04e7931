"""The fuzzer's properties hold for what it starts from."""

from pathlib import Path

import pytest

from tests.fuzz.properties import broken_by
from tests.unit.parser.golden import MAILS


@pytest.mark.parametrize("mail", sorted(MAILS.glob("*.eml")), ids=lambda mail: mail.stem)
def test_no_property_is_broken_by_a_golden_mail(mail: Path) -> None:
    assert broken_by(mail.read_bytes()) is None
