"""Headers that every answer carries: what a page may load, and how long a file may be kept."""

from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from services.desk.errors import TooLarge
from services.desk.languages import gettext
from services.desk.reader import Preferences, read_by
from services.desk.rendering import static_version

PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:;"
    " connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
FOR_EVER = "public, max-age=31536000, immutable"
LARGEST_BODY = 2_000_000
"""Bytes of a form or a JSON body, where no files are expected."""


@dataclass
class _Limit:
    bytes: int = LARGEST_BODY


def allow_body(request: Request, most: int) -> None:
    """Take a larger body of this request; said before it is read."""
    request.scope["body_limit"].bytes = most


class Headers:
    """A plain ASGI layer: the answer streams through it."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        read_by(Request(scope), Preferences())
        taken, limit = 0, _Limit()
        scope["body_limit"] = limit

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            if taken > limit.bytes:
                raise TooLarge(
                    gettext("The request is larger than %(count)s MB.", count=limit.bytes // 1_000_000),
                    remedy=gettext("Send less at once."),
                )
            return message

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                _add(headers, scope)
            await send(message)

        await self.app(scope, limited, send_with_headers)


def _add(headers: MutableHeaders, scope: Scope) -> None:
    headers.setdefault("Content-Security-Policy", PAGE_POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "no-referrer")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
    headers.setdefault("Permissions-Policy", "camera=(), geolocation=(), microphone=()")
    if scope["scheme"] == "https":
        headers.setdefault("Strict-Transport-Security", "max-age=31536000")
    path = scope["path"]
    if path.startswith("/static/"):
        kept = path.startswith(f"/static/{static_version()}/")
        headers.setdefault("Cache-Control", FOR_EVER if kept else "no-cache")
    else:
        headers.setdefault("Cache-Control", "private, no-store")
