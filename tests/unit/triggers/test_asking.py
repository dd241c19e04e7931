"""An action of others that hangs, raises or answers nonsense fails alone, and the next trigger is asked."""

import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from pydantic import JsonValue

from services.triggers import asking
from services.triggers.deciding import Around, Saved, decide
from shared.contracts.triggers import TriggerType
from shared.plugins.loading import plugins
from tests.unit.triggers.events import CREATED, MOMENT

OWN = """
import sys
from threading import Event
from pydantic import BaseModel
from shared.contracts.errors import Permanent
from shared.plugins.actions import SetFields

free = Event()

class Params(BaseModel):
    how: str

class Odd:
    key, title, params = "odd", "Odd", Params

    def decide(self, occasion, params):
        match params.how:
            case "hangs":
                free.wait()
            case "raises":
                raise ValueError("words of a mail")
            case "says":
                raise Permanent("the floor is not known")
            case "exits":
                sys.exit(3)
            case "nonsense":
                return ["close it"]
            case "nothing":
                return None
        return [SetFields({"priority": "low"})]
"""


@pytest.fixture(autouse=True)
def odd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "acme_odd.py").write_text(OWN)
    (tmp_path / "postroom.toml").write_text('[actions]\nodd = "acme_odd:Odd"\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("POSTROOM_CONFIG", str(tmp_path / "postroom.toml"))
    monkeypatch.setattr(asking, "PATIENCE_SECONDS", 0.2)
    plugins.cache_clear()
    yield
    sys.modules["acme_odd"].free.set()
    del sys.modules["acme_odd"]
    plugins.cache_clear()


def saved(how: str, number: int = 1) -> Saved:
    params: dict[str, JsonValue] = {"how": how}
    when: dict[str, JsonValue] = {"kinds": "both"}
    return Saved(UUID(int=number), how, TriggerType.NEW_TICKET_CREATED, when, None, "odd", params)


@pytest.mark.parametrize(
    ("how", "why"),
    [
        ("hangs", "its action took longer than 0.2 s"),
        ("raises", "its action raised ValueError"),
        ("says", "the floor is not known"),
        ("exits", "its action raised SystemExit"),
        ("nonsense", "its action answered with what is no effect"),
        ("nothing", "its action answered with what is no effect"),
    ],
)
def test_its_verdict_says_why_and_the_others_are_asked(how: str, why: str) -> None:
    bad, good = decide([saved(how), saved("works", 2)], CREATED, Around(), MOMENT)
    assert (bad.outcome, bad.why, bad.effects) == ("failed", {"why": why}, ())
    assert good.outcome == "fired"


def test_calls_that_hang_are_bounded() -> None:
    before = threading.active_count()
    verdicts = decide([saved("hangs", number) for number in range(1, 12)], CREATED, Around(), MOMENT)
    assert threading.active_count() - before <= asking.AT_ONCE
    assert [verdict.why["why"] for verdict in verdicts][
        -1
    ] == "its action hangs: earlier calls have not come back"
