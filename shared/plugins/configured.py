"""The configuration file that POSTROOM_CONFIG names: resources, actions and filters of your own."""

import os
import tomllib
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from shared.contracts.errors import Permanent
from shared.contracts.filters import Filters

VARIABLE = "POSTROOM_CONFIG"
GROUPS = {"postroom.resources": "resources", "postroom.actions": "actions"}
"""Which table of the file goes with which group of entry points."""
METHODS = {"resources": ("find_by_address", "find_by_domain"), "actions": ("decide",)}
"""A class of a table has one of these."""

ClassPath = Annotated[str, Field(pattern=r"^[A-Za-z_][\w.]*[:.][A-Za-z_]\w*$")]


class Classes(BaseModel):
    """A table of class paths by name, and the names of plug-ins that they stand in for."""

    model_config = ConfigDict(frozen=True)

    classes: dict[str, ClassPath] = Field(default_factory=dict)
    replace: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _of_a_table(cls, table: Any) -> Any:  # Any: checked by the model
        if not isinstance(table, dict):
            return table
        named = {name: value for name, value in table.items() if name != "replace"}
        return {"classes": named, "replace": table.get("replace", ())}


class Configuration(BaseModel):
    """What the file says; without a file, nothing."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    resources: Classes = Classes()
    actions: Classes = Classes()
    filters: Filters = Filters()

    def of(self, group: str) -> Classes:
        """Return the classes for a group of entry points."""
        match GROUPS.get(group):
            case "resources":
                return self.resources
            case "actions":
                return self.actions
            case _:
                return Classes()


def configured() -> Configuration:
    """Return what the file of this process says.

    Raises:
        Permanent: the file is not there or not valid.
    """
    path = os.environ.get(VARIABLE)
    return read(Path(path)) if path else Configuration()


@cache
def read(path: Path) -> Configuration:
    """Read a file. Raises Permanent, with every mistake in it."""
    try:
        return Configuration.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError) as error:
        raise Permanent(
            f"{VARIABLE}: {path} cannot be read ({type(error).__name__})", code="config"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise Permanent(f"{path} is not TOML: {error}", code="config") from error
    except ValidationError as error:
        raise Permanent(f"{path} is not valid: {_told(error)}", code="config") from error


def require_configuration() -> Configuration:
    """Read the file and load every class that it names.

    Raises:
        Permanent: something in it does not work; every such thing is named.
    """
    found = configured()
    wrong = []
    for table in METHODS:
        for name, path in getattr(found, table).classes.items():
            try:
                made(table, name, path)
            except Permanent as error:
                wrong.append(error.reason)
    if wrong:
        raise Permanent("; ".join(wrong), code="config")
    return found


def made(table: str, name: str, path: str) -> Any:  # Any: each table has its protocol
    """Return an instance of a configured class.

    Raises:
        Permanent: it cannot be imported or made, or is of another kind.
    """
    where = f"[{table}] {name} = {path!r}"
    module, separator, attribute = path.rpartition(":") if ":" in path else path.rpartition(".")
    assert separator, "the pattern of class paths has one"
    try:
        found = getattr(import_module(module), attribute)()
    except Exception as error:
        said = str(error) if isinstance(error, ImportError | AttributeError) else type(error).__name__
        raise Permanent(f"{where}: {said}", code="config") from error
    if not any(callable(getattr(found, method, None)) for method in METHODS[table]):
        raise Permanent(f"{where} has no method {' or '.join(METHODS[table])}", code="config")
    return found


def _told(error: ValidationError) -> str:
    problems = error.errors(include_url=False, include_context=False)
    return "; ".join(
        f"{'.'.join(str(part) for part in one['loc'] if part != 'classes')}:"
        f" {str(one['msg']).removeprefix('Value error, ')}"
        for one in problems
    )
