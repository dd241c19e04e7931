"""Refusals in Graph's shape, each under the code that clients look for."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

DROPPED = 0
"""The status of a refusal that is none: the connection breaks."""


class GraphError(Exception):
    """One refusal; the application renders it."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


async def render(request: Request, error: Exception) -> Response:
    assert isinstance(error, GraphError)
    if error.status == DROPPED:
        return Dropped()
    marks = trace(request)
    inner = {"date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", **marks}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return JSONResponse(body, error.status, {**marks, **error.headers})


class Dropped(Response):
    """Promises a body and closes the connection instead."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        del scope, receive
        headers = [(b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": HTTPStatus.ACCEPTED, "headers": headers})


def connection_lost() -> GraphError:
    return GraphError(DROPPED, "Dropped", "The connection breaks.")


def trace(request: Request) -> dict[str, str]:
    """The ids of a request, the same ones each time it is asked; the client's own id is echoed."""
    if not hasattr(request.state, "request_id"):
        request.state.request_id = str(uuid4())
    ours: str = request.state.request_id
    return {"request-id": ours, "client-request-id": request.headers.get("client-request-id", ours)}


def bad_request(message: str, code: str = "BadRequest") -> GraphError:
    return GraphError(HTTPStatus.BAD_REQUEST, code, message)


def unsupported(message: str) -> GraphError:
    return bad_request(message, "ErrorInvalidUrlQuery")


def item_not_found() -> GraphError:
    return GraphError(
        HTTPStatus.NOT_FOUND, "ErrorItemNotFound", "The specified object was not found in the store."
    )


def malformed_id() -> GraphError:
    return bad_request("Id is malformed.", "ErrorInvalidIdMalformed")


def extension_error(operation: str, status: int, reason: str) -> GraphError:
    """How Graph passes on what the service behind a subscription says."""
    phrase = HTTPStatus(status).phrase.replace(" ", "")
    message = f"Operation: {operation}; Exception: [Status Code: {phrase}; Reason: {reason}]"
    return GraphError(status, "ExtensionError", message)


def throttled(
    retry_after: int | None, message: str = "Application is over its MailboxConcurrency limit."
) -> GraphError:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return GraphError(HTTPStatus.TOO_MANY_REQUESTS, "ApplicationThrottled", message, headers)


def unavailable(retry_after: int | None = None) -> GraphError:
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    message = "The service is temporarily unavailable. Please retry after some time."
    return GraphError(HTTPStatus.SERVICE_UNAVAILABLE, "ServiceUnavailable", message, headers)


def sync_state_lost(location: str | None = None) -> GraphError:
    headers = {} if location is None else {"Location": location}
    message = "The sync state generation is not found; generation=149;[highest=157][lowest=150]."
    return GraphError(HTTPStatus.GONE, "SyncStateNotFound", message, headers)


def no_conversion() -> GraphError:
    message = "The message content could not be converted to MIME."
    return GraphError(HTTPStatus.INTERNAL_SERVER_ERROR, "ErrorContentConversionFailed", message)


def too_large() -> GraphError:
    message = "Maximum request length exceeded."
    return GraphError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "RequestEntityTooLarge", message)
