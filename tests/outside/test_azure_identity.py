"""Microsoft's own ways to prove who one is, other than a secret: the sandbox looks at them as Entra does."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx
import jwt
import pytest
from azure.core.exceptions import ClientAuthenticationError
from azure.identity import CertificateCredential, ClientAssertionCredential, ManagedIdentityCredential
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.outside.world import SCOPE, SUPPORT, World

ISSUER, SUBJECT = "https://issuer.example/", "system:serviceaccount:helpdesk:ingest"


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def certificate(key: rsa.RSAPrivateKey) -> str:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "postroom")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=30))
        .sign(key, SHA256())
    )
    return made.public_bytes(Encoding.PEM).decode()


@pytest.fixture
def known(world: World) -> Iterator[World]:
    yield world
    world.app(world.client_id, certificates=[], federated=[])


def reads(world: World, token: str) -> None:
    headers = {"Authorization": f"Bearer {token}"}
    answer = httpx.get(f"{world.base_url}/users/{SUPPORT}/mailFolders/inbox", headers=headers)
    assert answer.status_code == 200, answer.text


def test_a_certificate(known: World, key: rsa.RSAPrivateKey, certificate: str) -> None:
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    told = {"authority": known.origin, "disable_instance_discovery": True}
    pem = (plain + certificate).encode()
    with pytest.raises(ClientAuthenticationError, match="AADSTS700027"):
        CertificateCredential(known.tenant, known.client_id, certificate_data=pem, **told).get_token(SCOPE)
    known.app(known.client_id, certificates=[certificate])
    for chain in (False, True):
        credential = CertificateCredential(
            known.tenant, known.client_id, certificate_data=pem, send_certificate_chain=chain, **told
        )
        reads(known, credential.get_token(SCOPE).token)


def test_a_federated_token(known: World, key: rsa.RSAPrivateKey) -> None:
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    known.app(known.client_id, federated=[{"issuer": ISSUER, "subject": SUBJECT, "key": public}])

    def credential(subject: str) -> ClientAssertionCredential:
        now = datetime.now(UTC)
        claims = {"iss": ISSUER, "sub": subject, "aud": "api://AzureADTokenExchange", "iat": now}
        word = jwt.encode({**claims, "exp": now + timedelta(hours=1)}, key, "RS256")
        return ClientAssertionCredential(
            known.tenant,
            known.client_id,
            lambda: word,
            authority=known.origin,
            disable_instance_discovery=True,
        )

    reads(known, credential(SUBJECT).get_token(SCOPE).token)
    with pytest.raises(ClientAuthenticationError, match="AADSTS700213"):
        credential("somebody:else").get_token(SCOPE)


def test_a_managed_identity(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IDENTITY_ENDPOINT", world.identity_endpoint)
    monkeypatch.setenv("IDENTITY_HEADER", world.identity_header)
    reads(world, ManagedIdentityCredential().get_token(SCOPE).token)
    other = "a55161ed-0000-4000-8000-000000000001"
    world.app(other, identity=True)
    reads(world, ManagedIdentityCredential(client_id=other).get_token(SCOPE).token)
    with pytest.raises(ClientAuthenticationError):
        ManagedIdentityCredential(client_id=world.client_id).get_token(SCOPE)
