"""An OpenID provider that the tests run: discovery, authorization with PKCE, tokens, keys, over real HTTP."""

import asyncio
import base64
import hashlib
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import httpx
import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import rsa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from shared.observability.health import QuietServer
from tests.service.desk.conftest import Browser

CLIENT, SECRET = "desk of acme", "s3cret: of/it"


@dataclass
class Someone:
    """Who signs in at the provider, and what it says of them."""

    sub: str = "0815"
    email: str = "eva@acme.test"
    name: str = "Eva"
    verified: bool | None = True


@dataclass
class Vouching:
    issuer: str
    who: Someone = field(default_factory=Someone)
    key: Any = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))  # Any: a private key
    forged: dict[str, Any] = field(default_factory=dict)
    """Claims that it says otherwise than it should."""
    signs_with: Any = None
    """Another key than it publishes."""
    algorithm: str = "RS256"
    denies: bool = False
    kid: str = "one"
    away: bool = False
    """Answers nothing but 503."""
    floods: bool = False
    """Describes itself at a length that nobody needs."""
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    asked: list[dict[str, str]] = field(default_factory=list)
    answered: Counter[str] = field(default_factory=Counter)
    """How often each of its addresses was asked."""

    async def describe(self, _request: Request) -> Response:
        self.answered["description"] += 1
        if self.away:
            return Response(status_code=503)
        return JSONResponse(
            {
                "about": "x" * 2_000_000 if self.floods else "",
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
            }
        )

    async def authorize(self, request: Request) -> Response:
        query = dict(request.query_params)
        self.asked.append(query)
        code = f"code-{len(self.asked)}"
        self.codes[code] = query
        answer = {"error": "access_denied"} if self.denies else {"code": code, "iss": self.issuer}
        return RedirectResponse(
            f"{query['redirect_uri']}?{urlencode({**answer, 'state': query['state']})}", 303
        )

    async def token(self, request: Request) -> Response:
        if self.away:
            return Response(status_code=503)
        form = dict(await request.form())
        query = self.codes.pop(str(form["code"]), None)
        basic = base64.b64encode(b"desk+of+acme:s3cret%3A+of%2Fit").decode()
        challenge = hashlib.sha256(str(form.get("code_verifier", "")).encode()).digest()
        if (
            query is None
            or request.headers.get("authorization") != f"Basic {basic}"
            or query["redirect_uri"] != form["redirect_uri"]
            or base64.urlsafe_b64encode(challenge).decode().rstrip("=") != query["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        return JSONResponse({"access_token": "x", "token_type": "Bearer", "id_token": self._word(query)})

    async def keys(self, _request: Request) -> Response:
        self.answered["keys"] += 1
        public = jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        return JSONResponse({"keys": [public | {"kid": self.kid, "use": "sig", "alg": "RS256"}]})

    def _word(self, query: dict[str, str]) -> str:
        now, who = int(time.time()), self.who
        claims = {
            "iss": self.issuer,
            "aud": query["client_id"],
            "sub": who.sub,
            "iat": now,
            "exp": now + 300,
            "nonce": query["nonce"],
            "name": who.name,
            "email": who.email,
        }
        claims |= {} if who.verified is None else {"email_verified": who.verified}
        key = self.signs_with or self.key
        return jwt.encode(claims | self.forged, key, self.algorithm, headers={"kid": self.kid})


async def going(browser: Browser, onward: str = "/tickets") -> httpx.Response:
    """Press the button and do what the provider says, as a browser does."""
    there = await browser.get(f"/sign-in/provider?tenant=default&next={onward}")
    assert there.status_code == 303, there.text
    async with httpx.AsyncClient() as elsewhere:
        back = await elsewhere.get(there.headers["location"])
    return await browser.get(back.headers["location"])


@asynccontextmanager
async def vouching() -> AsyncIterator[Vouching]:
    """Serve a provider until the context ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    provider = Vouching(f"http://127.0.0.1:{listener.getsockname()[1]}")
    routes = [
        Route("/.well-known/openid-configuration", provider.describe),
        Route("/authorize", provider.authorize),
        Route("/token", provider.token, methods=["POST"]),
        Route("/keys", provider.keys),
    ]
    config = uvicorn.Config(Starlette(routes=routes), log_config=None, access_log=False, lifespan="off")
    server = QuietServer(config)
    serving = asyncio.create_task(server.serve([listener]))
    try:
        yield provider
    finally:
        server.should_exit = True
        await serving
