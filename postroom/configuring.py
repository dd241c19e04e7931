"""The tables of docs/configuration.md, made of the models; `python -m postroom.configuring` writes them."""

import inspect
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any, get_args

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python
from typer.models import ArgumentInfo

from plugins.mailboxes.graph.clouds import Overrides
from postroom.cli.app import app
from services.desk.optionfields import FIELDS, in_words
from shared.contracts.options import Options
from shared.settings import ProcessSettings

DOCUMENT = Path(__file__).parents[1] / "docs" / "configuration.md"
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
    {"boolean": "yes or no", "integer": "whole number", "array": "list", "object": "names with choices"}
)


Command = Callable[..., object]
BOUNDS = re.compile(r"\d+ (or more|to \d+)\.")
"""Help that says what the type says."""


def written() -> str:
    """Return the document as its file is to hold it: the prose as it stands, the tables made anew."""
    return PART.sub(
        lambda part: f"{part[1]}\n{PARTS[part[2]]()}\n\n{part[3]}", DOCUMENT.read_text(encoding="utf-8")
    )


def environment() -> str:
    """Every variable that a process reads, but for keys."""
    rows = [
        (f"`{_variable(model, name)}`", _default(name, field), _line(field.description))
        for model in (ProcessSettings, Overrides)
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
        rows.append((f"`{name}`", option.label, _kind(facts, schema), in_words(name, values[name]), more))
    return _table(("option", "as the page calls it", "type", "default", "more"), rows)


def commands() -> str:
    """Every command, with the first sentence of its help."""
    rows = [
        (
            f"`{' '.join(('postroom', *path, *_arguments(command)))}`",
            _line(command.__doc__).partition(". ")[0],
        )
        for path, command in _commands(app, ())
    ]
    return _table(("command", "what it does"), [(name, f"{said.rstrip('.')}.") for name, said in rows])


PARTS: MappingProxyType[str, Callable[[], str]] = MappingProxyType(
    {"environment": environment, "options": options, "commands": commands}
)


def _variable(model: type[BaseModel], name: str) -> str:
    return f"{model.model_config['env_prefix']}{name}".upper()  # type: ignore[typeddict-item]  # of settings


def _default(name: str, field: FieldInfo) -> str:
    if field.default_factory is not None:
        return COMPUTED[name]
    value = to_jsonable_python(field.default)
    return "none" if value is None else f"`{value}`"


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
    DOCUMENT.write_text(written(), encoding="utf-8")
