"""What an answer of Graph that is no success means to us."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx
from pydantic import BaseModel, ValidationError

from shared.contracts.errors import AuthExpired, Permanent, Throttled, Transient
from shared.plugins.mailboxes import CursorExpired, Gone

LONGEST_WAIT = timedelta(hours=1)
"""A longer Retry-After is cut: a mailbox must not fall silent for a day."""
_LATER = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.CONFLICT,
    HTTPStatus.LOCKED,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
    HTTPStatus.INSUFFICIENT_STORAGE,
}
_RESTART = {"syncstatenotfound", "syncstateinvalid", "resyncrequired"}
_NO_ITEM = "ErrorItemNotFound"


class _Error(BaseModel):
    code: str = ""
    message: str = ""


class _Refusal(BaseModel):
    error: _Error = _Error()


def refusal(response: httpx.Response, now: datetime) -> Transient | Permanent | CursorExpired:
    """The exception that an answer deserves, with Graph's own code and text."""
    error = _said(response)
    text = f"{error.code}: {error.message}" if error.message else error.code
    if response.status_code == HTTPStatus.GONE or error.code.lower() in _RESTART:
        return CursorExpired(text)
    if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return Throttled(text, code=error.code, retry_after=retry_after(response, now))
    if response.status_code in _LATER:
        return Transient(text, code=error.code, retry_after=retry_after(response, now))
    if response.status_code == HTTPStatus.UNAUTHORIZED:
        return AuthExpired(text, code=error.code)
    if response.status_code == HTTPStatus.NOT_FOUND and error.code == _NO_ITEM:
        return Gone(text, code=error.code)
    return Permanent(text, code=error.code)


def retry_after(response: httpx.Response, now: datetime) -> timedelta | None:
    """What Retry-After asks for, as seconds or as a date; nothing when it is absent or senseless."""
    asked = response.headers.get("Retry-After", "").strip()
    wait: timedelta | None = None
    if asked.isascii() and asked.isdigit():
        wait = timedelta(seconds=min(int(asked[:9]), LONGEST_WAIT.total_seconds()))
    elif asked:
        with suppress(ValueError):
            moment = parsedate_to_datetime(asked)
            wait = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - now
    return None if wait is None else min(max(wait, timedelta()), LONGEST_WAIT)


def _said(response: httpx.Response) -> _Error:
    try:
        error = _Refusal.model_validate_json(response.content).error
    except ValidationError:
        error = _Error()
    return error if error.code else _Error(code=f"http_{response.status_code}", message=error.message)
