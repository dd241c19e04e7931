"""Access tokens: signed, with an end, void after a revocation. They survive a restart."""

import base64
import hashlib
import hmac
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel, ValidationError

from sandbox.errors import GraphError
from sandbox.store import Store

_GRAPH_APP = "00000003-0000-0000-c000-000000000000"
_HEADER = b'{"typ":"JWT","alg":"HS256"}'


class Claims(BaseModel):
    appid: str
    tid: str
    iss: str
    aud: str = _GRAPH_APP
    iat: int
    exp: int
    roles: tuple[str, ...] = ("Mail.ReadWrite", "Mail.Send", "User.Read.All")
    generation: int
    jti: str


@dataclass
class Tokens:
    """The registered apps and the tokens they get."""

    store: Store
    tenant: str
    clients: Mapping[str, str]
    lifetime_seconds: int = 3599
    generation: int = field(init=False)
    _key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._key = self.store.kept("token key", lambda: secrets.token_hex(32)).encode()
        self.generation = int(self.store.kept("token generation", lambda: "1"))

    def issue(self, client_id: str, issuer: str) -> str:
        now = self._now()
        claims = Claims(
            appid=client_id,
            tid=self.tenant,
            iss=issuer,
            iat=now,
            exp=now + self.lifetime_seconds,
            generation=self.generation,
            jti=secrets.token_hex(8),
        )
        unsigned = f"{_encoded(_HEADER)}.{_encoded(claims.model_dump_json().encode())}"
        return f"{unsigned}.{self._signature(unsigned)}"

    def check(self, authorization: str | None, origin: str) -> Claims:
        """The claims of the bearer, or Graph's 401."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise _refusal("Access token is empty.", origin)
        unsigned, _, signature = token.strip().rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(unsigned).encode()):
            raise _refusal("CompactToken parsing failed with error code: 80049217", origin)
        try:
            claims = Claims.model_validate_json(_decoded(unsigned.partition(".")[2]))
        except (ValidationError, ValueError) as error:
            raise _refusal("CompactToken parsing failed with error code: 80049217", origin) from error
        if claims.exp <= self._now():
            raise _refusal("Lifetime validation failed, the token is expired.", origin)
        if claims.generation != self.generation:
            raise _refusal("Continuous access evaluation resulted in challenge.", origin)
        return claims

    def revoke(self) -> None:
        """Every token given out so far answers 401 from now on."""
        self.generation += 1
        self.store.update("meta", ("key", "token generation"), value=str(self.generation))

    def _signature(self, unsigned: str) -> str:
        return _encoded(hmac.digest(self._key, unsigned.encode(), hashlib.sha256))

    def _now(self) -> int:
        return int(time.time())


def _refusal(message: str, origin: str) -> GraphError:
    challenge = (
        f'Bearer realm="", authorization_uri="{origin}/common/oauth2/authorize", client_id="{_GRAPH_APP}"'
    )
    headers = {"WWW-Authenticate": challenge}
    return GraphError(HTTPStatus.UNAUTHORIZED, "InvalidAuthenticationToken", message, headers)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
