"""Refusals in Graph's shape, each under the code that clients look for."""

from datetime import UTC, datetime
from http import HTTPStatus
from uuid import uuid4

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse


class GraphError(Exception):
    """One refusal; the application renders it."""

    def __init__(self, status: int, code: str, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(f"{code}: {message}")
        self.status = status
        self.code = code
        self.message = message
        self.headers = headers or {}


def refusing(request: Request, error: GraphError) -> JSONResponse:
    """The body that says why."""
    inner = {"date": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}", **trace(request)}
    body = {"error": {"code": error.code, "message": error.message, "innerError": inner}}
    return JSONResponse(body, error.status, error.headers)


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


def unselectable(name: str, kind: str) -> GraphError:
    message = (
        "Parsing OData Select and Expand failed: Could not find a property named"
        f" '{name}' on type 'microsoft.graph.{kind}'."
    )
    return bad_request(message)


def method_not_allowed() -> GraphError:
    message = "Specified HTTP method is not allowed for the request target."
    return GraphError(HTTPStatus.METHOD_NOT_ALLOWED, "Request_BadRequest", message)


def no_json() -> GraphError:
    message = (
        "Unable to read JSON request payload. Please ensure Content-Type header is set and payload is of"
        " valid JSON format."
    )
    return bad_request(message)


def unreadable(error: ValidationError) -> GraphError:
    """What Graph says of a body that is no JSON, names something unknown or has a wrong type."""
    first = error.errors(include_url=False)[0]
    named = [str(part) for part in first["loc"] if not isinstance(part, int)]
    match first["type"]:
        case "json_invalid" | "model_type":
            return no_json()
        case "extra_forbidden":
            message = (
                f"The property '{named[-1]}' does not exist on type 'microsoft.graph.{_kind(named, error)}'."
                " Make sure to only use property names that are defined by the type or mark the type as open"
                " type."
            )
            return bad_request(message, "RequestBodyRead")
        case "missing":
            return bad_request(f"The parameter '{named[-1]}' is missing.", "ErrorInvalidArgument")
        case _:
            message = f"were unable to deserialize '{'/'.join(named)}'"
            return bad_request(message, "UnableToDeserializePostBody")


def _kind(named: list[str], error: ValidationError) -> str:
    """The type that a property is not of, by what it stands in."""
    return _TYPES.get(named[-2] if len(named) > 1 else error.title, "message")


_TYPES = {
    "FolderIn": "mailFolder",
    "FileIn": "fileAttachment",
    "attachments": "fileAttachment",
    "attachmentItem": "attachmentItem",
    "body": "itemBody",
    "emailAddress": "emailAddress",
    "flag": "followupFlag",
    "internetMessageHeaders": "internetMessageHeader",
    "singleValueExtendedProperties": "singleValueLegacyExtendedProperty",
    **dict.fromkeys(
        ["from", "sender", "toRecipients", "ccRecipients", "bccRecipients", "replyTo"], "recipient"
    ),
}


def change_key_mismatch() -> GraphError:
    message = (
        "The send or update operation could not be performed because the change key passed in the request"
        " does not match the current change key for the item."
    )
    return GraphError(HTTPStatus.PRECONDITION_FAILED, "ErrorIrresolvableConflict", message)


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


def refusal(status: int, code: str | None, message: str | None, retry_after: int | None) -> GraphError:
    """A refusal of any kind: what is not given is as Graph usually has it."""
    usual = _usual(status)
    headers = dict(usual.headers)
    if retry_after is not None:
        headers["Retry-After"] = str(retry_after)
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = 'Bearer realm=""'
    same = code in (None, usual.code)
    return GraphError(
        status,
        code or usual.code,
        message or (usual.message if same else _MESSAGES.get(str(code), str(code))),
        headers,
    )


def _usual(status: int) -> GraphError:
    match status:
        case HTTPStatus.NOT_FOUND:
            return item_not_found()
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return method_not_allowed()
        case HTTPStatus.GONE:
            return sync_state_lost()
        case HTTPStatus.PRECONDITION_FAILED:
            return change_key_mismatch()
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return too_large()
        case HTTPStatus.TOO_MANY_REQUESTS:
            return throttled(None)
        case HTTPStatus.SERVICE_UNAVAILABLE:
            return unavailable()
    codes = {
        400: "BadRequest",
        401: "InvalidAuthenticationToken",
        403: "ErrorAccessDenied",
        416: "invalidRange",
        504: "UnknownError",
    }
    phrases = {known.value: known.phrase for known in HTTPStatus}
    return GraphError(status, codes.get(status, "ErrorInternalServerError"), phrases.get(status, "Refused"))


_MESSAGES = {
    "MailboxNotEnabledForRESTAPI": "The mailbox is either inactive, soft-deleted, or is hosted on-premise.",
    "ResourceNotFound": "Resource could not be discovered.",
    "ErrorInvalidMailboxItemId": "Item Id doesn't belong to the current mailbox.",
    "ErrorSendAsDenied": "The user account which was used to submit this request does not have the right to"
    " send mail on behalf of the specified sending account.",
    "ErrorExceededMessageLimit": "The message can't be submitted because the sender's submission quota was"
    " exceeded.",
    "ErrorMessageSizeExceeded": "The message exceeds the maximum supported size.",
    "InefficientFilter": "The restriction or sort order is too complex for this operation.",
    "ErrorRestrictionTooComplex": "The restriction or sort order is too complex for this operation.",
    "resyncRequired": "Resync required. Start again without a token.",
}
"""What Graph says under its codes."""
