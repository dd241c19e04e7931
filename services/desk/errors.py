"""What goes wrong in words: a page for people, RFC 9457 for programs."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse, Response
from pydantic import BaseModel, Field
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.routing import Match

from services.desk.languages import gettext, later
from services.desk.rendering import bare_page
from services.desk.wording.problems import plainly
from shared.storage.faults import NO_ANSWER, passing

NO_TEXT = ("22021", "22P05")
"""SQLSTATE of what PostgreSQL keeps in no text and in no JSON: the character 0, and half of a pair."""
TOO_LARGE = ("22000", "22003")
"""The same of a number that is larger than its column."""


class DeskError(Exception):
    """Something the person, or the program, must know: a title, what is so, and what helps."""

    status = 400
    title = later("This did not work")

    def __init__(
        self, detail: str = "", *, remedy: str = "", errors: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy
        self.errors = tuple((errors or {}).items())


class NotSignedIn(DeskError):
    status = 401
    title = later("Nobody is signed in")


class FormTokenWrong(DeskError):
    status = 403
    title = later("This form is too old")

    def __init__(self) -> None:
        super().__init__(
            gettext("The form does not belong to this session, so nothing was changed."),
            remedy=gettext("Go back, reload the page and send it again."),
        )


class NotAllowed(DeskError):
    status = 403
    title = later("This is not yours to do")


class TenantSuspended(DeskError):
    status = 403
    title = later("This organisation is suspended")

    def __init__(self) -> None:
        super().__init__(
            gettext("Nobody signs in, and no mail is fetched or sent, until it is resumed. Nothing is lost."),
            remedy=gettext("Ask whoever runs this installation."),
        )


class NotHere(DeskError):
    status = 404
    title = later("There is nothing here")


class Conflict(DeskError):
    status = 409
    title = later("This was not done")


class Invalid(DeskError):
    status = 422
    title = later("Something in it is not valid")


class NoText(Invalid):
    def __init__(self, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(
            gettext("A text in it has a character that cannot be kept, such as the one with the number 0."),
            remedy=gettext("Take it out and send it again."),
            errors=errors,
        )


class TooLarge(DeskError):
    status = 413
    title = later("This is too large")


class WrongType(DeskError):
    status = 415
    title = later("Files of this type are not taken")


class NotJson(DeskError):
    status = 415
    title = later("This is not JSON")


class Problem(BaseModel):
    """RFC 9457 problem details: what is wrong with which thing, and what helps."""

    type: str = "about:blank"
    title: str = Field(examples=["This was not done"])
    status: int = Field(examples=[409])
    detail: str = Field(
        examples=["Eva set status Open → Closed 10 s ago. Read the ticket again and repeat the change."]
    )
    remedy: str = ""
    errors: list[dict[str, str]] = Field(default_factory=list, description="What is wrong, by field.")


@dataclass(frozen=True)
class Told:
    """An error, ready to be told in either form."""

    status: int
    title: str
    detail: str
    remedy: str = ""
    errors: tuple[tuple[str, str], ...] = ()


def handle_errors(app: FastAPI) -> None:
    @app.exception_handler(DeskError)
    async def desk_error(request: Request, error: DeskError) -> Response:
        if isinstance(error, NotSignedIn):
            return _sign_in_first(request)
        return _tell(request, Told(error.status, error.title, error.detail, error.remedy, error.errors))

    @app.exception_handler(HTTPException)
    async def http_error(request: Request, error: HTTPException) -> Response:
        if isinstance(error.__cause__, DeskError):  # as it was raised while the body was read
            return await desk_error(request, error.__cause__)
        answer = _tell(request, _of_status(error.status_code))
        if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
            answer.headers["Allow"] = ", ".join(_allowed(request))
        return answer

    @app.exception_handler(ClientDisconnect)
    async def gone_away(_request: Request, _error: ClientDisconnect) -> Response:
        return Response(status_code=HTTPStatus.BAD_REQUEST)  # to nobody: they have left

    @app.exception_handler(RequestValidationError)
    async def invalid(request: Request, error: RequestValidationError) -> Response:
        problems = tuple((".".join(str(part) for part in e["loc"][1:]), plainly(e)) for e in error.errors())
        if any(e["loc"][:1] == ("path",) for e in error.errors()):
            return _tell(request, _of_status(404))
        detail = "; ".join(f"{where}: {what}" for where, what in problems)
        return _tell(
            request, Told(422, Invalid.title, detail, gettext("Correct it and send it again."), problems)
        )

    @app.exception_handler(Exception)
    async def fault(request: Request, _error: Exception) -> Response:
        detail = gettext("The desk has a fault at this place; what you did may not have been done.")
        return _tell(
            request, Told(500, "A fault of Postroom", detail, gettext("Reload to see how it stands."))
        )

    _handle_the_database(app)


def _handle_the_database(app: FastAPI) -> None:
    @app.exception_handler(DBAPIError)
    async def not_kept(request: Request, error: DBAPIError) -> Response:
        state = getattr(error.orig, "sqlstate", None)
        if state in TOO_LARGE:
            detail = gettext("A number in it is larger than can be kept.")
            return _tell(request, Told(422, Invalid.title, detail, gettext("Send a smaller one.")))
        if state in NO_TEXT:
            told = NoText()
            return _tell(request, Told(told.status, told.title, told.detail, told.remedy))
        if passing(error) is None:
            raise error
        return await not_now(request, error)

    async def not_now(request: Request, error: Exception) -> Response:
        """The same again will do, so it is no fault."""
        if passing(error) == "unreachable":
            detail = gettext("The database does not answer; what you did may not have been done.")
        else:
            detail = gettext("Another change was in the way; what you did may not have been done.")
        remedy = gettext("Try again in a minute, and see how it stands.")
        return _tell(request, Told(503, gettext("Not now"), detail, remedy))

    for error in NO_ANSWER:
        app.add_exception_handler(error, not_now)


def _allowed(request: Request) -> list[str]:
    """The methods of an address, which a 405 names (RFC 9110, section 15.5.6)."""
    routes = request.app.router.routes
    return [
        method
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
        if any(route.matches({**request.scope, "method": method})[0] is Match.FULL for route in routes)
    ]


def _of_status(status: int) -> Told:
    match status:
        case 400:
            return Told(
                400,
                gettext("This cannot be read"),
                gettext("The body is not what its Content-Type says."),
                gettext("Send JSON in UTF-8."),
            )
        case 404:
            return Told(
                404, NotHere.title, gettext("The address is wrong, or what was here is not yours to see.")
            )
        case 405:
            return Told(
                405,
                gettext("This cannot be asked for in this way"),
                gettext("The address is right, the method is not."),
            )
        case _:
            phrase = HTTPStatus(status).phrase
            return Told(status, phrase, gettext("The request was answered with %(status)s.", status=status))


def _sign_in_first(request: Request) -> Response:
    if _is_program(request):
        told = Told(
            401,
            NotSignedIn.title,
            gettext("The token is missing, wrong or revoked."),
            gettext("Send Authorization: Bearer."),
        )
        response = _tell(request, told)
        response.headers["WWW-Authenticate"] = "Bearer"
        return response
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    back = f"?next={quote(path, safe='')}" if request.method == "GET" and path != "/" else ""
    return RedirectResponse(f"/sign-in{back}", status_code=303)


def _tell(request: Request, told: Told) -> Response:
    if _is_program(request):
        problem = Problem(
            title=told.title,
            status=told.status,
            detail=told.detail,
            remedy=told.remedy,
            errors=[{"field": where, "message": what} for where, what in told.errors],
        )
        # it may name what was sent, which need not be a text that can be written: half of a pair
        content = json.dumps(problem.model_dump(), ensure_ascii=False).encode(errors="replace")
        return Response(content, told.status, media_type="application/problem+json")
    return bare_page(request, "error.html", told.status, told=told)


def _is_program(request: Request) -> bool:
    return request.url.path.startswith("/api/")
