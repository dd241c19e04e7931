"""The one router of Graph's mail routes, and how a handler reads what it was sent."""

from typing import Annotated, TypeVar
from urllib.parse import quote

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ValidationError

from sandbox.admission import GraphRoute, Visit
from sandbox.errors import bad_request
from sandbox.querying import Options

Model = TypeVar("Model", bound=BaseModel)


def graph_router() -> APIRouter:
    return APIRouter(prefix="/v1.0/users/{user}", route_class=GraphRoute)


def options_of(request: Request) -> Options:
    return Options.of(request.query_params)


Asking = Annotated[Options, Depends(options_of)]


async def posted(request: Request, model: type[Model]) -> Model:
    """The JSON body as a model, or Graph's refusal."""
    try:
        return model.model_validate_json(await request.body() or b"{}")
    except ValidationError as error:
        raise bad_request("Unable to read JSON request payload.", "UnableToDeserializePostBody") from error


def link(visit: Visit, path: str, **options: object) -> str:
    """An absolute link of this mailbox, with OData options."""
    query = "&".join(f"${name}={quote(str(value))}" for name, value in options.items())
    return f"{visit.root}/users/{quote(visit.user)}/{path}" + (f"?{query}" if query else "")
