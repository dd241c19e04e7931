"""Other proofs than a secret: certificates, federated credentials, managed identities, claims and roles."""

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import jwt
import msal
import pytest
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate

from sandbox.apps import EXCHANGE, Federated
from sandbox.assertions import TYPE
from sandbox.knobs import Fault, Knobs
from sandbox.server import Sandbox
from tests.certificates import Pair, certificate
from tests.sandbox.clients import SUPPORT, Json, acquire, client_of

ISSUER, SUBJECT = "https://issuer.example/", "system:serviceaccount:helpdesk:ingest"


@pytest.fixture(scope="module")
def pair() -> Pair:
    return certificate()


@pytest.fixture(scope="module")
def stranger() -> Pair:
    return certificate()


@pytest.fixture
def known(sandbox: Sandbox, pair: Pair) -> Pair:
    """The certificate is registered on the app, and another issuer is trusted."""
    federated = (Federated(ISSUER, SUBJECT, pair.public_key),)
    sandbox.change_app(sandbox.client_id, certificates=(pair.certificate,), federated=federated)
    return pair


def assertion(sandbox: Sandbox, pair: Pair, algorithm: str = "PS256", **changed: Any) -> str:
    """What msal sends; `changed`: other claims."""
    now = datetime.now(UTC)
    found = load_pem_x509_certificate(pair.certificate.encode())
    name, kind = ("x5t#S256", SHA256()) if algorithm == "PS256" else ("x5t", SHA1())  # noqa: S303 - as Entra
    printed = base64.urlsafe_b64encode(found.fingerprint(kind)).rstrip(b"=").decode()
    claims = {
        "iss": sandbox.client_id,
        "sub": sandbox.client_id,
        "aud": f"{sandbox.authority}/oauth2/v2.0/token",
        "nbf": now - timedelta(minutes=1),
        "exp": now + timedelta(minutes=9),
    }
    key = load_pem_private_key(pair.key.encode(), None)
    return jwt.encode({**claims, **changed}, key, algorithm, headers={name: printed})  # type: ignore[arg-type]  # RSA


def federated(pair: Pair, **changed: Any) -> str:
    now = datetime.now(UTC)
    claims = {"iss": ISSUER, "sub": SUBJECT, "aud": EXCHANGE, "iat": now, "exp": now + timedelta(hours=1)}
    key = load_pem_private_key(pair.key.encode(), None)
    return jwt.encode({**claims, **changed}, key, "RS256")  # type: ignore[arg-type]  # RSA


async def ask(sandbox: Sandbox, control: httpx.AsyncClient, proof: str, **more: str) -> Json:
    asked = {
        "client_id": sandbox.client_id,
        "client_assertion_type": TYPE,
        "client_assertion": proof,
        "grant_type": "client_credentials",
        "scope": "https://graph.microsoft.com/.default",
    }
    answer = await control.post(f"/{sandbox.tenant}/oauth2/v2.0/token", data={**asked, **more})
    told: Json = answer.json()
    return told


async def reads(sandbox: Sandbox, token: str, status: int = 200) -> Json:
    async with client_of(sandbox, token) as graph:
        return await graph.json("mailFolders/inbox", status)


@pytest.mark.parametrize("algorithm", ["PS256", "RS256"])
async def test_an_assertion_signed_with_a_registered_certificate_gets_a_token(
    sandbox: Sandbox, control: httpx.AsyncClient, known: Pair, algorithm: str
) -> None:
    told = await ask(sandbox, control, assertion(sandbox, known, algorithm))
    await reads(sandbox, told["access_token"])


async def test_msal_signs_in_with_a_certificate(sandbox: Sandbox, known: Pair) -> None:
    proof = {"private_key": known.key, "public_certificate": known.certificate}
    printed = load_pem_x509_certificate(known.certificate.encode()).fingerprint(SHA1()).hex()  # noqa: S303 - as Entra
    for each in (proof, proof | {"thumbprint": printed}):
        answer = await asyncio.to_thread(acquire, sandbox, secret=each)
        await reads(sandbox, answer["access_token"])


async def test_assertions_that_entra_refuses(
    sandbox: Sandbox, control: httpx.AsyncClient, known: Pair, stranger: Pair
) -> None:
    now, other = datetime.now(UTC), "https://login.microsoftonline.com/common"
    forged = Pair(stranger.key, known.certificate)
    for proof, number, says in (
        ("no.token.at-all", 50027, "malformed"),
        (assertion(sandbox, stranger), 700027, "not registered"),
        (assertion(sandbox, stranger, "RS256"), 700027, "not registered"),
        (assertion(sandbox, forged), 700027, "failed signature validation"),
        (assertion(sandbox, known, aud=other), 700023, "audience"),
        (assertion(sandbox, known, sub="another"), 700021, "identifier"),
        (assertion(sandbox, known, exp=now - timedelta(seconds=1)), 700024, "valid time range"),
        (assertion(sandbox, known, nbf=now + timedelta(minutes=5)), 700024, "valid time range"),
        (federated(stranger), 50013, "signature validation"),
        (federated(known, iss="https://other.example/"), 700211, "issuer"),
        (federated(known, sub="system:serviceaccount:else:where"), 700213, "subject"),
        (federated(known, aud="api://other"), 700212, "audience"),
        (federated(known, exp=now - timedelta(seconds=1)), 700024, "valid time range"),
    ):
        told = await ask(sandbox, control, proof)
        assert told["error_codes"] == [number], told
        assert (told["error"], says in told["error_description"]) == ("invalid_client", True)


async def test_an_app_that_trusts_no_issuer_says_so(
    sandbox: Sandbox, control: httpx.AsyncClient, pair: Pair
) -> None:
    assert (await ask(sandbox, control, federated(pair)))["error_codes"] == [70021]


