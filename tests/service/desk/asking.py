"""Every operation of the API, asked with the ids of a tenant: made up from its own description."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any
from uuid import UUID, uuid4

from fastapi import FastAPI
from fastapi.routing import APIRoute

from services.desk.app import ROOMS

MARK, ASKED_FOR = "Quibbleworthington", "Quibbleworth"
"""Stands in every text of one tenant, and in none of the other; and how it begins, which is asked for: an
answer may name what was asked."""


@dataclass
class Known:
    """The ids of a tenant, and what it signs in with."""

    tenant: str
    token: str = ""
    ids: list[UUID] = field(default_factory=list)


Operation = tuple[str, str, dict[str, Any]]  # Any: JSON of OpenAPI


def operations(app: FastAPI) -> list[Operation]:
    described = app.openapi()
    return [
        (method.upper(), path, operation | {"schemas": described["components"]["schemas"]})
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
        if path.startswith("/api/")
    ]


def pages() -> list[tuple[str, str]]:
    """Return the method and path of every page and form."""
    routes = [route for room in ROOMS for route in room.router.routes if isinstance(route, APIRoute)]
    assert routes
    return [(method, route.path) for route in routes for method in route.methods or ()]


def addresses(operation: Operation, known: Known, number: int) -> list[str]:
    """Return the paths with every id of `known`; one path where none is asked for."""
    _, path, described = operation
    names = [one for one in described.get("parameters", []) if one["in"] == "path"]
    values = [path_values(one["schema"], described["schemas"], known, number) for one in names]
    return [
        path.format(**dict(zip((one["name"] for one in names), chosen, strict=True)))
        for chosen in product(*values)
    ]


def path_values(schema: Any, schemas: Any, known: Known, number: int) -> list[str]:  # Any: as above
    schema = resolved(schema, schemas)
    for one in schema.get("anyOf", [schema]):
        if one.get("format") == "uuid":
            return [str(each) for each in known.ids]
    if schema.get("type") == "integer":
        return [str(number)]
    return [str(one) for one in schema.get("enum", ["x"])]


def resolved(schema: Any, schemas: Any) -> Any:  # Any: as above
    return schemas[schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema


def body_of(operation: Operation) -> Any:  # Any: as above
    """Make up the smallest body that the description allows."""
    described = operation[2]
    content = described.get("requestBody", {}).get("content", {}).get("application/json")
    return made_up(content["schema"], described["schemas"]) if content else None


def made_up(schema: Any, schemas: Any) -> Any:  # Any: as above
    schema = resolved(schema, schemas)
    if "anyOf" in schema or "oneOf" in schema:
        return made_up((schema.get("anyOf") or schema["oneOf"])[0], schemas)
    if "enum" in schema or "const" in schema:
        return schema.get("const", schema.get("enum", [None])[0])
    match schema.get("type"):
        case "object":
            wanted = schema.get("required", [])
            return {name: made_up(schema["properties"][name], schemas) for name in wanted}
        case "array":
            return [made_up(schema["items"], schemas)] if schema.get("minItems") else []
        case "integer" | "number":
            return max(1, schema.get("minimum", 1))
        case "boolean":
            return False
        case "string":
            formats = {"uuid": str(uuid4()), "date-time": "2030-01-01T00:00:00Z", "date": "2030-01-01"}
            return formats.get(schema.get("format", ""), "anna@example.test")
    return {}


def queries(operation: Operation, known: Known) -> Iterator[dict[str, str]]:
    """Ask plainly, and then by each id, or for the word, wherever that is possible."""
    yield {}
    for one in operation[2].get("parameters", []):
        if one["in"] != "query":
            continue
        schema = one["schema"]
        choices = [each for each in schema.get("anyOf", [schema]) if "enum" not in each]
        forms = {each.get("format", each.get("type")) for each in choices}
        if "uuid" in forms:
            yield from ({one["name"]: str(each)} for each in known.ids)
        elif "string" in forms:
            yield {one["name"]: ASKED_FOR}
        for value in schema.get("enum", []):
            yield {one["name"]: value}
