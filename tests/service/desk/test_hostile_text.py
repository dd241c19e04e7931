"""No text that a program sends makes an operation of the API fail: it is kept, or refused with a reason."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from services.desk.desk import Desk
from shared.blobs.filesystem import FilesystemBlobs
from tests.service.desk.applications import app_of
from tests.service.desk.asking import Known, Operation, addresses, operations, resolved
from tests.service.desk.conftest import PATIENCE, Clock, House

NUMBER = 7
TEXTS = {
    "the character 0": "a\x00b",
    "half of a pair": "a\ud800b",
    "an unassigned character": "a\uffffb",
    "a very long text": "x" * 100_000,
    "nothing but spaces": "  \t ",
    "lines": "a\r\nBcc: b@c.example\r\n\r\nd",
}
DEEPEST = 6


@pytest.fixture
def app(desk: Desk, blobs: FilesystemBlobs, clock: Clock) -> FastAPI:
    return app_of(
        Desk(engine=desk.engine, units=desk.units, blobs=blobs, clock=clock, patience=PATIENCE / 10)
    )


@pytest.fixture
async def http(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://desk.test") as client:
        yield client


@pytest.fixture
async def known(house: House) -> Known:
    """An administrator's token, and the ids of a ticket and of what hangs on it."""
    box = await house.mailbox("help@acme.test")
    ticket = await house.ticket(NUMBER, mailbox=box)
    ids: list[UUID] = [ticket, await house.mail_in(ticket), await house.mail_out(ticket, "held"), box]
    return Known("default", await house.token(await house.user("ada@acme.test", role="admin")), ids)


# Any: JSON of OpenAPI
def filled(schema: Any, schemas: Any, text: str, deep: int = 0) -> Iterator[Any]:
    """Yield bodies that have the text wherever a text may stand: one for each choice at the top."""
    schema = resolved(schema, schemas)
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        for choice in choices:
            yield from filled(choice, schemas, text, deep)
    elif "const" in schema or "enum" in schema:
        yield schema.get("const", schema.get("enum", [None])[0])
    elif schema.get("type") == "object":
        yield _object(schema, schemas, text, deep)
    elif schema.get("type") == "array":
        yield list(filled(schema["items"], schemas, text, deep + 1))[:2]
    elif schema.get("type") in {"integer", "number"}:
        yield max(1, schema.get("minimum", 1))
    elif schema.get("type") == "boolean":
        yield False
    elif schema.get("type") == "null":
        yield None
    else:
        formats = {"uuid": "5d2b8f4e-3a51-4c5b-9d0e-6f1f0c3b7a11", "date-time": "2030-01-01T00:00:00Z"}
        yield formats.get(schema.get("format", ""), text)


# Any: as above
def _object(schema: Any, schemas: Any, text: str, deep: int) -> dict[str, Any]:
    if deep > DEEPEST:
        return {}
    body = {}
    for name, inner in schema.get("properties", {}).items():
        body[name] = next(filled(inner, schemas, text, deep + 1))
    more = schema.get("additionalProperties")
    if isinstance(more, dict):
        body[text] = next(filled(more, schemas, text, deep + 1))
    return body


def bodies(operation: Operation, text: str) -> list[bytes | None]:
    described = operation[2]
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    if not content:
        return [None]
    made = filled(content["schema"], described["schemas"], text)
    return [json.dumps(body).encode() for body in made]


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
async def test_no_text_in_a_body_breaks_an_operation(
    app: FastAPI, http: httpx.AsyncClient, known: Known, text: str
) -> None:
    headers = {"Authorization": f"Bearer {known.token}", "Content-Type": "application/json"}
    broke = []
    for operation in operations(app):
        method, path, _ = operation
        for address in addresses(operation, known, NUMBER):
            for body in bodies(operation, text) if method != "GET" else ():
                answer = await http.request(method, address, content=body, headers=headers)
                broke += [f"{method} {path}: {answer.status_code}"] if answer.status_code >= 500 else []
    assert sorted(set(broke)) == []


@pytest.mark.parametrize("text", ["%00", "%ED%A0%80", "%FF", "x" * 5_000], ids=lambda text: text[:9])
async def test_no_text_in_an_address_breaks_an_operation(
    app: FastAPI, http: httpx.AsyncClient, known: Known, text: str
) -> None:
    headers = {"Authorization": f"Bearer {known.token}"}
    broke = []
    for operation in operations(app):
        method, path, described = operation
        asked = [one["name"] for one in described.get("parameters", []) if one["in"] == "query"]
        parts = "/".join(text if part.startswith("{") else part for part in path.split("/"))
        targets = [parts] if parts != path else []
        targets += [f"{addresses(operation, known, NUMBER)[0]}?{name}={text}" for name in asked]
        for target in targets:
            answer = await http.request(method, target, headers=headers)
            broke += [f"{method} {target[:80]}: {answer.status_code}"] if answer.status_code >= 500 else []
    assert sorted(set(broke)) == []
