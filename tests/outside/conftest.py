"""A sandbox in a process of its own: what drives it here knows it by its addresses alone."""

import subprocess
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from azure.identity.aio import ClientSecretCredential
from kiota_authentication_azure.azure_identity_authentication_provider import (
    AzureIdentityAuthenticationProvider,
)
from msgraph import GraphRequestAdapter, GraphServiceClient
from msgraph_core import GraphClientFactory

from tests.outside.world import ROOT, SCOPE, World

CHECKED = ROOT / "tests" / "outside" / "checked.py"


@pytest.fixture(scope="session")
def findings(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the sandbox writes down what Microsoft's metadata does not describe."""
    return tmp_path_factory.mktemp("metadata") / "findings"


@pytest.fixture(scope="session")
def running(findings: Path) -> Iterator[World]:
    command = [str(ROOT / ".venv" / "bin" / "python"), str(CHECKED), str(findings)]
    # the command is made of our own words
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:  # noqa: S603
        assert process.stdout is not None
        told = {}
        for line in process.stdout:
            told[line[:16].strip()] = line[16:].strip()
            if line.startswith("Mailboxes"):
                break
        assert "CA file" in told, "the sandbox did not start"
        world = World(told)
        yield world
        world.close()
        process.terminate()
        assert process.wait(20) == 0, "SIGTERM did not end it cleanly"


@pytest.fixture
def world(running: World, findings: Path) -> Iterator[World]:
    """The sandbox, emptied and calm. Each answer that a test gets must be as Microsoft describes it."""
    running.reset()
    findings.write_text("")
    yield running
    assert findings.read_text() == ""


@pytest.fixture(autouse=True)
def trusting(running: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every client here trust the sandbox, as clients of Graph trust the public authorities."""
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.setenv(name, running.ca_file)


@pytest.fixture
def samples() -> Path:
    return ROOT / "sandbox" / "samples"


@pytest.fixture(params=["https", "http"])
async def graph(world: World, request: pytest.FixtureRequest) -> AsyncIterator[GraphServiceClient]:
    """Graph, by the SDK, with and without TLS."""
    credential = ClientSecretCredential(
        world.tenant, world.client_id, world.client_secret,
        authority=world.origin, disable_instance_discovery=True,
    )  # fmt: skip
    provider = AzureIdentityAuthenticationProvider(credential, scopes=[SCOPE])
    http = GraphClientFactory.create_with_default_middleware(client=httpx.AsyncClient())
    adapter = GraphRequestAdapter(provider, client=http)
    adapter.base_url = world.base_url if request.param == "https" else world.http_base_url
    async with credential, http:
        yield GraphServiceClient(request_adapter=adapter)
