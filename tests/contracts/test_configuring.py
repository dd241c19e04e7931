"""The pages about configuration and about the sandbox say what the code does."""

import re
from pathlib import Path

import pytest

from plugins.mailboxes.graph.clouds import Overrides
from postroom.configuring import COMPUTED, DOCUMENTS, PARTS, written
from services.desk.forms.options import FIELDS
from shared.contracts.options import Options
from shared.settings import ProcessSettings
from shared.storage.secrets import PURPOSES

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda document: document.stem)
def test_the_committed_page_is_current(document: Path) -> None:
    assert document.read_text() == written(document), "run python -m postroom.configuring"


def test_every_table_stands_on_a_page() -> None:
    pages = "".join(document.read_text() for document in DOCUMENTS)
    assert sorted(re.findall(r"<!-- made: (\w+) -->", pages)) == sorted(PARTS)


def test_every_knob_and_call_of_the_sandbox_says_what_it_does() -> None:
    assert "|  |" not in DOCUMENTS[1].read_text()


def test_every_setting_says_what_it_means() -> None:
    fields = ProcessSettings.model_fields | Overrides.model_fields
    assert [name for name, field in fields.items() if not field.description] == []
    assert {name for name, field in fields.items() if field.default_factory} == set(COMPUTED)


def test_every_option_is_told() -> None:
    assert set(FIELDS) == set(Options.model_fields)


def test_what_compose_hands_on_and_every_key_is_told() -> None:
    page = DOCUMENTS[0].read_text()
    composed = "".join((ROOT / name).read_text() for name in ("compose.yaml", "compose.sandbox.yaml"))
    told = set(re.findall(r"\$\{(\w+)", composed)) | set(re.findall(r"POSTROOM_\w+", composed))
    assert [name for name in sorted(told) if f"`{name}`" not in page] == []
    assert [purpose for purpose in PURPOSES if f"keys/{purpose}." not in page] == []
