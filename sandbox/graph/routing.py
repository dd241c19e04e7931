"""The one router of Graph's mail routes, and how a handler reads what it was sent."""

from collections.abc import Mapping
from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ValidationError

from sandbox.admission import GraphRoute, Visit
from sandbox.errors import no_json, unreadable
from sandbox.querying import Options

Model = TypeVar("Model", bound=BaseModel)


def graph_router() -> APIRouter:
    return APIRouter(prefix="/v1.0/users/{user}", route_class=GraphRoute)


def options_of(request: Request) -> Options:
    return Options.of(request.query_params)


Asking = Annotated[Options, Depends(options_of)]


async def posted(request: Request, model: type[Model]) -> Model:
    """The JSON body as a model, or Graph's refusal."""
    body = await request.body()
    if body and "json" not in request.headers.get("content-type", ""):
        raise no_json()
    try:
        return model.model_validate_json(body or b"{}")
    except ValidationError as error:
        raise unreadable(error) from error


def counted(number: int) -> Response:
    """The answer of `$count` as a segment of the path."""
    return Response(str(number), media_type="text/plain")


def link(visit: Visit, path: str, plain: Mapping[str, object] | None = None, /, **options: object) -> str:
    """An absolute link of this mailbox, with plain options and those of OData."""
    asked = {**(plain or {}), **{f"${name}": value for name, value in options.items()}}
    query = "&".join(f"{name}={quote(str(value))}" for name, value in asked.items())
    return f"{visit.root}/users/{quote(visit.user)}/{path}" + (f"?{query}" if query else "")


def onward(visit: Visit, path: str, plain: Mapping[str, object] | None = None, /, **options: object) -> str:
    """A link to what follows, as the weather lets it through."""
    return visit.weather.link(link(visit, path, plain, **options))
