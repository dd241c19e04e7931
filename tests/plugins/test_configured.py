"""The configuration file: classes of one's own beside or instead of the installed ones; mistakes named."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from typer.testing import CliRunner

from postroom.cli.app import app_of
from postroom.cli.configfile import EXAMPLE
from shared.contracts.errors import Permanent
from shared.contracts.filters import Filters
from shared.plugins.configured import configured, require_configuration
from shared.plugins.loading import plugin, plugins

PACKAGE = """
class Crm:
    async def find_by_domain(self, tools, domain):
        return None

class Escalate:
    key, title = "escalate", "Escalate"
    def decide(self, occasion, params):
        return ()

class Nothing:
    pass

class Breaks:
    def __init__(self):
        raise OSError("no network")
"""


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    plugins.cache_clear()
    yield
    plugins.cache_clear()


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "acme_own.py").write_text(PACKAGE)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = tmp_path / "postroom.toml"
    monkeypatch.setenv("POSTROOM_CONFIG", str(path))
    return path


def test_classes_join_and_replace_the_installed_ones(file: Path) -> None:
    file.write_text(
        '[resources]\ncrm = "acme_own:Crm"\nreplace = ["organization", "contact"]\n'
        '[actions]\nescalate = "acme_own.Escalate"\n[filters]\nstrings = ["Ticket history"]\n'
    )
    require_configuration()
    assert set(plugins("postroom.resources")) == {"crm", "employee"}
    assert plugin("postroom.actions", "escalate").title == "Escalate"
    assert "send_email" in plugins("postroom.actions")
    assert configured().filters == Filters(strings=("Ticket history",))
    assert "graph" in plugins("postroom.mailboxes")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('[resources]\ncrm = "acme_own:Crn"', "crm = 'acme_own:Crn': module 'acme_own' has no"),
        ('[resources]\ncrm = "acme_away:Crm"', "No module named 'acme_away'"),
        ('[actions]\nescalate = "acme_own:Nothing"', "escalate = 'acme_own:Nothing' has no method decide"),
        ('[actions]\nescalate = "acme_own:Breaks"', "escalate = 'acme_own:Breaks': OSError"),
        ('[actions]\nescalate = "not a path"', "actions.escalate: String should match pattern"),
        ('[filters]\nregexes = ["(a+)+"]', "filters.regexes.0: '(a+)+' could take too long"),
        ('[filters]\nregexes = ["a[z-"]', "at position"),
        ("[filter]\nstrings = []", "filter: Extra inputs are not permitted"),
        ("[filters", "is not TOML"),
    ],
    ids=["class", "module", "kind", "raises", "path", "slow", "bad", "table", "toml"],
)  # fmt: skip
def test_what_is_wrong_is_named_at_start(file: Path, text: str, words: str) -> None:
    file.write_text(text)
    with pytest.raises(Permanent) as refused:
        require_configuration()
    assert words in refused.value.reason


def test_a_file_that_is_not_there_is_refused(file: Path) -> None:
    with pytest.raises(Permanent, match="cannot be read"):
        require_configuration()
    assert file.name == "postroom.toml"


def test_the_example_is_valid_also_with_every_line_of_it(file: Path) -> None:
    printed = CliRunner().invoke(app_of(["configfile"]), ["config", "example"])
    assert printed.output == EXAMPLE
    file.write_text(EXAMPLE)
    done = CliRunner().invoke(app_of(["configfile"]), ["config", "check"])
    assert (done.exit_code, done.output) == (0, "0 strings and 0 regular expressions: valid\n")
    every = re.sub(r"(?m)^# (?=\w+ = )", "", EXAMPLE).replace("my_package.actions", "acme_own")
    file.with_name("every.toml").write_text(every.replace("my_package.crm:CrmResource", "acme_own:Crm"))
    done = CliRunner().invoke(app_of(["configfile"]), ["config", "check", str(file.with_name("every.toml"))])
    assert done.exit_code == 0, (done.output, done.exception)
    assert "crm = acme_own:Crm: loaded" in done.output
