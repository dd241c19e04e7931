import asyncio

import httpx
import pytest

from sandbox.server import Sandbox
from tests.sandbox.clients import SUPPORT, GraphClient, acquire, client_of


async def test_msal_gets_a_token_that_graph_takes(sandbox: Sandbox) -> None:
    answer = await asyncio.to_thread(acquire, sandbox)
    assert answer["token_type"] == "Bearer"
    async with client_of(sandbox, answer["access_token"]) as graph:
        assert (await graph.json("mailFolders/inbox"))["displayName"] == "Inbox"


async def test_wrong_secret_is_refused_as_entra_does(sandbox: Sandbox) -> None:
    answer = await asyncio.to_thread(lambda: acquire(sandbox, secret="no"))
    assert answer["error"] == "invalid_client"
    assert answer["error_codes"] == [7000215]
    assert answer["error_description"].startswith("AADSTS7000215: ")


async def test_unknown_tenant_is_refused_at_discovery(sandbox: Sandbox) -> None:
    with pytest.raises(ValueError, match="double check your tenant"):
        await asyncio.to_thread(lambda: acquire(sandbox, authority=f"{sandbox.origin}/elsewhere.example"))


async def test_token_requests_that_entra_refuses(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    good = {
        "client_id": sandbox.client_id,
        "client_secret": sandbox.client_secret,
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
    }
    for changed, tenant, number in (
        ({}, "elsewhere.example", 90002),
        ({"client_id": "nobody"}, sandbox.tenant, 700016),
        ({"scope": "Mail.Read"}, sandbox.tenant, 1002012),
        ({"grant_type": "password"}, sandbox.tenant, 70003),
        ({"client_secret": ""}, sandbox.tenant, 7000218),
    ):
        answer = await control.post(f"/{tenant}/oauth2/v2.0/token", data={**good, **changed})
        assert answer.json()["error_codes"] == [number]
        assert answer.is_client_error


async def test_unknown_token_is_refused_with_a_challenge(sandbox: Sandbox) -> None:
    async with client_of(sandbox, "e30.e30.forged") as graph:
        answer = await graph.http.get("mailFolders")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "InvalidAuthenticationToken"
    assert answer.headers["www-authenticate"].startswith("Bearer ")


async def test_request_without_token_is_refused(sandbox: Sandbox, graph: GraphClient) -> None:
    del graph.http.headers["authorization"]
    assert (await graph.json("mailFolders", 401))["error"]["code"] == "InvalidAuthenticationToken"
    assert sandbox.log(SUPPORT) == []


async def test_expired_token_is_refused(sandbox: Sandbox) -> None:
    sandbox.set_token_lifetime(0)
    answer = await asyncio.to_thread(acquire, sandbox)
    async with client_of(sandbox, answer["access_token"]) as graph:
        refusal = await graph.json("mailFolders", 401)
    assert "expired" in refusal["error"]["message"]


async def test_revoked_token_is_refused_and_a_new_one_taken(sandbox: Sandbox, graph: GraphClient) -> None:
    sandbox.revoke_tokens()
    await graph.json("mailFolders", 401)
    answer = await asyncio.to_thread(acquire, sandbox)
    async with client_of(sandbox, answer["access_token"]) as again:
        await again.json("mailFolders")
