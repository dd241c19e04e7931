"""Every option has a test that changes it while everything runs and sees the effect: in tests/walk/settings,
one that says `@pytest.mark.option(NAME)`."""

import ast
from pathlib import Path

import pytest

from shared.contracts.options import PER_DEPARTMENT, Options

FILES = sorted((Path(__file__).parents[1] / "walk" / "settings").glob("test_*.py"))


def marked() -> set[str]:
    """Return the options that tests name."""
    found = set()
    for file in FILES:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.AsyncFunctionDef) and node.name.startswith("test_"):
                found |= {
                    str(ast.literal_eval(one.args[0]))
                    for one in node.decorator_list
                    if isinstance(one, ast.Call) and ast.unparse(one.func) == "pytest.mark.option"
                }
    return found


@pytest.mark.parametrize("name", Options.model_fields)
def test_option_is_changed_while_everything_runs(name: str) -> None:
    assert name in marked(), f"write a test in tests/walk/settings that changes {name} and sees the effect"


def test_no_test_names_an_option_that_is_not_there() -> None:
    assert marked() <= set(Options.model_fields)
    assert set(PER_DEPARTMENT) <= set(Options.model_fields)
