"""Images of mails that lie elsewhere, fetched by us when somebody asks: no browser goes there itself."""

import asyncio
import re
from dataclasses import dataclass, field

import httpx

from shared.reaching import Refused, address_of

TOTAL_SECONDS = 15.0
TIMEOUT = httpx.Timeout(8.0, connect=4.0)
MOST_BYTES = 5_000_000
MOST_HOPS = 3
AT_ONCE = 16
TYPES = re.compile(r"image/(?:png|jpeg|gif|webp|bmp|avif|x-icon|vnd\.microsoft\.icon)")
"""What browsers draw and nothing can run in: SVG is none of it."""
HEADERS = {"Accept": "image/*", "User-Agent": "Postroom"}


@dataclass(frozen=True)
class Fetched:
    media_type: str
    data: bytes


@dataclass(frozen=True)
class RemoteImages:
    """Fetches them without cookies, by addresses that were looked at, within limits of time and size."""

    private: bool = False
    """Whether images of our own network may be fetched: for tests alone."""
    gate: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def get(self, url: str) -> Fetched | None:
        """Return None for what is no image, too large, too slow or not there. Redirects are checked anew."""
        try:
            async with self.gate, asyncio.timeout(TOTAL_SECONDS):
                return await self._follow(httpx.URL(url))
        except (Refused, TimeoutError, OSError, httpx.HTTPError, httpx.InvalidURL, ValueError):
            return None

    async def _follow(self, target: httpx.URL) -> Fetched | None:
        async with httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client:
            for _ in range(MOST_HOPS + 1):
                address = await address_of(target, private=self.private)
                # the certificate is asked for the name, whatever address it has
                named = {"sni_hostname": target.host} if target.scheme == "https" else {}
                headers = HEADERS | {"Host": target.netloc.decode()}
                at = target.copy_with(host=address)
                async with client.stream("GET", at, headers=headers, extensions=named) as answer:
                    if not answer.has_redirect_location:
                        return await _image(answer)
                    target = target.join(answer.headers["location"])
                client.cookies.clear()
        return None


async def _image(answer: httpx.Response) -> Fetched | None:
    media_type = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not answer.is_success or not TYPES.fullmatch(media_type):
        return None
    data = bytearray()
    async for part in answer.aiter_bytes():
        data += part
        if len(data) > MOST_BYTES:
            return None
    return Fetched(media_type, bytes(data))
