"""One HTTP request to an address that people entered: never to where only we may go, nor where it leads."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from shared.reaching import Refused, address_of

TOTAL_SECONDS = 20.0
TIMEOUT = httpx.Timeout(10.0, connect=5.0)
MOST_READ = 16_384
"""Bytes of an answer that are read; of what it says nothing is kept."""
GONE = 410
LONGEST_WAIT = timedelta(hours=1)
"""As long as a receiver may ask us to wait."""


@dataclass(frozen=True)
class Told:
    """How an attempt ended. `status`: of the answer, None when there was none."""

    code: str
    status: int | None = None
    wait: timedelta | None = None
    """How long the receiver asks to wait."""

    @property
    def done(self) -> bool:
        return self.status is not None and 200 <= self.status < 300  # noqa: PLR2004 - what HTTP calls success


async def post(url: str, body: bytes, fields: Mapping[str, str], *, private: bool) -> Told:
    """Send a request, and say how it ended. `private`: whether addresses of our own network may be called.

    The name is looked up once, and the connection goes to what was looked at. Redirects are not followed, no
    proxy is asked.
    """
    try:
        async with asyncio.timeout(TOTAL_SECONDS):
            target = httpx.URL(url)
            address = await address_of(target, private=private)
            return await _send(target, address, body, fields)
    except Refused:
        return Told("address_refused")
    except (TimeoutError, httpx.TimeoutException):
        return Told("timeout")
    except OSError:
        return Told("no_such_host")
    except httpx.InvalidURL:
        return Told("address_refused")
    except httpx.HTTPError as error:
        return Told(_named(error))


async def _send(target: httpx.URL, address: str, body: bytes, fields: Mapping[str, str]) -> Told:
    headers = {
        "Host": target.netloc.decode(),
        "Content-Type": "application/json",
        "User-Agent": "Postroom",
        **fields,
    }
    # the certificate is asked for the name, whatever address it has
    named = {"sni_hostname": target.host} if target.scheme == "https" else {}
    async with (
        httpx.AsyncClient(timeout=TIMEOUT, follow_redirects=False, trust_env=False) as client,
        client.stream(
            "POST", target.copy_with(host=address), content=body, headers=headers, extensions=named
        ) as answer,
    ):
        read = 0
        async for part in answer.aiter_raw():
            read += len(part)
            if read > MOST_READ:
                break
        code = "gone" if answer.status_code == GONE else f"http_{answer.status_code}"
        return Told(code, answer.status_code, _wait(answer.headers.get("retry-after", "")))


def _wait(asked: str) -> timedelta | None:
    return min(timedelta(seconds=int(asked)), LONGEST_WAIT) if asked.isdecimal() and len(asked) < 9 else None  # noqa: PLR2004 - no more than fit


def _named(error: httpx.HTTPError) -> str:
    """Name an error in a word; its text may hold the address."""
    return "".join(f"_{c.lower()}" if c.isupper() else c for c in type(error).__name__).lstrip("_")
