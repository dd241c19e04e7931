"""The description of the API as generators of clients take it: operations and pages by plain names."""

import json
import re
from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

NOT_A_WORD = re.compile(r"[^a-z0-9]+")


def operation_id(route: APIRoute) -> str:
    """Name an operation after its summary, which a test holds to be one of a kind."""
    return NOT_A_WORD.sub("_", (route.summary or route.name).lower()).strip("_")


def describe_plainly(app: FastAPI) -> None:
    """Call the pages of lists by what is in them, where pydantic would write `Page_TicketLine_`."""
    usual = app.openapi

    def described() -> dict[str, Any]:  # Any: JSON of OpenAPI
        if app.openapi_schema is None:
            made = usual()
            schemas = made["components"]["schemas"]
            names = {name: schema["title"] for name, schema in schemas.items() if name.startswith("Page_")}
            text = json.dumps(made)
            for name, plain in names.items():
                text = text.replace(f'"{name}":', f'"{plain}":').replace(f'/{name}"', f'/{plain}"')
            app.openapi_schema = json.loads(text)
        schema: dict[str, Any] = app.openapi_schema
        return schema

    app.openapi = described  # type: ignore[method-assign]  # as FastAPI has it done
