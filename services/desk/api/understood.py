"""A request is answered when all of it is understood: what nobody would heed is refused and not done."""

from collections.abc import Iterator

from fastapi import Request
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from services.desk.errors import Invalid, NotJson


async def understood(request: Request) -> None:
    """Refuse a body that is no JSON where JSON is read, and parameters that the operation does not know.

    Raises:
        NotJson: by its Content-Type.
        Invalid: by name.
    """
    route = request.scope["route"]
    assert isinstance(route, APIRoute), "the API has no others"
    if route.body_field is not None and await request.body() and not _says_json(request):
        raise NotJson(
            f"The body is sent as {request.headers.get('content-type') or 'nothing that is named'}.",
            remedy="Send JSON, with the header Content-Type: application/json.",
        )
    if request.query_params:
        _must_be_known(request, parameters_of(route))


def _must_be_known(request: Request, known: tuple[str, ...]) -> None:
    wrong = {
        name: f"There is no such parameter; there are: {', '.join(known)}."
        if known
        else "This operation has no parameters."
        for name in request.query_params
        if name not in known
    }
    if wrong:
        detail = "; ".join(f"{name}: {what}" for name, what in wrong.items())
        raise Invalid(detail, remedy="Correct it and send it again.", errors=wrong)


def parameters_of(route: APIRoute) -> tuple[str, ...]:
    """Name what may stand in the query of an operation."""
    return tuple(sorted(set(_of(route.dependant))))


def _of(dependant: Dependant) -> Iterator[str]:
    yield from (one.alias for one in dependant.query_params)
    for each in dependant.dependencies:
        yield from _of(each)


def _says_json(request: Request) -> bool:
    plain = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    return plain.startswith("application/") and (plain == "application/json" or plain.endswith("+json"))
