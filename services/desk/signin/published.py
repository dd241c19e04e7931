"""What OpenID providers publish, addresses and keys: asked for when it is needed, and kept a while.

One that was away is not asked again for a moment, so that many who wait for it do not make it worse.
"""

import asyncio
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import httpx
from pydantic import BaseModel, TypeAdapter, ValidationError

from services.desk.languages import gettext, later
from shared.reaching import Refused, address_of

KEPT_FOR = timedelta(hours=1)
AWAY_FOR = timedelta(seconds=15)
MOST = 200
"""Providers that are remembered; the one that was asked longest ago goes first."""
PATIENCE = 10.0
"""Seconds for a whole answer."""
LONGEST = 1_000_000
"""Bytes of an answer."""
REFUSED = later("The provider refused at %(address)s (%(status)s).")
OURS = later(
    "%(address)s is in a network of our own. Enter a provider of the internet, or let who runs the"
    " installation set POSTROOM_PRIVATE_PROVIDERS."
)
HERE = ("localhost", "127.0.0.1", "::1")
JSON_OBJECT = TypeAdapter(dict[str, Any])  # Any: JSON of a provider; what is used of it is checked


class NoWord(Exception):
    """The provider vouches for nobody; it says why, without a code, token or secret. It may be kept, so it is
    told in the language of whoever reads it. `why`: a text of `later`, and what fills its gaps."""

    def __init__(self, why: str, **facts: object) -> None:
        super().__init__(why)
        self.why = why
        self.facts = facts

    def __str__(self) -> str:
        return gettext(self.why, **self.facts)


class Away(NoWord):
    """The provider does not answer, or only that it cannot."""


class Metadata(BaseModel):
    """What discovery says."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: list[str] = ["client_secret_basic"]


@dataclass
class Known:
    """What is kept of one provider."""

    metadata: Metadata | None = None
    keys: dict[str, Any] | None = None  # Any: as above
    asked_at: datetime | None = None
    keys_asked_at: datetime | None = None
    away: NoWord | None = None
    away_until: datetime | None = None
    asking: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Of many who need it at once, one asks."""


@dataclass
class Published:
    """What this process knows of providers. All tenants share it: it is nobody's secret."""

    private: bool = False
    """Whether providers may be in our own network; else whoever enters one would learn what answers there."""
    known: dict[str, Known] = field(default_factory=dict)

    async def metadata(self, issuer: str, now: datetime, *, anew: bool = False) -> Metadata:
        """A provider's addresses; `anew`: as it says now. Raises NoWord."""
        one = self._of(issuer)
        async with one.asking:
            if not anew and one.metadata and _counts(one.asked_at, now):
                return one.metadata
            if not anew and one.away and one.away_until and now < one.away_until:
                raise one.away
            try:
                one.metadata, one.asked_at = await self._described(issuer), now
            except NoWord as error:
                one.away, one.away_until = error, now + AWAY_FOR
                raise
            return one.metadata

    # Any: as above
    async def keys(self, metadata: Metadata, now: datetime, *, not_these: object = None) -> dict[str, Any]:
        """A provider's keys; `not_these`: which were no help, so that others are asked for. Raises NoWord."""
        one = self._of(metadata.issuer)
        async with one.asking:
            if one.keys is None or one.keys is not_these or not _counts(one.keys_asked_at, now):
                one.keys, one.keys_asked_at = await self.ask("GET", metadata.jwks_uri), now
            return one.keys

    # Any: JSON of a provider, and the arguments of a request
    async def ask(self, method: str, address: str, **request: Any) -> dict[str, Any]:
        """Ask a provider for an object, never where only we may go. Raises NoWord."""
        try:
            async with asyncio.timeout(PATIENCE):
                status, body = await _asked(method, address, private=self.private, **request)
        except Refused as error:
            raise NoWord(OURS, address=_place(address)) from error
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            why = later("%(address)s gives no answer (%(kind)s)")
            raise Away(why, address=_place(address), kind=type(error).__name__) from error
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
            raise Away(later("%(address)s answers with %(status)s"), address=_place(address), status=status)
        try:
            found = JSON_OBJECT.validate_json(body)
        except ValidationError as error:
            raise NoWord(REFUSED, address=_place(address), status=status) from error
        if not httpx.codes.is_success(status):
            raise NoWord(REFUSED, address=_place(address), status=status)
        return found

    async def _described(self, issuer: str) -> Metadata:
        where = f"{issuer.rstrip('/')}/.well-known/openid-configuration"
        try:
            found = Metadata.model_validate(await self.ask("GET", where))
        except ValidationError as error:
            why = later("%(address)s is no description of an OpenID provider.")
            raise NoWord(why, address=where) from error
        if found.issuer != issuer:
            why = later("The provider calls itself %(issuer)s. Enter the issuer exactly so.")
            raise NoWord(why, issuer=found.issuer)
        for address in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
            if why_no_issuer(address.partition("?")[0]):
                raise NoWord(later("The provider names an address that does not begin with https://."))
        return found

    def _of(self, issuer: str) -> Known:
        one = self.known.pop(issuer, None) or Known()
        self.known[issuer] = one
        while len(self.known) > MOST:
            del self.known[next(iter(self.known))]
        return one


def _counts(at: datetime | None, now: datetime) -> bool:
    return at is not None and now < at + KEPT_FOR


def why_no_issuer(issuer: str) -> str | None:
    """Say what is wrong with an issuer's address; nothing when it may be asked."""
    try:
        parts = urlsplit(issuer)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return gettext("The issuer is not an address.")
    if parts.scheme == "https" or (parts.scheme == "http" and host in HERE):
        fits = host and not (parts.query or parts.fragment)
        return None if fits else gettext("The issuer is not an address.")
    return gettext("The issuer begins with https://.")


# Any: the arguments of a request
async def _asked(method: str, address: str, *, private: bool, **request: Any) -> tuple[int, bytes]:
    """The name is looked up once, and the connection goes to what was looked at; no proxy is asked. Where
    providers may be anywhere, it goes the way that this machine's settings say (HTTPS_PROXY)."""
    target, body = httpx.URL(address), bytearray()
    at = target if private else target.copy_with(host=await address_of(target, private=False))
    request["headers"] = request.get("headers", {}) | {"Host": target.netloc.decode()}
    # the certificate is asked for the name, whatever address it has
    request["extensions"] = {"sni_hostname": target.host} if target.scheme == "https" else {}
    # authorities of one's own are known by SSL_CERT_FILE
    trusted = httpx.create_ssl_context()
    async with (
        httpx.AsyncClient(
            verify=trusted, timeout=PATIENCE, follow_redirects=False, trust_env=private
        ) as http,
        http.stream(method, at, **request) as answer,
    ):
        async for part in answer.aiter_bytes():
            body += part
            if len(body) > LONGEST:
                why = later("%(address)s answers with more than anybody needs.")
                raise NoWord(why, address=_place(address))
    return answer.status_code, bytes(body)


def _place(address: str) -> str:
    return address.partition("?")[0]
