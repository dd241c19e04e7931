"""examples/actions-chat is installed as a package: one action has an entry point, one is named in the
configuration file."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path

import pytest

from shared.plugins.actions import ActionType
from shared.plugins.loading import plugins
from tests.plugins.action_suite import ActionSuite

EXAMPLE = Path(__file__).parents[3] / "examples" / "actions-chat"


@pytest.fixture(scope="session")
def chat_package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example as a package, as whoever copies it does; nothing is fetched."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "target"))
    shutil.copytree(EXAMPLE, source, dirs_exist_ok=True)
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(source)]
    subprocess.run(command, check=True, timeout=120)  # noqa: S603 - our own words
    return target


@pytest.fixture(autouse=True)
def installed(chat_package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The package stands beside Postroom, and the file names its second action."""
    monkeypatch.syspath_prepend(str(chat_package))
    (tmp_path / "postroom.toml").write_text('[actions]\nescalate = "chat_actions:Escalate"\n')
    monkeypatch.setenv("POSTROOM_CONFIG", str(tmp_path / "postroom.toml"))
    invalidate_caches()
    plugins.cache_clear()
    yield
    plugins.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "chat_actions"]:
        del sys.modules[name]


class TestTellChat(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        made: ActionType = import_module("chat_actions").TellChat()
        return made

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return {"room": "room@chat.example"}


class TestEscalate(ActionSuite):
    @pytest.fixture
    def action(self) -> ActionType:
        made: ActionType = import_module("chat_actions").Escalate()
        return made

    @pytest.fixture
    def saved(self) -> dict[str, object]:
        return {"tag": "late"}


def test_both_are_found_under_the_keys_that_triggers_name() -> None:
    found = plugins("postroom.actions")
    assert (found["tell_chat"].title, found["escalate"].title) == ("Tell a chat room", "Escalate the ticket")
