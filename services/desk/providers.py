"""OpenID Connect 1.0 with PKCE: ask a provider who somebody is, and check what it says."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import httpx
import jwt
from pydantic import BaseModel, ValidationError

from services.desk.languages import gettext

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key of the provider; never one by a secret that both have, and never none."""
PATIENCE = 10.0
LEEWAY = timedelta(minutes=1)
HERE = ("localhost", "127.0.0.1", "::1")
ENTRA = "login.microsoftonline.com"


class NoWord(Exception):
    """The provider vouches for nobody; it says why, without a code, token or secret."""


@dataclass(frozen=True)
class Provider:
    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    called: str
    adds_users: bool = False


@dataclass(frozen=True)
class Asked:
    """What is asked of a provider; kept by the browser, sealed, until it comes back."""

    tenant: str
    state: str = field(repr=False)
    nonce: str = field(repr=False)
    verifier: str = field(repr=False)
    onward: str

    @classmethod
    def anew(cls, tenant: str, onward: str) -> "Asked":
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return cls(tenant, state, nonce, verifier, onward)


@dataclass(frozen=True)
class Vouched:
    """Whom the provider vouches for."""

    subject: str
    name: str
    address: str | None
    """None: it names none that it has verified."""


class Metadata(BaseModel):
    """What discovery says."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


def why_no_issuer(issuer: str) -> str | None:
    """Say what is wrong with an issuer's address; nothing when it may be asked."""
    try:
        parts = urlsplit(issuer)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return gettext("The issuer is not an address.")
    if parts.scheme == "https" or (parts.scheme == "http" and host in HERE):
        return (
            None if host and not (parts.query or parts.fragment) else gettext("The issuer is not an address.")
        )
    return gettext("The issuer begins with https://.")


async def discover(issuer: str) -> Metadata:
    """Read a provider's addresses. Raises NoWord."""
    where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
    try:
        found = Metadata.model_validate(await _json("GET", where))
    except ValidationError as error:
        raise NoWord(gettext("%(where)s is no description of an OpenID provider.", where=where)) from error
    if found.issuer != issuer:
        raise NoWord(
            gettext("The provider calls itself %(issuer)s. Enter the issuer exactly so.", issuer=found.issuer)
        )
    for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
        if why_no_issuer(address.partition("?")[0]):
            raise NoWord(gettext("The provider names an address that does not begin with https://."))
    return found


def authorization(metadata: Metadata, provider: Provider, asked: Asked, come_back: str) -> str:
    """The address at which the browser asks."""
    challenge = (
        base64.urlsafe_b64encode(hashlib.sha256(asked.verifier.encode()).digest()).decode().rstrip("=")
    )
    query = {
        "response_type": "code",
        "client_id": provider.client_id,
        "redirect_uri": come_back,
        "scope": "openid email profile",
        "state": asked.state,
        "nonce": asked.nonce,
        "code_challenge": challenge,
        "code_challenge_method": "S256",
    }
    mark = "&" if "?" in metadata.authorization_endpoint else "?"
    return f"{metadata.authorization_endpoint}{mark}{urlencode(query)}"


async def vouched_for(
    metadata: Metadata, provider: Provider, asked: Asked, code: str, come_back: str
) -> Vouched:
    """Exchange a code for the provider's word, and check it. Raises NoWord."""
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": come_back,
        "code_verifier": asked.verifier,
        "client_id": provider.client_id,
    }
    headers = {}
    if provider.secret and "client_secret_basic" in metadata.token_endpoint_auth_methods_supported:
        both = f"{quote_plus(provider.client_id)}:{quote_plus(provider.secret)}"
        headers["Authorization"] = f"Basic {base64.b64encode(both.encode()).decode()}"
    elif provider.secret:
        form["client_secret"] = provider.secret
    answer = await _json("POST", metadata.token_endpoint, data=form, headers=headers)
    keys = await _json("GET", metadata.jwks_uri)
    claims = _checked(str(answer.get("id_token", "")), keys, provider, asked.nonce)
    return Vouched(str(claims["sub"]), str(claims.get("name") or ""), _address_in(claims, provider.issuer))


# Any: JSON of a provider; what is used of it is checked
def _checked(token: str, keys: Mapping[str, Any], provider: Provider, nonce: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        known = [
            key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in {None, "sig"}
        ]
        fits = [key for key in known if header.get("kid") in {None, key.key_id}]
        if header.get("alg") not in ALGORITHMS or len(fits) != 1:
            raise NoWord(gettext("The provider's word is signed with no key that it publishes."))
        claims: dict[str, Any] = jwt.decode(
            token,
            fits[0],
            algorithms=[header["alg"]],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except jwt.PyJWTError as error:
        raise NoWord(
            gettext("The provider's word does not count (%(name)s).", name=type(error).__name__)
        ) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NoWord(gettext("The provider's word is of another sign-in."))
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if others else provider.client_id) != provider.client_id:
        raise NoWord(gettext("The provider's word is for another program."))
    return claims


def _address_in(claims: Mapping[str, Any], issuer: str) -> str | None:  # Any: as above
    """An address that nobody can have made up: one the provider has verified. Entra says nothing of that; its
    addresses are given by the administrators of the one directory that the issuer names."""
    entra = urlsplit(issuer).hostname == ENTRA
    if claims.get("email_verified") not in ({True, None} if entra else {True}):
        return None
    named = claims.get("email") or (claims.get("preferred_username") if entra else None)
    address = str(named or "").strip().lower()
    return address if "@" in address else None


# Any: as above, and the arguments of a request
async def _json(method: str, address: str, **request: Any) -> dict[str, Any]:
    try:
        async with httpx.AsyncClient(timeout=PATIENCE, follow_redirects=False) as http:
            answer = await http.request(method, address, **request)
        found = answer.json() if answer.is_success else None
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise NoWord(
            gettext(
                "The provider does not answer at %(place)s (%(name)s).",
                place=_place(address),
                name=type(error).__name__,
            )
        ) from error
    if not isinstance(found, dict):
        raise NoWord(
            gettext(
                "The provider refused at %(place)s (%(status_code)s).",
                place=_place(address),
                status_code=answer.status_code,
            )
        )
    return found


def _place(address: str) -> str:
    return address.partition("?")[0]
