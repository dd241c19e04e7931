"""examples/crm-resources is installed as a package, joins the built-in resources or replaces them, and while
its CRM is away its last answer counts."""

import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from importlib import import_module, invalidate_caches
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.blobs.filesystem import FilesystemBlobs
from shared.contracts.mail import Address
from shared.plugins.loading import plugins
from shared.plugins.resources import GROUP, ResourceTools
from shared.storage.engine import in_tenant
from shared.storage.tickets import organization_domains, organizations
from tests.plugins.resource_suite import ResourceSuite
from tests.plugins.test_resources import tools_of
from tests.service.ticketing.crm_server import TOKEN, CrmServer, crm_server
from tests.service.ticketing.people_mail import NOW, Taking

EXAMPLE = Path(__file__).parents[3] / "examples" / "crm-resources"
ADA, STEFAN = Address(address="ada@gmail.com", name="Ada"), Address(address="stefan@works.example")
BO, EVA = Address(address="bo@customer.example"), Address(address="eva@helpdesk.example")
EngineOf = Callable[[str], AsyncEngine]


@pytest.fixture(scope="session")
def package(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the example as a package, as whoever copies it does; nothing is fetched."""
    source, target = (tmp_path_factory.mktemp(name) for name in ("source", "target"))
    shutil.copytree(EXAMPLE, source, dirs_exist_ok=True)
    offline = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--disable-pip-version-check"]
    command = [sys.executable, "-m", "pip", "install", *offline, "--target", str(target), str(source)]
    subprocess.run(command, check=True, timeout=120)  # noqa: S603 - our own words
    return target


@pytest.fixture
def crm(package: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[CrmServer]:
    """The CRM runs, and the package stands beside Postroom."""
    monkeypatch.syspath_prepend(str(package))
    invalidate_caches()
    plugins.cache_clear()
    with crm_server() as crm:
        monkeypatch.setenv("CRM_URL", crm.url)
        monkeypatch.setenv("CRM_TOKEN", TOKEN)
        company = {"key": "c-1", "name": "Acme Ltd"}
        crm.known = {
            ("staff", STEFAN.address): {"key": "s-1", "email": STEFAN.address, "full_name": "Stefan"},
            ("people", ADA.address): {
                "key": "p-1",
                "email": ADA.address,
                "full_name": "Ada Lovelace",
                "company": company,
            },
            ("companies", "customer.example"): company,
        }
        yield crm
    plugins.cache_clear()
    for name in [name for name in sys.modules if name.partition(".")[0] == "crm_resources"]:
        del sys.modules[name]


@pytest.fixture
async def taking(crm: CrmServer, engine_of: EngineOf, blobs: FilesystemBlobs) -> AsyncIterator[Taking]:
    """Ticketing with whatever is installed, and a user and an organization of Postroom's own."""
    del crm  # it runs, and its package is installed
    made = Taking(engine_of, blobs, installed=True)
    await made.user(EVA.address)
    async with in_tenant(engine_of("ticketing"), "default") as db:
        row = {"id": UUID(int=5), "tenant": "default", "name": "Built in", "created_at": NOW}
        await db.execute(insert(organizations).values(row))
        for domain in ("customer.example", "other.example"):
            named = {"tenant": "default", "domain": domain, "organization": UUID(int=5)}
            await db.execute(insert(organization_domains).values(named))
    yield made
    made.people.close()


async def seen(taking: Taking, *people: Address) -> list[tuple[str, str, str | None]]:
    """Take a mail of each; return the kind of its ticket, the contact's name and the organization."""
    found = []
    for person in people:
        ticket = await taking.mail(person)
        firm = await taking.firm_of(ticket)
        found.append((ticket.kind, (await taking.contact_of(ticket)).name, firm.name if firm else None))
    return found


async def test_it_joins_the_built_in_resources_and_goes_before_them(taking: Taking) -> None:
    assert {"employee", "contact", "organization", "crm-staff", "crm-people", "crm-companies"} <= set(
        plugins(GROUP)
    )
    other = Address(address="jo@other.example", name="Jo")
    assert await seen(taking, ADA, BO, STEFAN, EVA, other) == [
        ("external", "Ada Lovelace", "Acme Ltd"),
        ("external", "", "Acme Ltd"),
        ("internal", "Stefan", None),
        ("internal", "Eva", None),
        ("external", "Jo", "Built in"),
    ]


async def test_it_replaces_the_built_in_resources_when_the_configuration_says_so(
    taking: Taking, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "postroom.toml"
    file.write_text('[resources]\nreplace = ["employee", "contact", "organization"]\n')
    monkeypatch.setenv("POSTROOM_CONFIG", str(file))
    plugins.cache_clear()
    assert set(plugins(GROUP)) == {"crm-staff", "crm-people", "crm-companies"}
    other = Address(address="jo@other.example", name="Jo")
    assert await seen(taking, ADA, EVA, other) == [
        ("external", "Ada Lovelace", "Acme Ltd"),
        ("external", "", None),
        ("external", "Jo", None),
    ]


async def test_while_the_crm_is_away_its_last_answer_counts_and_no_mail_is_lost(
    taking: Taking, crm: CrmServer
) -> None:
    before = await seen(taking, ADA, STEFAN)
    crm.away = True
    assert await seen(taking, ADA, STEFAN) == before
    marked = (await taking.mail(ADA)).details["resources_down"]
    assert {mark["resource"]: bool(mark["as_of"]) for mark in marked} == {
        "crm-staff": True,
        "crm-people": True,
        "crm-companies": True,
    }
    assert await seen(taking, Address(address="new@unknown.example", name="New")) == [
        ("external", "New", None)
    ]
    crm.away, taking.clock = False, taking.clock + 3600
    assert "resources_down" not in (await taking.mail(BO)).details


class CrmSuite(ResourceSuite):
    @pytest.fixture
    def tools(self, engine_of: EngineOf) -> ResourceTools:
        return tools_of(engine_of, "default")

    @pytest.fixture
    def down(self, crm: CrmServer, resource: Any) -> Any:
        return Away(crm, resource)


class Away:
    """A resource whose CRM is away while it is asked."""

    def __init__(self, crm: CrmServer, resource: Any) -> None:
        self._crm, self._resource = crm, resource

    def __getattr__(self, question: str) -> Any:
        self._crm.away = True
        return getattr(self._resource, question)


class TestCrmStaff(CrmSuite):
    @pytest.fixture
    def resource(self, crm: CrmServer) -> Any:
        del crm  # it must be installed
        return import_module("crm_resources").CrmStaff()

    @pytest.fixture
    def known(self) -> dict[str, str]:
        return {"find_by_address": STEFAN.address}


class TestCrmPeople(CrmSuite):
    @pytest.fixture
    def resource(self, crm: CrmServer) -> Any:
        del crm
        return import_module("crm_resources").CrmPeople()

    @pytest.fixture
    def known(self) -> dict[str, str]:
        return {"find_by_address": ADA.address}


class TestCrmCompanies(CrmSuite):
    @pytest.fixture
    def resource(self, crm: CrmServer) -> Any:
        del crm
        return import_module("crm_resources").CrmCompanies()

    @pytest.fixture
    def known(self) -> dict[str, str]:
        return {"find_by_domain": "customer.example"}
