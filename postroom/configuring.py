"""The tables of docs/configuration.md and docs/sandbox.md, made of the code; `python -m postroom.configuring`
writes them."""

import inspect
import json
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import typer
from fastapi.routing import APIRoute
from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from typer.models import ArgumentInfo

from plugins.mailboxes.graph.clouds import Overrides
from plugins.mailboxes.maildir.ground import Ground
from postroom.cli.app import app_of
from sandbox import control
from sandbox.knobs import Fault, Knobs
from services.desk.forms.options import FIELDS
from services.desk.forms.values import in_words
from shared.contracts.options import Options
from shared.settings import ProcessSettings

DOCUMENTS = tuple(Path(__file__).parents[1] / "docs" / name for name in ("configuration.md", "sandbox.md"))
PART = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)

COMPUTED = MappingProxyType(
    {
        "home": "the user's data folder, such as `~/.local/share/postroom`",
        "transport": "`rabbit` with a broker, else `embedded`",
        "parser_workers": "the number of processors, at most 4",
    }
)
"""Defaults that depend on the machine, in words."""

KINDS = MappingProxyType(
    {
        "boolean": "yes or no",
        "integer": "whole number",
        "number": "number",
        "string": "text",
        "array": "list",
        "object": "names with choices",
    }
)


Command = Callable[..., object]
BOUNDS = re.compile(r"\d+ (or more|to \d+)\.")
"""Help that says what the type says."""


def written(document: Path) -> str:
    """Return a document as its file is to hold it: the prose as it stands, the tables made anew."""
    return PART.sub(
        lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", document.read_text(encoding="utf-8")
    )


def environment() -> str:
    """Every variable that a process reads, but for keys."""
    rows = [
        (f"`{_variable(model, name)}`", _default(name, field), _line(field.description))
        for model in (ProcessSettings, Overrides, Ground)
        for name, field in model.model_fields.items()
    ]
    return _table(("variable", "default", "meaning"), rows)


def options() -> str:
    """Every option of a tenant."""
    schema = Options.model_json_schema()
    values = Options().model_dump(mode="json")
    rows = []
    for name, option in FIELDS.items():
        facts = schema["properties"][name]
        more = "" if BOUNDS.fullmatch(option.help) else option.help
        rows.append((f"`{name}`", option.label, _kind(facts, schema), _usual(name, values[name]), more))
    return _table(("option", "as the page calls it", "type", "default", "more"), rows)


def _usual(name: str, value: JsonValue) -> str:
    """As it is set, where the pages say what a choice means."""
    match value:
        case dict(parts) if FIELDS[name].choices:
            return ", ".join(f"{key}: {choice}" for key, choice in parts.items())
        case str() if FIELDS[name].choices:
            return value
        case _:
            return in_words(name, value)


def commands() -> str:
    """Every command, with the first sentence of its help."""
    rows = [
        (
            f"`{' '.join(('postroom', *path, *_arguments(command)))}`",
            _line(command.__doc__).partition(". ")[0],
        )
        for path, command in _commands(app_of(), ())
    ]
    return _table(("command", "what it does"), [(name, f"{said.rstrip('.')}.") for name, said in rows])


def knobs() -> str:
    """Every knob of a mailbox of the sandbox."""
    return _fields(Knobs)


def faults() -> str:
    """What a fault of the sandbox is told."""
    return _fields(Fault)


def controls() -> str:
    """Every call of the sandbox's control side."""
    rows = [
        (f"`{' '.join(sorted(route.methods or ()))} {route.path}`", _line(route.endpoint.__doc__))
        for route in control.router.routes
        if isinstance(route, APIRoute)
    ]
    return _table(("call", "what it does"), rows)


PARTS: MappingProxyType[str, Callable[[], str]] = MappingProxyType(
    {
        "environment": environment,
        "options": options,
        "commands": commands,
        "knobs": knobs,
        "faults": faults,
        "controls": controls,
    }
)


def _fields(model: type[BaseModel]) -> str:
    properties = model.model_json_schema()["properties"]
    rows = [
        (f"`{name}`", _allowed(properties[name]), _default(name, field), _line(field.description))
        for name, field in model.model_fields.items()
    ]
    return _table(("name", "values", "default", "meaning"), rows)


def _allowed(facts: dict[str, Any]) -> str:  # Any: JSON Schema
    """What a value may be, in a few words."""
    if "anyOf" in facts:
        return " or ".join(_allowed(each) for each in facts["anyOf"])
    if "enum" in facts:
        return ", ".join(f"`{each}`" for each in facts["enum"])
    if "const" in facts:
        return f"`{facts['const']}`"
    match facts.get("type"):
        case "number" if facts.get("maximum") == 1:
            return "0 to 1"
        case "array" if "prefixItems" in facts:
            return "two numbers"
        case "array":
            return "list of texts"
        case "null":
            return "none"
        case "string":
            return "text"
        case kind:
            return KINDS[kind or "object"]


def _variable(model: type[BaseModel], name: str) -> str:
    return f"{model.model_config['env_prefix']}{name}".upper()  # type: ignore[typeddict-item]  # of settings


def _default(name: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        return COMPUTED[name]
    if field.is_required():
        return "must be given"
    value = to_jsonable_python(field.default)
    return "none" if value in (None, []) else f"`{json.dumps(value)}`".replace('"', "")


def _kind(facts: dict[str, Any], schema: dict[str, Any]) -> str:  # Any: JSON Schema
    if "$ref" in facts:
        choices = schema["$defs"][facts["$ref"].rpartition("/")[2]]["enum"]
        return " or ".join(f"`{choice}`" for choice in choices)
    low, high = facts.get("minimum"), facts.get("maximum")
    match low, high:
        case None, None:
            bounds = ""
        case _, None:
            bounds = f", {low} or more"
        case _:
            bounds = f", {low} to {high}"
    return KINDS[facts["type"]] + bounds


def _commands(group: typer.Typer, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Command]]:
    for command in group.registered_commands:
        assert command.name is not None
        assert command.callback is not None
        yield (*path, command.name), command.callback
    for inner in group.registered_groups:
        assert inner.typer_instance is not None
        yield from _commands(inner.typer_instance, (*path, str(inner.name)))


def _arguments(command: Command) -> Iterator[str]:
    for each in inspect.signature(command).parameters.values():
        if any(isinstance(note, ArgumentInfo) for note in get_args(each.annotation)[1:]):
            name = each.name.upper()
            yield name if each.default is each.empty else f"[{name}]"


def _line(text: str | None) -> str:
    return " ".join((text or "").split())


def _table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    lines = (head, tuple("---" for _ in head), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


if __name__ == "__main__":
    for document in DOCUMENTS:
        document.write_text(written(document), encoding="utf-8")
