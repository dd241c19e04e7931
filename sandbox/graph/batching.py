"""$batch: up to twenty requests in one, each answered for itself."""

import asyncio
import base64
import json
from http import HTTPStatus
from typing import Annotated
from urllib.parse import unquote, urlsplit

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationError
from starlette.types import ASGIApp, Message, Scope

from sandbox.admission import origin_of
from sandbox.envelope import dressed
from sandbox.errors import GraphError, bad_request, refusing, unreadable
from sandbox.house import House
from sandbox.rendering import GraphJson, Json

router = APIRouter()
_AT_ONCE = 4
"""Outlook works so many parts of a batch at a time."""
_MOST = 20
_OUTER = ("authorization", "host")
"""Headers of the batch that hold for its parts too."""


class Part(BaseModel):
    """One request of a batch."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    id: Annotated[str, Field(min_length=1)]
    method: str
    url: str
    headers: dict[str, str] = {}
    body: JsonValue = None
    depends_on: Annotated[tuple[str, ...], Field(alias="dependsOn")] = ()


class Batch(BaseModel):
    requests: tuple[Part, ...]


@router.post("/v1.0/$batch")
async def answer_batch(request: Request) -> Response:
    house: House = request.app.state.house
    house.tokens.check(request.headers.get("authorization"), origin_of(request))
    try:
        batch = Batch.model_validate_json(await request.body())
    except ValidationError as error:
        raise unreadable(error) from error
    _refuse_disorder(batch)
    waiting = {part.id: asyncio.Event() for part in batch.requests}
    answers: dict[str, Json] = {}
    at_once = asyncio.Semaphore(_AT_ONCE)

    async def work(part: Part) -> None:
        for before in part.depends_on:
            await waiting[before].wait()
        failed = any(
            int(str(answers[before]["status"])) >= HTTPStatus.BAD_REQUEST for before in part.depends_on
        )
        async with at_once:
            answers[part.id] = _not_tried(request, part) if failed else await _worked(request, part)
        waiting[part.id].set()

    await asyncio.gather(*(work(part) for part in batch.requests))
    return dressed(request, GraphJson({"responses": list(answers.values())}))


def _refuse_disorder(batch: Batch) -> None:
    if not 0 < len(batch.requests) <= _MOST:
        message = f"Number of batch request steps exceeds the maximum value of {_MOST}."
        raise bad_request(message if batch.requests else "The batch holds no request.")
    known: set[str] = set()
    for part in batch.requests:
        if part.id.lower() in known:
            raise bad_request(f"Duplicate request id '{part.id}' in the batch.")
        if not {before.lower() for before in part.depends_on} <= known:
            raise bad_request(f"Request '{part.id}' depends on a request that does not stand before it.")
        if part.body is not None and "content-type" not in {name.lower() for name in part.headers}:
            raise bad_request("Write request batch payload requires a Content-Type header.")
        known.add(part.id.lower())


def _not_tried(request: Request, part: Part) -> Json:
    message = "Executing this request failed because a request that it depends on failed."
    refused = refusing(request, GraphError(HTTPStatus.FAILED_DEPENDENCY, "FailedDependency", message))
    return {
        "id": part.id,
        "status": refused.status_code,
        "headers": {},
        "body": json.loads(bytes(refused.body)),
    }


async def _worked(request: Request, part: Part) -> Json:
    """Let the application answer as if the part had come by itself."""
    start: Message = {}
    content = b""
    body = _body(part)
    asked: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Message:
        return asked.pop() if asked else {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        nonlocal start, content
        if message["type"] == "http.response.start":
            start = message
        else:
            content += message.get("body", b"")

    application: ASGIApp = request.app
    await application(_scope(request, part, len(body)), receive, send)
    headers = {name.decode("latin-1").title(): value.decode("latin-1") for name, value in start["headers"]}
    answer: Json = {"id": part.id, "status": start["status"], "headers": headers}
    if content:
        is_json = "json" in headers.get("Content-Type", "")
        answer["body"] = json.loads(content) if is_json else base64.b64encode(content).decode()
    return answer


def _scope(request: Request, part: Part, size: int) -> Scope:
    url = urlsplit(part.url if part.url.startswith("/") else f"/{part.url}")
    outer = {name: request.headers[name] for name in _OUTER if name in request.headers}
    inner = {name.lower(): value for name, value in part.headers.items()}
    headers = {**outer, **inner, "content-length": str(size)}
    return {
        **{
            name: request.scope[name]
            for name in ("type", "asgi", "http_version", "scheme", "client", "server")
        },
        "method": part.method.upper(),
        "path": f"/v1.0{unquote(url.path)}",
        "raw_path": f"/v1.0{url.path}".encode(),
        "root_path": "",
        "query_string": url.query.encode(),
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "state": {},
    }


def _body(part: Part) -> bytes:
    if part.body is None:
        return b""
    kind = next((value for name, value in part.headers.items() if name.lower() == "content-type"), "")
    if isinstance(part.body, str) and "json" not in kind:
        # MIME is base64 already, and stays so.
        return part.body.encode()
    return json.dumps(part.body).encode()
