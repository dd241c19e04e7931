"""The application: every door of the sandbox on one port."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from sandbox import control, entra, identity
from sandbox.errors import GraphError, render
from sandbox.graph import (
    attachments,
    delta,
    drafts,
    folders,
    messages,
    sending,
    subscriptions,
    uploads,
    users,
)
from sandbox.house import House
from sandbox.paths import CanonicalPaths


def application(house: House) -> FastAPI:
    app = FastAPI(openapi_url=None)
    app.state.house = house
    for module in (control, users, folders, delta, messages, drafts, sending, attachments, uploads):
        app.include_router(module.router)
    app.include_router(uploads.sessions)
    app.include_router(identity.router)
    app.include_router(subscriptions.router)
    app.include_router(subscriptions.every)
    app.include_router(entra.router)
    app.add_exception_handler(GraphError, render)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_middleware(CanonicalPaths)
    return app


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        refusal = GraphError(error.status_code, "ErrorInvalidRequest", "The OData request is not supported.")
    else:
        segment = request.url.path.rpartition("/")[2]
        message = f"Resource not found for the segment '{segment}'."
        refusal = GraphError(HTTPStatus.BAD_REQUEST, "BadRequest", message)
    return await render(request, refusal)
