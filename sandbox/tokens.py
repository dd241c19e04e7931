"""Access tokens: signed, with an end, void after a revocation. They survive a restart."""

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import BaseModel, ValidationError

from sandbox.apps import App, Apps
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
    roles: tuple[str, ...]
    xms_cc: tuple[str, ...] = ()
    """What the client said it can do; CP1: answer a claims challenge."""
    challenge: str | None = None
    """The challenge that the token was asked for to answer."""
    generation: int
    jti: str


@dataclass(frozen=True)
class Asked:
    """What the parameter `claims` of a token request says."""

    capabilities: tuple[str, ...] = ()
    challenge: str | None = None


@dataclass(frozen=True)
class Issued:
    token: str
    expires_at: int


@dataclass
class Tokens:
    """The registered apps and the tokens they get."""

    store: Store
    tenant: str
    apps: Apps
    lifetime_seconds: int = 3599
    generation: int = field(init=False)
    _key: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._key = self.store.kept("token key", lambda: secrets.token_hex(32)).encode()
        self.generation = int(self.store.kept("token generation", lambda: "1"))

    def issue(self, app: App, issuer: str, asked: Asked | None = None) -> Issued:
        now, asked = self._now(), asked or Asked()
        claims = Claims(
            appid=app.client_id,
            tid=self.tenant,
            iss=issuer,
            iat=now,
            exp=now + self.lifetime_seconds,
            roles=app.roles,
            xms_cc=asked.capabilities,
            challenge=asked.challenge,
            generation=self.generation,
            jti=secrets.token_hex(8),
        )
        unsigned = f"{_encoded(_HEADER)}.{_encoded(claims.model_dump_json().encode())}"
        return Issued(f"{unsigned}.{self._signature(unsigned)}", claims.exp)

    def check(self, authorization: str | None, origin: str) -> Claims:
        """The claims of the bearer, or Graph's 401."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise refused("Access token is empty.", origin)
        unsigned, _, signature = token.strip().rpartition(".")
        if not hmac.compare_digest(signature.encode(), self._signature(unsigned).encode()):
            raise refused("CompactToken parsing failed with error code: 80049217", origin)
        try:
            claims = Claims.model_validate_json(_decoded(unsigned.partition(".")[2]))
        except (ValidationError, ValueError) as error:
            raise refused("CompactToken parsing failed with error code: 80049217", origin) from error
        if claims.exp <= self._now():
            raise refused("Lifetime validation failed, the token is expired.", origin)
        if claims.generation != self.generation:
            raise refused("Continuous access evaluation resulted in challenge.", origin)
        return claims

    def revoke(self) -> None:
        """Every token given out so far answers 401 from now on."""
        self.generation += 1
        self.store.update("meta", ("key", "token generation"), value=str(self.generation))

    def _signature(self, unsigned: str) -> str:
        return _encoded(hmac.digest(self._key, unsigned.encode(), hashlib.sha256))

    def _now(self) -> int:
        return int(time.time())


def asked_by(claims: str) -> Asked | None:
    """Read the parameter `claims`; None when it is no object of claims."""
    try:
        wanted = json.loads(claims or "{}").get("access_token", {})
        capabilities = tuple(wanted.get("xms_cc", {}).get("values", ()))
        challenge = (wanted.get("nbf") or {}).get("value")
    except (ValueError, AttributeError, TypeError):
        return None
    return Asked(capabilities, challenge)


def challenged(origin: str, challenge: str) -> GraphError:
    """Graph's 401 for a token that must be asked for anew, with the claim that it names."""
    wanted = {"access_token": {"nbf": {"essential": True, "value": challenge}}}
    told = base64.b64encode(json.dumps(wanted).encode()).decode()
    text = "Continuous access evaluation resulted in challenge with result: InteractionRequired"
    text += " and code: TokenIssuedBeforeRevocationTimestamp"
    return refused(text, origin, f', error="insufficient_claims", claims="{told}"')


def refused(message: str, origin: str, more: str = "") -> GraphError:
    """Graph's 401 with its challenge. `more`: what stands behind it."""
    challenge = (
        f'Bearer realm="", authorization_uri="{origin}/common/oauth2/authorize", client_id="{_GRAPH_APP}"'
    )
    headers = {"WWW-Authenticate": challenge + more}
    return GraphError(HTTPStatus.UNAUTHORIZED, "InvalidAuthenticationToken", message, headers)


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def _decoded(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
