"""The page about configuration says what the code does."""

import re
from pathlib import Path

from plugins.mailboxes.graph.clouds import Overrides
from postroom.configuring import COMPUTED, DOCUMENT, PARTS, written
from services.desk.optionfields import FIELDS
from shared.contracts.options import Options
from shared.settings import ProcessSettings
from shared.storage.secrets import PURPOSES

ROOT = Path(__file__).parents[2]


def test_the_committed_page_is_current() -> None:
    assert DOCUMENT.read_text() == written(), "run python -m postroom.configuring"


def test_every_table_stands_on_the_page() -> None:
    assert set(re.findall(r"<!-- made: (\w+) -->", DOCUMENT.read_text())) == set(PARTS)


def test_every_setting_says_what_it_means() -> None:
    fields = ProcessSettings.model_fields | Overrides.model_fields
    assert [name for name, field in fields.items() if not field.description] == []
    assert {name for name, field in fields.items() if field.default_factory} == set(COMPUTED)


def test_every_option_is_told() -> None:
    assert set(FIELDS) == set(Options.model_fields)


def test_what_compose_hands_on_and_every_key_is_told() -> None:
    page = DOCUMENT.read_text()
    composed = "".join((ROOT / name).read_text() for name in ("compose.yaml", "compose.sandbox.yaml"))
    told = set(re.findall(r"\$\{(\w+)", composed)) | set(re.findall(r"POSTROOM_\w+", composed))
    assert [name for name in sorted(told) if f"`{name}`" not in page] == []
    assert [purpose for purpose in PURPOSES if f"keys/{purpose}." not in page] == []
