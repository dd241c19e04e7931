"""Tokens of Microsoft Entra: one msal application for each authority and client, asked in a thread."""

import asyncio
import re
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx
import msal
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS

from plugins.mailboxes.graph.refusals import retry_after
from plugins.mailboxes.graph.trust import trust
from shared.contracts.errors import AuthExpired, Transient

_TIMEOUT = httpx.Timeout(20, connect=10)
_CODE = re.compile(r"AADSTS\d+")


class Tokens:
    """The tokens of one application. Nothing is asked before the first use."""

    def __init__(
        self, *, authority: str, client_id: str, secret: str, scope: str, ca_file: str | None
    ) -> None:
        self._authority = authority
        self._client_id = client_id
        self._secret = secret
        self._scopes = [scope]
        self._ca_file = ca_file
        # msal has no types
        self._app: Any = None
        self._turn = asyncio.Lock()

    async def current(self) -> str:
        """A token that is good for a few minutes at least.

        Raises:
            AuthExpired: Entra refuses; the code is its AADSTS code.
            Transient: Entra was not reached.
        """
        async with self._turn:
            return await asyncio.to_thread(self._acquire)

    async def instead_of(self, refused: str) -> str:
        """Another token, because Graph refused this one; whoever asks first has it fetched."""
        async with self._turn:
            token = await asyncio.to_thread(self._acquire)
            if token != refused:
                return token
            await asyncio.to_thread(self._app.remove_tokens_for_client)
            return await asyncio.to_thread(self._acquire)

    def _acquire(self) -> str:
        try:
            if self._app is None:
                self._app = self._application()
            answer = self._app.acquire_token_for_client(scopes=self._scopes)
        except httpx.TransportError as error:
            raise Transient("the token endpoint cannot be reached", code="token_endpoint") from error
        except ValueError as error:
            # msal says so of an unknown tenant, an authority that is none, and an answer that is no JSON.
            raise AuthExpired(f"sign-in refused: {_brief(str(error))}", code=_code(str(error))) from error
        if "access_token" in answer:
            return str(answer["access_token"])
        said = str(answer.get("error_description") or answer.get("error") or "no reason given")
        raise AuthExpired(f"sign-in refused: {_brief(said)}", code=_code(said, str(answer.get("error", ""))))

    def _application(self) -> Any:  # Any: msal has no types
        known = urlsplit(self._authority).hostname in WELL_KNOWN_AUTHORITY_HOSTS
        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=self._secret,
            authority=self._authority,
            instance_discovery=None if known else False,
            http_client=_Http(self._ca_file),
        )


class TokenCache:
    """One `Tokens` for each authority, client and secret of this process."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, ...], Tokens] = {}

    def tokens(
        self, *, authority: str, client_id: str, secret: str, scope: str, ca_file: str | None
    ) -> Tokens:
        digest = sha256(secret.encode()).hexdigest()
        key = (authority, client_id, digest, scope, ca_file or "")
        if key not in self._known:
            self._known[key] = Tokens(
                authority=authority, client_id=client_id, secret=secret, scope=scope, ca_file=ca_file
            )
        return self._known[key]


class _Http:
    """What msal calls, seldom enough to connect anew each time.

    Its own `requests` session would let REQUESTS_CA_BUNDLE win over the CA file.
    """

    def __init__(self, ca_file: str | None) -> None:
        self._ca_file = ca_file

    # Any: whatever msal passes on to its HTTP client
    def get(self, url: str, params: Any = None, headers: Any = None, **_: Any) -> httpx.Response:
        with self._client() as client:
            return _settled(client.get(url, params=params, headers=headers))

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, **_: Any
    ) -> httpx.Response:
        with self._client() as client:
            return _settled(client.post(url, params=params, data=data, headers=headers))

    def close(self) -> None:
        """Nothing stays open."""

    def _client(self) -> httpx.Client:
        return httpx.Client(verify=trust(self._ca_file), timeout=_TIMEOUT)


def _settled(response: httpx.Response) -> httpx.Response:
    """The answer, unless it says to come again; msal would take it for a refusal and keep it. A refusal
    that Entra did not write, such as a proxy's, has no words to show."""
    status = response.status_code
    if status == httpx.codes.TOO_MANY_REQUESTS or response.is_server_error:
        raise Transient(
            f"the token endpoint is busy ({status})",
            code=str(status),
            retry_after=retry_after(response, datetime.now(UTC)),
        )
    if response.is_client_error and not _has_words(response):
        raise AuthExpired(f"the token endpoint refuses ({status})", code=f"http_{status}")
    return response


def _has_words(response: httpx.Response) -> bool:
    """Whether a refusal names its error as OAuth does."""
    try:
        said = response.json()
    except ValueError:
        return False
    return isinstance(said, dict) and isinstance(said.get("error"), str)


def _code(text: str, otherwise: str = "invalid_authority") -> str:
    found = _CODE.search(text)
    return found[0] if found else otherwise


def _brief(text: str) -> str:
    """Entra's first line; what follows are trace ids."""
    return text.partition("Trace ID")[0].strip().splitlines()[0][:300] if text.strip() else "no reason given"
