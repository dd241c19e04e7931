"""The page of resources: who is asked, in which order, which triggers go by it, and what others answered."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.desk.wording.resources import resources
from shared.plugins.loading import installed, plugins
from shared.plugins.resources import GROUP
from shared.storage import config, people
from tests.service.desk.conftest import NOW, Browser, House

PACKAGE = '''
class Crm:
    """Looks people up in the CRM.

    More that is for programmers.
    """
    async def find_by_domain(self, tools, domain):
        return None
'''


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    plugins.cache_clear()
    yield
    plugins.cache_clear()


@pytest.fixture
def _crm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "acme_listed.py").write_text(PACKAGE)
    (tmp_path / "postroom.toml").write_text(
        '[resources]\ncrm = "acme_listed:Crm"\nreplace = ["organization"]\n'
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("POSTROOM_CONFIG", str(tmp_path / "postroom.toml"))


def test_the_built_in_ones_are_told_in_the_order_they_count() -> None:
    assert [(one.place, one.name, one.built_in) for one in resources()] == [
        (1, "contact", True),
        (2, "employee", True),
        (3, "organization", True),
    ]


@pytest.mark.usefixtures("_crm")
def test_one_of_the_file_stands_first_and_what_it_replaces_is_told_as_taken_out() -> None:
    found = resources()
    assert [(one.place, one.name, one.state) for one in found] == [
        (1, "crm", "works"),
        (2, "contact", "works"),
        (3, "employee", "works"),
        (None, "organization", "replaced"),
    ]
    assert (found[0].origin, found[0].does) == ("file", "Looks people up in the CRM.")


def test_one_that_cannot_be_made_is_told_as_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    working = {name: made for name, made in plugins(GROUP).items() if name != "contact"}
    monkeypatch.setattr("shared.plugins.loading.plugins", lambda _group: working)
    assert [one.name for one in installed(GROUP) if one.plugin is None] == ["contact"]
    assert [(one.name, one.state) for one in resources()][-1] == ("contact", "broken")


@pytest.mark.usefixtures("_crm")
async def test_the_page_tells_answers_that_are_remembered_and_triggers_that_go_by_them(
    house: House, eva: Browser
) -> None:
    at = NOW - timedelta(minutes=3)
    for asked, answer in (("acme.test", {"firm": {"name": "Acme"}}), ("zeta.test", None)):
        row = {"tenant": "default", "resource": "crm", "question": "find_by_domain", "asked": asked}
        await house.add(people.known_answers, **row, answer=answer, at=at)
    await trigger(house, "For Acme", {"field": "organization_name", "op": "is", "value": "Acme"})
    await trigger(house, "For all", None)
    page = (await eva.get("/settings/resources")).text
    assert "Looks people up in the CRM." in page
    assert "2 answers remembered, 1 of somebody known." in page
    assert at.isoformat() in page
    assert "For Acme" in page
    assert "For all" not in page
    assert "Acme</" not in page.replace("For Acme</", ""), "no answer itself is shown"
    assert "Taken out" in page


async def trigger(house: House, name: str, conditions: object) -> None:
    does = {"action": "add_note", "params": {"text": "x"}, "conditions": conditions}
    when = {"type": "NEW_TICKET_CREATED", "when": {"kinds": "both"}}
    await house.add(config.triggers, id=uuid4(), tenant="default", name=name, created_at=NOW, **does, **when)