async def test_an_expired_certificate_is_refused(sandbox: Sandbox, control: httpx.AsyncClient) -> None:
    old = certificate(ends=datetime.now(UTC) - timedelta(days=1))
    sandbox.change_app(sandbox.client_id, certificates=(old.certificate,))
    told = await ask(sandbox, control, assertion(sandbox, old))
    assert told["error_codes"] == [700027]
    assert "The key used is expired" in told["error_description"]


async def test_the_word_of_a_trusted_issuer_gets_a_token(
    sandbox: Sandbox, control: httpx.AsyncClient, known: Pair
) -> None:
    await reads(sandbox, (await ask(sandbox, control, federated(known)))["access_token"])


async def test_the_control_side_registers_and_expires(
    sandbox: Sandbox, control: httpx.AsyncClient, pair: Pair
) -> None:
    app = f"/_sandbox/apps/{sandbox.client_id}"
    gone = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    await control.patch(app, json={"certificates": [pair.certificate], "secret_expires_at": gone})
    assert (await asyncio.to_thread(acquire, sandbox))["error_codes"] == [7000222]
    await reads(sandbox, (await ask(sandbox, control, assertion(sandbox, pair)))["access_token"])
    issuer = {"issuer": ISSUER, "subject": SUBJECT, "key": pair.public_key}
    told = await control.patch(app, json={"federated": [issuer], "roles": ["Mail.Read"]})
    assert told.json()["roles"] == ["Mail.Read"]
    await reads(sandbox, (await ask(sandbox, control, federated(pair)))["access_token"])
    assert (await control.patch(app, json={"sercet": "x"})).status_code == 400


async def test_an_app_may_do_what_its_roles_say(sandbox: Sandbox) -> None:
    sandbox.change_app(sandbox.client_id, roles=("Mail.ReadWrite",))
    token = (await asyncio.to_thread(acquire, sandbox))["access_token"]
    async with client_of(sandbox, token) as graph:
        draft = await graph.post("messages", {"subject": "Ready"})
        refused = await graph.post(f"messages/{draft['id']}/send", status=403)
        assert refused["error"]["code"] == "ErrorAccessDenied"
        user = str(graph.http.base_url).rstrip("/")
        assert (await graph.json(user, 403))["error"]["code"] == "ErrorAccessDenied"
    sandbox.change_app(sandbox.client_id, roles=("Mail.Read", "Mail.Send"))
    token = (await asyncio.to_thread(acquire, sandbox))["access_token"]
    async with client_of(sandbox, token) as graph:
        await graph.json("messages")
        await graph.post("messages", {"subject": "Ready"}, 403)


async def test_a_managed_identity_gets_a_token_on_this_machine(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", sandbox.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", sandbox.identity_header)
    user_assigned = "a55161ed-0000-4000-8000-000000000001"
    sandbox.change_app(user_assigned, identity=True)

    def of(identity: object) -> Json:
        with httpx.Client(trust_env=False) as http:
            client = msal.ManagedIdentityClient(identity, http_client=http)
            told: Json = client.acquire_token_for_client(resource="https://graph.microsoft.com")
            return told

    for identity in (
        msal.SystemAssignedManagedIdentity(),
        msal.UserAssignedManagedIdentity(client_id=user_assigned),
    ):
        answer = await asyncio.to_thread(of, identity)
        await reads(sandbox, answer["access_token"])
    unknown = msal.UserAssignedManagedIdentity(client_id=sandbox.client_id)
    assert "No User Assigned" in (await asyncio.to_thread(of, unknown))["error_description"]
    monkeypatch.setenv("IDENTITY_HEADER", "wrong")
    answer = await asyncio.to_thread(of, msal.SystemAssignedManagedIdentity())
    assert "X-IDENTITY-HEADER" in answer["error_description"]


async def test_a_token_is_challenged_until_it_is_asked_for_with_the_claims(
    sandbox: Sandbox, control: httpx.AsyncClient, known: Pair
) -> None:
    sandbox.set_knobs(SUPPORT, Knobs(claims_challenge="1604106651"))
    plain = (await ask(sandbox, control, assertion(sandbox, known)))["access_token"]
    await reads(sandbox, plain)
    able = {"access_token": {"xms_cc": {"values": ["CP1"]}}}
    told = await ask(sandbox, control, assertion(sandbox, known), claims=json.dumps(able))
    async with client_of(sandbox, told["access_token"]) as graph:
        answer = await graph.http.get("mailFolders/inbox")
    assert answer.status_code == 401
    challenge = answer.headers["www-authenticate"]
    assert 'error="insufficient_claims"' in challenge
    wanted = json.loads(base64.b64decode(challenge.partition('claims="')[2].partition('"')[0]))
    wanted["access_token"] |= able["access_token"]
    told = await ask(sandbox, control, assertion(sandbox, known), claims=json.dumps(wanted))
    await reads(sandbox, told["access_token"])


async def test_claims_that_are_none_are_refused(
    sandbox: Sandbox, control: httpx.AsyncClient, known: Pair
) -> None:
    told = await ask(sandbox, control, assertion(sandbox, known), claims="[]")
    assert told["error_codes"] == [90023]


async def test_a_fault_may_challenge_whoever_asks(sandbox: Sandbox, token: str) -> None:
    sandbox.add_fault(SUPPORT, Fault(match="folders", status=401, challenge="1"))
    async with client_of(sandbox, token) as graph:
        answer = await graph.http.get("mailFolders/inbox")
        assert "insufficient_claims" in answer.headers["www-authenticate"]
        await graph.json("mailFolders/inbox")
