"""What an answer of Graph that is no success means to us."""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import TypedDict

import httpx
from pydantic import BaseModel, Field, ValidationError

from plugins.mailboxes.graph.challenges import CHALLENGED, challenge_of
from plugins.mailboxes.graph.remedies import Meaning, known
from shared.contracts.errors import AuthExpired, Permanent, SenderRefused, Throttled, Transient
from shared.plugins.mailboxes import CursorExpired, Gone

LONGEST_WAIT = timedelta(hours=1)
"""A longer Retry-After is cut: a mailbox must not fall silent for a day."""
RARELY = timedelta(minutes=15)
"""How long a mailbox rests that Microsoft itself may have to put right."""
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
_BY_STATUS: dict[int, Meaning] = {
    HTTPStatus.GONE: Meaning.ANEW,
    HTTPStatus.TOO_MANY_REQUESTS: Meaning.LIMIT,
    HTTPStatus.UNAUTHORIZED: Meaning.SIGN_IN,
}
"""Statuses that say more than any code."""


class _Inner(BaseModel):
    request_id: str | None = Field(None, alias="request-id")


class _Error(BaseModel):
    code: str = ""
    message: str = ""
    inner_error: _Inner = Field(default_factory=_Inner, alias="innerError")


class _Refusal(BaseModel):
    error: _Error = Field(default_factory=_Error)


def refusal(response: httpx.Response, now: datetime) -> Transient | Permanent | CursorExpired:
    """The exception that an answer deserves, with Graph's own code, text and request-id."""
    error = _said(response)
    text = f"{error.code}: {error.message}" if error.message else error.code
    asked = response.headers.get("request-id") or error.inner_error.request_id
    told = _Told(code=error.code, request_id=asked[:64] if asked else None)
    match meaning_of(response.status_code, error.code):
        case Meaning.ANEW:
            return CursorExpired(text)
        case Meaning.LIMIT:
            return Throttled(text, **told, retry_after=retry_after(response, now))
        case Meaning.LATER:
            return Transient(text, **told, retry_after=retry_after(response, now))
        case Meaning.SIGN_IN:
            return AuthExpired(text, **told)
        case Meaning.GONE:
            return Gone(text, **told)
        case Meaning.SLOWLY:
            return Permanent(text, **told, retry_after=RARELY)
        case Meaning.SENDER:
            return SenderRefused(text, **told)
        case Meaning.REFUSED:
            return Permanent(text, **told)


def meaning_of(status: int, code: str) -> Meaning:
    """What an answer means: by a status that is plain, else by its code, else by its kind of status."""
    plain = _BY_STATUS.get(status)
    found = known(code)
    if plain is not None:
        return plain
    if found is not None and (found.meaning is not Meaning.GONE or status == HTTPStatus.NOT_FOUND):
        return found.meaning
    return Meaning.LATER if status in _LATER else Meaning.REFUSED


class _Told(TypedDict):
    code: str
    request_id: str | None


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
    if challenge_of(response) is not None:
        return _Error(code=CHALLENGED, message=error.message, innerError=error.inner_error)
    return error if error.code else _Error(code=f"http_{response.status_code}", message=error.message)
