"""A mailbox of the sandbox for each way to sign in."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from plugins.mailboxes.graph.credentials import SignIn
from sandbox.apps import EXCHANGE, Federated
from tests.certificates import Pair, certificate
from tests.plugins.graph_post import GraphPost

ISSUER, SUBJECT = "https://issuer.example/", "system:serviceaccount:helpdesk:ingest"
TENANT = "acme"


@dataclass
class Issuer:
    """Somebody whose word Entra takes, and who keeps a token file fresh."""

    pair: Pair
    file: Path

    def writes(self, subject: str = SUBJECT, life: timedelta = timedelta(hours=1)) -> None:
        now = datetime.now(UTC)
        key = load_pem_private_key(self.pair.key.encode(), None)
        assert isinstance(key, RSAPrivateKey)
        claims = {"iss": ISSUER, "sub": subject, "aud": EXCHANGE, "iat": now, "exp": now + life}
        self.file.write_text(jwt.encode(claims, key, "RS256"))


def signs_in(
    post: GraphPost, kind: SignIn, pair: Pair, patch: pytest.MonkeyPatch, folder: Path
) -> Issuer | None:
    """Have the mailbox's app prove itself in one way, and everything there that this needs."""
    post.sign_in, sandbox = kind, post.sandbox
    patch.setenv("POSTROOM_GRAPH_IDENTITY_TENANTS", f"other, {TENANT}")
    match kind:
        case SignIn.CERTIFICATE:
            sandbox.change_app(sandbox.client_id, certificates=(pair.certificate,), secret=None)
            post.secret = pair.pem
        case SignIn.FEDERATED:
            trusted = (Federated(ISSUER, SUBJECT, pair.public_key),)
            sandbox.change_app(sandbox.client_id, federated=trusted, secret=None)
            post.secret, issuer = "", Issuer(pair, folder / "token")
            patch.setenv("AZURE_FEDERATED_TOKEN_FILE", str(issuer.file))
            issuer.writes()
            return issuer
        case SignIn.MANAGED_IDENTITY:
            post.secret = post.client = ""
            patch.setenv("IDENTITY_ENDPOINT", sandbox.identity_endpoint)
            patch.setenv("IDENTITY_HEADER", sandbox.identity_header)
    return None


@pytest.fixture(scope="session")
def pair() -> Pair:
    return certificate()
