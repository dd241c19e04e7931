"""Secrets among the parameters of an action: sealed before they are saved, opened by who uses them."""

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from pydantic import BaseModel, JsonValue

MARK = "sealed:"
SECRET = {"secret": True}
"""In a field's `json_schema_extra`: what is typed there is sealed, and never shown."""


def sealed(text: str, seal: Callable[[str], bytes]) -> str:
    """Seal a text; what is sealed already stays."""
    return text if text.startswith(MARK) else MARK + base64.b64encode(seal(text)).decode()


def box_of(text: str) -> bytes | None:
    """Return the sealed box that a parameter holds; None when it holds none."""
    if not text.startswith(MARK):
        return None
    try:
        return base64.b64decode(text.removeprefix(MARK), validate=True)
    except binascii.Error:
        return None


def secrets_of(model: type[BaseModel]) -> dict[str, str]:
    """Return the secret fields of a model, with what their text looks like as a pattern."""
    # Any: whatever a model says beside its schema
    extras: dict[str, Any] = {name: one.json_schema_extra for name, one in model.model_fields.items()}
    return {
        name: str(extra.get("looks", ""))
        for name, extra in extras.items()
        if isinstance(extra, dict) and extra.get("secret")
    }


def sealed_params(
    model: type[BaseModel], params: Mapping[str, JsonValue], seal: Callable[[str], bytes]
) -> dict[str, JsonValue]:
    """Return parameters with their secrets sealed; whatever else is in them stays."""
    typed = {
        name: value.strip()
        for name, value in params.items()
        if name in secrets_of(model) and isinstance(value, str) and value.strip()
    }
    return {**params, **{name: sealed(value, seal) for name, value in typed.items()}}
