"""The handshake: a notification URL must give back a token before anything is told to it."""

from http import HTTPStatus
from urllib.parse import quote
from uuid import uuid4

import httpx

from sandbox.errors import GraphError, bad_request

SECONDS = 10


async def validate(url: str) -> None:
    """Ask the URL to give the token back, or refuse as Graph does."""
    token = f"Validation: Testing client application reachability for subscription Request-Id: {uuid4()}"
    asked = f"{url}{'&' if '?' in url else '?'}validationToken={quote(token, safe='')}"
    headers = {"Content-Type": "text/plain; charset=utf-8"}
    try:
        async with httpx.AsyncClient(timeout=SECONDS, trust_env=False) as http:
            answer = await http.post(asked, headers=headers)
    except httpx.TimeoutException as error:
        raise bad_request("Subscription validation request timed out.", "ValidationError") from error
    except httpx.HTTPError as error:
        raise _failed("Notification endpoint must respond with 200 OK to validation request.") from error
    if answer.status_code != HTTPStatus.OK:
        status = answer.reason_phrase.replace(" ", "") or answer.status_code
        raise _failed(
            f"HTTP status code is '{status}'. Notification endpoint must respond with 200 OK to validation"
            " request."
        )
    kind = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "text/plain" or answer.text != token:
        raise _failed("Response must exactly match validationToken query parameter.")


def _failed(why: str) -> GraphError:
    return bad_request(f"Subscription validation request failed. {why}", "ValidationError")
