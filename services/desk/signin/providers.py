"""OpenID Connect 1.0 with PKCE: ask a provider who somebody is, and check what it says."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

import jwt

from services.desk.languages import later
from services.desk.signin.published import Metadata, NoWord, Published

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures by a key of the provider; never one by a secret that both have, and never none."""
LEEWAY = timedelta(minutes=1)
UNKNOWN_KEY = later("The provider's word is signed with no key that it publishes.")
ENTRA = "login.microsoftonline.com"


class WrongKey(NoWord):
    """No key that is known made this signature."""


@dataclass(frozen=True)
class Provider:
    issuer: str
    client_id: str
    secret: str | None = field(repr=False)
    called: str
    adds_users: bool = False
    own_factor: bool = False
    """Its word is not enough: the second factor here is asked for too."""


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


async def vouched_for(  # noqa: PLR0917 - who asked whom, what came of it, where and when
    published: Published, provider: Provider, asked: Asked, code: str, come_back: str, now: datetime
) -> Vouched:
    """Exchange a code for the provider's word, and check it. Raises NoWord."""
    metadata = await published.metadata(provider.issuer, now)
    request = _request_for(metadata, provider, asked, code, come_back)
    answer = await published.ask("POST", metadata.token_endpoint, **request)
    word = str(answer.get("id_token", ""))
    keys = await published.keys(metadata, now)
    try:
        claims = _checked(word, keys, provider, asked.nonce)
    except WrongKey:
        # it may have changed its keys since
        keys = await published.keys(metadata, now, not_these=keys)
        claims = _checked(word, keys, provider, asked.nonce)
    return Vouched(str(claims["sub"]), str(claims.get("name") or ""), _address_in(claims, provider.issuer))


def _request_for(
    metadata: Metadata, provider: Provider, asked: Asked, code: str, come_back: str
) -> dict[str, dict[str, str]]:
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
    return {"data": form, "headers": headers}


# Any: JSON of a provider; what is used of it is checked
def _checked(token: str, keys: Mapping[str, Any], provider: Provider, nonce: str) -> dict[str, Any]:
    try:
        header = jwt.get_unverified_header(token)
        known = [
            key for key in jwt.PyJWKSet.from_dict(dict(keys)).keys if key.public_key_use in {None, "sig"}
        ]
        fits = [key for key in known if header.get("kid") in {None, key.key_id}]
        if header.get("alg") not in ALGORITHMS or len(fits) != 1:
            raise WrongKey(UNKNOWN_KEY)
        claims: dict[str, Any] = jwt.decode(
            token,
            fits[0],
            algorithms=[header["alg"]],
            audience=provider.client_id,
            issuer=provider.issuer,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub", "aud", "iss"]},
        )
    except jwt.InvalidSignatureError as error:
        raise WrongKey(UNKNOWN_KEY) from error
    except jwt.PyJWTError as error:
        why = later("The provider's word does not count (%(kind)s).")
        raise NoWord(why, kind=type(error).__name__) from error
    if not hmac.compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
        raise NoWord(later("The provider's word is of another sign-in."))
    others = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if others else provider.client_id) != provider.client_id:
        raise NoWord(later("The provider's word is for another program."))
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
