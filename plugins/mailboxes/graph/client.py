"""One client for one mailbox: token, limit, time, and errors as what they mean."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from urllib.parse import quote, urlencode, urlsplit

import httpx
from pydantic import JsonValue

from plugins.mailboxes.graph.challenges import challenge_of
from plugins.mailboxes.graph.clouds import Endpoints
from plugins.mailboxes.graph.refusals import refusal
from plugins.mailboxes.graph.tokens import Tokens
from plugins.mailboxes.graph.trust import trust
from shared.contracts.errors import Permanent, Throttled, Transient
from shared.plugins.mailboxes import RequestLimit

_TIMEOUT = httpx.Timeout(60, connect=10)
_LONGEST_REQUEST_SECONDS = 300
"""A body that trickles in resets every other limit."""
_PAUSE = timedelta(seconds=10)
"""After a 429 that does not say how long."""
_IMMUTABLE = 'IdType="ImmutableId"'


class GraphClient:
    """Requests on behalf of one mailbox. Every id that it sees or gives is an immutable one.

    A path is below the mailbox; one that begins with a slash, below Graph's root.
    """

    def __init__(
        self,
        endpoints: Endpoints,
        address: str,
        tokens: Tokens,
        limit: RequestLimit,
        clock: Callable[[], datetime],
    ) -> None:
        self._endpoints = endpoints
        self._user = f"{endpoints.base_url}/users/{quote(address, safe='@')}"
        self._tokens = tokens
        self._limit = limit
        self._clock = clock
        # Proxies of the environment count; certificates of the environment do not.
        self._http = httpx.AsyncClient(verify=trust(endpoints.ca_file), timeout=_TIMEOUT)

    async def get(
        self, path: str, query: Mapping[str, str] | None = None, *, prefer: str | None = None
    ) -> httpx.Response:
        """Read below the mailbox; `path` has its ids quoted."""
        return await self._ask("GET", self._url(path, query), prefer=prefer)

    async def follow(self, link: str, *, prefer: str | None = None) -> httpx.Response:
        """Read what a link of Graph points to.

        Raises:
            Permanent: it points to another host, which must not see our token.
        """
        if not self.leads_home(link):
            raise Permanent("Graph gave a link to another host", code="foreign_link")
        return await self._ask("GET", link, prefer=prefer)

    async def post(self, path: str, body: JsonValue = None) -> httpx.Response:
        return await self._ask("POST", self._url(path), json=body)

    async def post_mime(self, path: str, base64: bytes) -> httpx.Response:
        return await self._ask("POST", self._url(path), content=base64, kind="text/plain")

    async def patch(self, path: str, body: JsonValue) -> httpx.Response:
        return await self._ask("PATCH", self._url(path), json=body)

    async def delete(self, path: str) -> httpx.Response:
        return await self._ask("DELETE", self._url(path))

    async def put_range(self, url: str, part: bytes, span: str) -> httpx.Response:
        """Upload one range to a URL that carries its own permission; our token stays here."""
        parts = urlsplit(url)
        if parts.scheme != "https" or not _within(parts.hostname or "", self._endpoints.upload_hosts):
            # Nothing is wrong with the mail: it waits until the way to Graph is right again.
            raise Transient("Graph gave an upload address on an unknown host", code="foreign_link")
        headers = {"Content-Range": span, "Content-Type": "application/octet-stream"}
        response = await self._send(httpx.Request("PUT", url, headers=headers, content=part))
        return await self._accepted(response)

    def leads_home(self, link: str) -> bool:
        """Whether a link goes to the Graph that this client is for."""
        there, home = urlsplit(link), urlsplit(self._endpoints.base_url)
        return (there.scheme, there.netloc) == (home.scheme, home.netloc)

    async def close(self) -> None:
        await self._http.aclose()

    def _url(self, path: str, query: Mapping[str, str] | None = None) -> str:
        """The address of what is below the mailbox; below Graph's root, when `path` begins with a slash."""
        below = f"{self._endpoints.base_url}{path}" if path.startswith("/") else f"{self._user}/{path}"
        return f"{below}?{urlencode(query, quote_via=quote, safe='$')}" if query else below

    async def _ask(
        self,
        method: str,
        url: str,
        *,
        json: JsonValue = None,
        content: bytes | None = None,
        kind: str | None = None,
        prefer: str | None = None,
    ) -> httpx.Response:
        headers = {"Prefer": f"{_IMMUTABLE}, {prefer}" if prefer else _IMMUTABLE}
        if kind:
            headers["Content-Type"] = kind
        request = httpx.Request(method, url, headers=headers, json=json, content=content)
        token = await self._tokens.current()
        response = await self._send(request, token)
        if response.status_code == httpx.codes.UNAUTHORIZED:
            token = await self._tokens.instead_of(token, challenge_of(response))
            response = await self._send(request, token)
        accepted = await self._accepted(response)
        if _of_a_gateway(accepted):
            raise Transient("something else answered in Graph's place", code="bad_answer")
        return accepted

    async def _send(self, request: httpx.Request, token: str | None = None) -> httpx.Response:
        if token is not None:
            request.headers["Authorization"] = f"Bearer {token}"
        try:
            async with self._limit.request(len(request.content)), asyncio.timeout(_LONGEST_REQUEST_SECONDS):
                return await self._http.send(request)
        except httpx.TransportError as error:
            raise Transient(f"Graph cannot be reached: {type(error).__name__}", code="network") from error
        except (TimeoutError, httpx.DecodingError) as error:
            raise Transient("Graph did not finish its answer", code="network") from error

    async def _accepted(self, response: httpx.Response) -> httpx.Response:
        if response.is_success:
            return response
        error = refusal(response, self._clock())
        if isinstance(error, Throttled):
            await self._limit.pause(error.retry_after or _PAUSE)
        raise error


def _of_a_gateway(response: httpx.Response) -> bool:
    """Whether a page for people stands in Graph's place, which names every request that it answers."""
    is_page = response.headers.get("Content-Type", "").startswith("text/html")
    return is_page and "request-id" not in response.headers


def quoted(identifier: str) -> str:
    """An id as one segment of a path."""
    return quote(identifier, safe="")


def literal(text: str) -> str:
    """Text as a string of an OData filter."""
    return "'" + text.replace("'", "''") + "'"


def _within(host: str, allowed: tuple[str, ...]) -> bool:
    return any(host == name or host.endswith("." + name) for name in allowed)
