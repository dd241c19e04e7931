"""The desk as an ASGI application: wiring, top to bottom."""

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles
from starlette.middleware.gzip import GZipMiddleware

from services.desk import api, health, hooks
from services.desk.api.describing import describe_plainly, operation_id
from services.desk.desk import Desk
from services.desk.errors import handle_errors
from services.desk.headers import Headers
from services.desk.pages import (
    auditlog,
    blocked,
    bulk,
    changing,
    codes,
    contacts,
    defining,
    deliveries,
    departments,
    drafts,
    examinations,
    factors,
    folders,
    forwards,
    here,
    history,
    images,
    incidents,
    known,
    linking,
    live,
    mailboxes,
    mails,
    me,
    merging,
    newticket,
    notes,
    operations,
    organizations,
    outgoing,
    palette,
    participating,
    posts,
    previews,
    privacy,
    provider,
    quarantine,
    quotes,
    replies,
    resources,
    saved,
    security,
    settings,
    signin,
    signins,
    splitting,
    style,
    templates,
    tenants,
    ticket,
    ticketlist,
    ticketpast,
    tokens,
    trials,
    triggerform,
    triggers,
    uploads,
    users,
    verdicts,
    views,
    welcome,
)
from services.desk.rendering import STATIC

__all__ = ["Desk", "make_app"]

ROOMS = (
    signin,
    codes,
    provider,
    welcome,
    ticketlist,
    newticket,
    bulk,
    views,
    ticket,
    changing,
    ticketpast,
    here,
    replies,
    forwards,
    drafts,
    saved,
    known,
    uploads,
    merging,
    splitting,
    linking,
    participating,
    notes,
    posts,
    images,
    mails,
    verdicts,
    outgoing,
    blocked,
    quarantine,
    incidents,
    settings,
    users,
    signins,
    auditlog,
    history,
    quotes,
    resources,
    templates,
    tenants,
    defining,
    previews,
    trials,
    deliveries,
    triggers,
    triggerform,
    departments,
    mailboxes,
    folders,
    examinations,
    organizations,
    privacy,
    contacts,
    operations,
    live,
    palette,
    me,
    security,
    factors,
    tokens,
    style,
    health,
)


def make_app(desk: Desk) -> FastAPI:
    # no docs page of FastAPI's: it loads scripts from elsewhere; the description itself is ours
    app = FastAPI(
        title="Postroom",
        version="1",
        description=api.ABOUT,
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        # a redirect to the path with or without its last slash would lead to whatever host a request names
        redirect_slashes=False,
        separate_input_output_schemas=False,
        generate_unique_id_function=operation_id,
    )
    app.state.desk = desk
    for room in ROOMS:
        app.include_router(room.router)
    app.include_router(api.router)
    app.include_router(hooks.router)
    describe_plainly(app)
    app.mount("/static/{version}", StaticFiles(directory=STATIC), name="static")
    handle_errors(app)
    app.add_middleware(Headers)
    app.add_middleware(GZipMiddleware, minimum_size=500, compresslevel=5)
    return app
