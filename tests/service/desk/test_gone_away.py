"""A browser that closes while it sends a form is nobody's fault."""

from typing import Any

from services.desk.desk import Desk
from tests.service.desk.applications import app_of


async def test_a_browser_that_leaves_in_the_middle_of_a_form_is_no_fault(desk: Desk) -> None:
    form = [(b"content-type", b"application/x-www-form-urlencoded"), (b"content-length", b"99")]
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/sign-in",
        "raw_path": b"/sign-in",
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"desk.test"), *form],
        "client": ("127.0.0.1", 1),
        "server": ("desk.test", 80),
        "http_version": "1.1",
    }
    came = iter(({"type": "http.request", "body": b"csrf=", "more_body": True}, {"type": "http.disconnect"}))
    told: list[Any] = []  # Any: messages of ASGI

    async def receive() -> Any:  # Any: as above
        return next(came, {"type": "http.disconnect"})

    async def send(message: Any) -> None:  # Any: as above
        told.append(message)

    await app_of(desk)(scope, receive, send)
    assert told[0]["status"] == 400
