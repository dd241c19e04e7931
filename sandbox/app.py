"""The application: every door of the sandbox on one port."""

from http import HTTPStatus

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException

from sandbox import control, entra, identity
from sandbox.envelope import dressed
from sandbox.errors import GraphError, bad_request, method_not_allowed, refusing
from sandbox.gateway import SpoiltError
from sandbox.graph import (
    attachments,
    batching,
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
    for router in (uploads.sessions, users.directory, batching.router, identity.router):
        app.include_router(router)
    app.include_router(subscriptions.router)
    app.include_router(subscriptions.every)
    app.include_router(entra.router)
    app.add_exception_handler(GraphError, _refused)
    app.add_exception_handler(SpoiltError, _spoilt)
    app.add_exception_handler(HTTPException, _unrouted)
    app.add_middleware(CanonicalPaths)
    return app


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, GraphError)
    return dressed(request, refusing(request, error))


async def _spoilt(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, SpoiltError)
    return error.response


async def _unrouted(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        return await _refused(request, method_not_allowed())
    segment = request.url.path.rpartition("/")[2]
    return await _refused(request, bad_request(f"Resource not found for the segment '{segment}'."))
