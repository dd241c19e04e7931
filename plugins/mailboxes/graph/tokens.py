"""Tokens of Microsoft Entra, one for all mailboxes of an app; msal asks for them, in a thread."""

import asyncio
import re
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import msal
from msal.authority import WELL_KNOWN_AUTHORITY_HOSTS

from plugins.mailboxes.graph.certificates import Certificate
from plugins.mailboxes.graph.clouds import Endpoints
from plugins.mailboxes.graph.credentials import (
    ClientSecret,
    Credential,
    Federated,
    Identity,
    Unusable,
    stamp,
)
from plugins.mailboxes.graph.entra_http import EntraHttp, IdentityHttp
from shared.contracts.errors import AuthExpired, Transient
from shared.plugins.tokens import Token, TokenStore

_CAPABLE = ["CP1"]
"""We answer claims challenges."""
_CODE = re.compile(r"AADSTS\d+")


class Tokens:
    """The token of one app with one proof. Nothing is asked before the first use."""

    def __init__(
        self, endpoints: Endpoints, client_id: str, credential: Credential, store: TokenStore
    ) -> None:
        self._endpoints = endpoints
        self._client_id = client_id
        self._credential = credential
        self._store = store
        parts = (endpoints.authority, client_id, stamp(credential), endpoints.scope, endpoints.ca_file or "")
        self._name = " ".join(parts)
        # msal has no types
        self._app: Any = None

    async def current(self) -> str:
        """A token that is good for a few minutes at least.

        Raises:
            AuthExpired: Entra refuses; the code is its AADSTS code.
            Transient: Entra was not reached.
        """
        return await self._kept(None, None) or await self._new(None, None)

    async def instead_of(self, refused: str, claims: str | None = None) -> str:
        """Another token, because Graph refused this one, until it has the `claims`; whoever asks first has
        it fetched."""
        return await self._kept(refused, claims) or await self._new(refused, claims)

    async def sign_in(self) -> None:
        """Have a token fetched, whatever is kept, so that the proof is tried now."""
        await self._store.put(self._name, await asyncio.to_thread(self._acquire, None))

    async def _kept(self, refused: str | None, claims: str | None) -> str | None:
        token = await self._store.get(self._name, unless=refused)
        return token.value if token and claims in {None, token.answers} else None

    async def _new(self, refused: str | None, claims: str | None) -> str:
        async with self._store.turn(self._name):
            if first := await self._kept(refused, claims):
                return first
            token = await asyncio.to_thread(self._acquire, claims)
            await self._store.put(self._name, token)
            return token.value

    def _acquire(self, claims: str | None) -> Token:
        begun = time.time()
        match self._credential:
            case Unusable(reason, code):
                raise AuthExpired(reason, code=code)
            case Identity(client_id):
                answer, otherwise = self._of_machine(client_id, claims), "identity_refused"
            case credential:
                answer = self._of_app(credential, claims)
                otherwise = str(answer.get("error", ""))
        if "access_token" in answer:
            return Token(str(answer["access_token"]), begun + float(answer["expires_in"]), claims)
        said = str(answer.get("error_description") or answer.get("error") or "no reason given")
        raise AuthExpired(f"sign-in refused: {_brief(said)}", code=_code(said, otherwise))

    # Any: msal has no types
    def _of_app(
        self, credential: ClientSecret | Certificate | Federated, claims: str | None
    ) -> dict[str, Any]:
        try:
            if self._app is None:
                self._app = self._application(credential)
            # The store keeps what may be used again; what msal keeps may be what was refused.
            self._app.remove_tokens_for_client()
            answer = self._app.acquire_token_for_client(
                scopes=[self._endpoints.scope], claims_challenge=claims
            )
        except httpx.TransportError as error:
            raise Transient("the token endpoint cannot be reached", code="token_endpoint") from error
        except ValueError as error:
            # msal says so of an unknown tenant, an authority that is none, and an answer that is no JSON.
            raise AuthExpired(f"sign-in refused: {_brief(str(error))}", code=_code(str(error))) from error
        return dict(answer)

    # Any: as above
    def _application(self, credential: ClientSecret | Certificate | Federated) -> Any:
        proof: Any
        match credential:
            case ClientSecret(value):
                proof = value
            case Certificate():
                proof = {"private_key": credential.key, "public_certificate": credential.public}
            case Federated():
                proof = {"client_assertion": credential.assertion}
        known = urlsplit(self._endpoints.authority).hostname in WELL_KNOWN_AUTHORITY_HOSTS
        return msal.ConfidentialClientApplication(
            self._client_id,
            client_credential=proof,
            client_capabilities=_CAPABLE,
            authority=self._endpoints.authority,
            instance_discovery=None if known else False,
            http_client=EntraHttp(self._endpoints.ca_file),
        )

    def _of_machine(self, client_id: str, claims: str | None) -> dict[str, Any]:  # Any: as above
        if client_id:
            identity = msal.UserAssignedManagedIdentity(client_id=client_id)
        else:
            identity = msal.SystemAssignedManagedIdentity()
        # A new client each time: it keeps tokens, and this one would get back what was refused.
        client = msal.ManagedIdentityClient(
            identity, http_client=IdentityHttp(), client_capabilities=_CAPABLE
        )
        resource = self._endpoints.scope.removesuffix("/.default")
        try:
            return dict(client.acquire_token_for_client(resource=resource, claims_challenge=claims))
        except httpx.TransportError as error:
            text = "this machine's identity endpoint cannot be reached"
            raise Transient(text, code="identity_endpoint") from error
        except ValueError as error:  # msal says so of an answer that it does not understand
            text = f"this machine's identity endpoint answers strangely: {type(error).__name__}"
            raise AuthExpired(text, code="identity_refused") from error


def _code(text: str, otherwise: str = "invalid_authority") -> str:
    found = _CODE.search(text)
    return found[0] if found else otherwise


def _brief(text: str) -> str:
    """Entra's first line; what follows are trace ids."""
    return text.partition("Trace ID")[0].strip().splitlines()[0][:300] if text.strip() else "no reason given"
