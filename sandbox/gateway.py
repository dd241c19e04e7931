"""What stands between Graph and its clients, and how it spoils an answer."""

import asyncio
from collections.abc import AsyncIterator
from http import HTTPStatus

from starlette.responses import HTMLResponse, Response, StreamingResponse
from starlette.types import Receive, Scope, Send

_FOR_EVER = 3600.0
_PIECES = 20
_BROKEN = b'{"@odata.context": "https://graph.microsoft.com/v1.0/$metadata#users", "value": [{"id": "AAMk'
_PAGE = "<html><head><title>Gateway</title></head><body><h1>Please sign in to the network</h1></body></html>"


class SpoiltError(Exception):
    """The client gets this in place of Graph's answer."""

    def __init__(self, response: Response) -> None:
        super().__init__("the answer is spoilt on its way")
        self.response = response


def dropped() -> Response:
    return _Broken(0)


def hanging(seconds: float | None) -> Response:
    """Silence, then a broken connection; without `seconds` until the client has gone."""
    return _Broken(_FOR_EVER if seconds is None else seconds)


def html() -> Response:
    return HTMLResponse(_PAGE)


def garbled(answer: Response | None) -> Response:
    """JSON that ends in the middle."""
    body = bytes(answer.body) if answer is not None and answer.body else _BROKEN
    return Response(body[: (len(body) + 1) // 2], HTTPStatus.OK, media_type="application/json")


def trickling(answer: Response | None, seconds: float | None) -> Response:
    """The answer in small pieces over that time; without one it never ends."""
    if answer is None or not answer.body:
        return StreamingResponse(
            _for_ever(_FOR_EVER if seconds is None else seconds), media_type="application/json"
        )
    body = bytes(answer.body)
    kept = {name: value for name, value in answer.headers.items() if name != "content-length"}
    return StreamingResponse(_slowly(body, seconds or 1), answer.status_code, kept)


async def _slowly(body: bytes, seconds: float) -> AsyncIterator[bytes]:
    step = max(1, len(body) // _PIECES)
    for at in range(0, len(body), step):
        await asyncio.sleep(seconds / _PIECES)
        yield body[at : at + step]


async def _for_ever(seconds: float) -> AsyncIterator[bytes]:
    yield b'{"value": ['
    for _ in range(int(seconds * 10)):
        await asyncio.sleep(0.1)
        yield b" "


class _Broken(Response):
    """Promises a body and closes the connection instead, at once or after a silence."""

    def __init__(self, silent_seconds: float) -> None:
        super().__init__()
        self._silent_seconds = silent_seconds

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope
        if self._silent_seconds:
            try:
                async with asyncio.timeout(self._silent_seconds):
                    while (await receive())["type"] != "http.disconnect":
                        pass
            except TimeoutError:
                pass
            else:
                return
        headers = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": HTTPStatus.ACCEPTED, "headers": headers})
